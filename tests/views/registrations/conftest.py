"""Pages and operations of registration; what they say does not depend on the database."""

import pytest
from flask import Flask

from tests.views.api.worlds import forget_rates


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(autouse=True)
def _fresh_rates(app: Flask) -> None:
    """What another test has asked does not count here."""
    forget_rates()
