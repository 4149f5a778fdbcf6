"""What tests of services share."""

from collections.abc import Iterator

import pytest

from tests.services.contenders import Contenders


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is on, by the environment: nothing of it is in the database or the audit."""
    monkeypatch.setenv("LEADERBOARDS_COMPUTE_ENABLED", "on")
    monkeypatch.setenv("LEADERBOARDS_ENGINE_V2_ENABLED", "on")


@pytest.fixture(scope="session")
def rivals() -> Iterator[Contenders]:
    """Processes that do things to the test's database at the same moment."""
    rivals = Contenders()
    yield rivals
    rivals.stop()
