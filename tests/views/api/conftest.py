"""Fixtures of the API's tests."""

import pytest
from flask import Flask

from tests.personas import Persona
from tests.views.api.worlds import Program, forget_rates, program_of


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What requests are told does not depend on the database; test_boards.py reads from both."""
    return sqlite_url


@pytest.fixture(autouse=True)
def _fresh_rates(app: Flask) -> None:
    """What another test has asked does not count here."""
    forget_rates()


@pytest.fixture
def program(app: Flask, pat: Persona) -> Program:
    """A player's program."""
    return program_of(app, pat)


@pytest.fixture
def staff_program(app: Flask, sam: Persona) -> Program:
    """A program of the staff's, with all scopes."""
    return program_of(app, sam)
