"""Matches as a reader sees them: cards of a list, the strip of a tournament, the scoreboard of one match."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MatchPhase(StrEnum):
    """What a state means to a reader."""

    UPCOMING = "upcoming"
    LIVE = "live"
    AWAITING = "awaiting"
    """Played, its result not confirmed yet."""
    DISPUTED = "disputed"
    HIDDEN = "hidden"
    """Played while the board is frozen: its result is kept for the reveal."""
    DONE = "done"
    CANCELLED = "cancelled"


PHASES = {
    "scheduled": MatchPhase.UPCOMING,
    "ready": MatchPhase.UPCOMING,
    "live": MatchPhase.LIVE,
    "pending_result": MatchPhase.AWAITING,
    "disputed": MatchPhase.DISPUTED,
    "hidden": MatchPhase.HIDDEN,
    "completed": MatchPhase.DONE,
    "forfeit": MatchPhase.DONE,
    "cancelled": MatchPhase.CANCELLED,
}
"""State of a match (04) -> its phase."""


@dataclass(frozen=True, slots=True)
class MatchSide:
    """One side of a series match. `score` counts games won; None before the first one."""

    participant_id: int | None
    name: str | None
    """None where the opponent is not known yet."""
    score: int | None
    is_winner: bool
    is_loser: bool


@dataclass(frozen=True, slots=True)
class MatchWinner:
    """Who won a battle-royale match."""

    participant_id: int
    name: str
    kills: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCard:
    """A match in a list. A battle royale has no sides; its `winner` is known when its result is confirmed."""

    id: int
    number: int
    label: str
    map: str | None
    stage: str | None
    round: int | None
    phase: MatchPhase
    is_forfeit: bool
    best_of: int
    sides: tuple[MatchSide, ...]
    winner: MatchWinner | None
    scheduled_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None

    @property
    def title(self) -> str | None:
        """The match's own label where it says more than its number does."""
        says_more = self.label.lower().removeprefix("match").strip() not in {"", str(self.number)}
        return self.label if says_more else None


@dataclass(frozen=True, slots=True)
class MatchTick:
    """A match as one square of the strip."""

    id: int
    number: int
    phase: MatchPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchListView:
    """The matches of a tournament: what runs, what comes, what was played last."""

    tournament_id: int
    log_number: int
    live: tuple[MatchCard, ...]
    upcoming: tuple[MatchCard, ...]
    recent: tuple[MatchCard, ...]
    done_count: int
    total_count: int
    strip: tuple[MatchTick, ...]
    """Empty where there are too many matches for one."""
    starts_at: datetime | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """What one participant got in a battle-royale match; `placement` None is a DNF."""

    participant_id: int
    name: str
    placement: int | None
    placement_high: int | None
    """The end of the range when only 5th–7th is known."""
    kills: int
    placement_points: int
    kill_points: int

    @property
    def points(self) -> int:
        """The points of this match."""
        return self.placement_points + self.kill_points


@dataclass(frozen=True, slots=True)
class GameLine:
    """One game (map) of a series."""

    number: int
    map: str | None
    score_a: int
    score_b: int
    winner: str | None
    """`a`, `b`, or None for a draw or a running game."""


@dataclass(frozen=True, slots=True)
class DraftMark:
    """One ban or pick; `hero` None is a ban that was let pass."""

    order: int
    action: str
    hero: str | None


@dataclass(frozen=True, slots=True)
class DraftSide:
    """What one side has banned and picked, in order."""

    name: str
    is_first: bool
    """Whether it picked first."""
    bans: tuple[DraftMark, ...]
    picks: tuple[DraftMark, ...]


@dataclass(frozen=True, slots=True)
class DraftView:
    """The draft of one game, as far as it has come."""

    game_number: int
    sides: tuple[DraftSide, ...]
    next_action: str | None
    """`ban` or `pick` while it goes on."""
    next_name: str | None
    """Whose turn it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreboardView:
    """The score of one match; `is_provisional` while its numbers still run and count for nothing."""

    tournament_id: int
    log_number: int
    match: MatchCard
    is_series: bool
    is_provisional: bool
    lines: tuple[ScoreLine, ...]
    games: tuple[GameLine, ...]
    drafts: tuple[DraftView, ...] = ()
    stream_url: str | None = None
