"""What tests of services share."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.services.contenders import Contenders
from webapp.services.spine import precedence
from webapp.services.spine.precedence import Piece


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is on, by the environment: nothing of it is in the database or the audit."""
    monkeypatch.setenv("LEADERBOARDS_COMPUTE_ENABLED", "on")
    monkeypatch.setenv("LEADERBOARDS_ENGINE_V2_ENABLED", "on")


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, Piece]]:
    """Every piece of work that is done sparingly, and whether it was of much."""
    found: list[tuple[bool, Piece]] = []

    @contextmanager
    def noted(*, is_much: bool) -> Iterator[Piece]:
        found.append((is_much, Piece()))
        yield found[-1][1]

    monkeypatch.setattr(precedence, "sparingly", noted)
    return found


@pytest.fixture(scope="session")
def rivals() -> Iterator[Contenders]:
    """Processes that do things to the test's database at the same moment."""
    rivals = Contenders()
    yield rivals
    rivals.stop()
