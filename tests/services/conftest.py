"""What tests of services share."""

import pytest


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is on, by the environment: nothing of it is in the database or the audit."""
    monkeypatch.setenv("LEADERBOARDS_COMPUTE_ENABLED", "on")
    monkeypatch.setenv("LEADERBOARDS_ENGINE_V2_ENABLED", "on")
