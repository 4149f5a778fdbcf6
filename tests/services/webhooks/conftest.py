"""What tests of webhooks share."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.webhooked import allow_private
from webapp.services.webhooks import addresses


@pytest.fixture
def sending(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Webhooks are sent, to this machine as well."""
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "on")
    allow_private()
    yield
    addresses.connect(allow_private=False, https_only=False)
