"""The rows that a reader follows, wherever on the board they stand."""

from dataclasses import dataclass
from typing import Final

from webapp.services.pages.board_view import Medal, Movement

FOLLOWED_AT_MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedRow:
    """One followed participant; `rank` is None once it has left the board."""

    participant_id: int
    name: str
    rank: int | None
    points: int
    medal: Medal | None
    movement: Movement
    page: int
    """The page of the board that has its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowingView:
    """The followed rows, the best first; of one version of the board."""

    tournament_id: int
    log_number: int
    version: int
    ids: tuple[int, ...]
    rows: tuple[FollowedRow, ...]
