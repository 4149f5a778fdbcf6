"""Boards of seasons and of all time as a reader sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from webapp.services.boards.filtered_boards import RoundFilter
from webapp.services.boards.subject_results import Subject
from webapp.services.pages.board_view import Medal
from webapp.services.pages.paging import Paging
from webapp.services.pages.tournament_view import Leader, TournamentPhase
from webapp.services.ranking.scopes import Scope

ALL_TIME_SLUG = "all-time"
"""What stands in an address in the place of a season."""


@dataclass(frozen=True, slots=True)
class WiderScope:
    """A season of a game, or all of its time."""

    game: str
    game_title: str
    season: str | None
    """None for all time."""

    @property
    def slug(self) -> str:
        """The scope in an address."""
        return self.season or ALL_TIME_SLUG

    @property
    def title(self) -> str:
        """The scope for people."""
        return f"Season {self.season}" if self.season else "All time"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeCard:
    """A season's or all-time board in the list of them."""

    scope: WiderScope
    entries_count: int
    computed_at: datetime
    leaders: tuple[Leader, ...]


@dataclass(frozen=True, slots=True)
class SeasonIndex:
    """Every game that has boards, each with its boards: all time first, then the newest season."""

    games: Mapping[str, tuple[ScopeCard, ...]]


@dataclass(frozen=True, slots=True)
class SeasonQuery:
    """Which tournaments of the scope a reader wants to count; None means all."""

    region: str | None = None
    first_day: date | None = None
    last_day: date | None = None

    @property
    def rounds(self) -> RoundFilter:
        """The query as the boards know it."""
        return RoundFilter(self.region, self.first_day, self.last_day)

    def parameters(self, page: int = 1) -> dict[str, str | int]:
        """The query as URL parameters, defaults left out, so that one board has one address."""
        given = {
            "region": self.region,
            "from": self.first_day.isoformat() if self.first_day else None,
            "to": self.last_day.isoformat() if self.last_day else None,
        }
        parameters: dict[str, str | int] = {name: value for name, value in given.items() if value}
        return parameters | ({"page": page} if page > 1 else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonRow:
    """One team or player over the rounds of a scope. Averages are in hundredths."""

    subject: Subject
    name: str
    rank: int
    medal: Medal | None
    points: int
    kills: int
    wins: int
    draws: int
    losses: int
    matches_played: int
    average_placement: int | None
    score_difference: int
    is_tied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A tournament that counts."""

    tournament_id: int
    name: str
    phase: TournamentPhase
    region: str | None
    began_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonView:
    """One page of a season's or all-time board."""

    scope: WiderScope
    query: SeasonQuery
    regions: tuple[str, ...]
    other_scopes: tuple[WiderScope, ...]
    """The other boards of the same game."""
    other_games: tuple[WiderScope, ...]
    """The boards of other games that come nearest to this one: the same season, or all time."""
    is_paused: bool
    is_series: bool
    shows_draws: bool
    version: int
    computed_at: datetime | None
    rows: tuple[SeasonRow, ...]
    paging: Paging
    rounds: tuple[Round, ...]
    """The newest of those that the query leaves."""
    rounds_count: int
    count_best: int | None


def wider_scope(scope: Scope, title: str) -> WiderScope:
    """A season's or all-time scope for people; `title` is its game's."""
    game, _, season = scope.key.partition(":")
    return WiderScope(game, title, season or None)
