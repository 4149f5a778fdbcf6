"""The board as a reader sees it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.services.pages.paging import Paging


class Medal(StrEnum):
    """What the first three places wear once something has been played."""

    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"


class EmptyBoard(StrEnum):
    """Why a board has no rows."""

    PAUSED = "paused"
    """Standings are switched off on this installation."""
    NOBODY = "nobody"
    """Nobody is registered yet."""
    BEFORE_RESULTS = "before_results"
    """Participants are known, no result is confirmed."""


@dataclass(frozen=True, slots=True)
class Movement:
    """How a row moved with the newest version of its board."""

    places: int
    """Places gained, as a positive number, or lost, as a negative one."""
    is_new: bool = False

    @property
    def direction(self) -> str:
        """`up`, `down`, `same` or `new`."""
        if self.is_new:
            return "new"
        return "up" if self.places > 0 else "down" if self.places < 0 else "same"


@dataclass(frozen=True, slots=True)
class AdjustmentMark:
    """Signed points outside the matches, and why."""

    kind: str
    points: int
    reason: str
    match_number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One participant's standing. Averages are in hundredths."""

    participant_id: int
    rank: int
    name: str
    points: int
    matches_played: int
    wins: int
    draws: int
    losses: int
    kills: int
    average_placement: int | None
    score_difference: int
    games_won: int
    medal: Medal | None
    movement: Movement
    is_tied: bool
    """Only the order of registration, or nothing at all where ranks are shared, separates it from a neighbour."""
    decided_by: str | None
    """The key of the cascade that put it behind a row with the same points; None where points decided."""
    is_champion: bool
    eligible_since: int | None
    """The number of the first match that it can win the tournament by (match point)."""
    adjustments: tuple[AdjustmentMark, ...]
    is_adjusted_by_staff: bool
    """Whether staff have set its rank by hand."""
    may_change: bool = False
    """Whether a match that it plays in is disputed."""


@dataclass(frozen=True, slots=True)
class MatchPointLine:
    """The match-point rule as the board tells it."""

    threshold: int
    cap: int | None


@dataclass(frozen=True, slots=True)
class RulesLine:
    """Which rules made the board."""

    title: str
    version: int
    hash: str

    @property
    def short_hash(self) -> str:
        """The first eight digits: enough to compare at a glance."""
        return self.hash[:8]


@dataclass(frozen=True, slots=True)
class FrozenNotice:
    """That a board is held still, in words that tell nothing of what is kept."""

    at: datetime
    after_match: int | None
    """The number of the match that was confirmed last of those shown; None before the first."""
    reveal_by: str | None
    """`row` or `match` while it is being revealed."""
    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """One page of a published board: points and ranks of one version, never anything newer."""

    tournament_id: int
    tournament_name: str
    is_series: bool
    shows_draws: bool
    version: int
    log_number: int
    published_at: datetime | None
    starts_at: datetime | None
    participant_count: int
    rows: tuple[BoardRow, ...]
    paging: Paging
    empty: EmptyBoard | None
    rules: RulesLine
    match_point: MatchPointLine | None
    count_best: int | None
    frozen: FrozenNotice | None = None
    disputed: tuple[int, ...] = ()
    """The numbers of the matches whose results are disputed and count for nothing until they are decided."""
    places_to_come: tuple[int, ...] = ()
    """The places of this page that are still to be revealed; nothing of who takes them is here."""

    @property
    def adjusted_rows(self) -> tuple[BoardRow, ...]:
        """The rows of this page with penalties, bonuses or head starts."""
        return tuple(row for row in self.rows if row.adjustments)


def medal_of(rank: int) -> Medal | None:
    """What a rank wears."""
    return {1: Medal.GOLD, 2: Medal.SILVER, 3: Medal.BRONZE}.get(rank)
