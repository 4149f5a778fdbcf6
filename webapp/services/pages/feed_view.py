"""What happened, as a reader is told it: one line a fact, the newest first."""

from dataclasses import dataclass, field
from datetime import datetime

from webapp.services.pages.match_view import GameLine


@dataclass(frozen=True, slots=True)
class FeedMatch:
    """The match that a line is about."""

    id: int
    number: int
    label: str
    sides: tuple[str, ...] = ()
    """The names of both sides of a series match, where they are known."""

    @property
    def title(self) -> str | None:
        """The match's own label where it says more than its number does."""
        says_more = self.label.lower().removeprefix("match").strip() not in {"", str(self.number)}
        return self.label if says_more else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLine:
    """One fact of the log; `kind` is the name of its event, and says which of the others are given."""

    seq: int
    kind: str
    at: datetime
    match: FeedMatch | None = None
    participant_id: int | None = None
    """Whom it is about: the winner, or who was placed, penalized or rewarded."""
    name: str | None = None
    kills: int | None = None
    """Of the winner of a battle-royale match."""
    score: tuple[int, int] | None = None
    """Games won by the sides, in their order."""
    running_game: GameLine | None = None
    """The last game of a running score."""
    playing_count: int | None = None
    """How many still play in a battle-royale match."""
    numbers: dict[str, int] = field(default_factory=dict)
    """What else the fact counts: `points`, `new_rank`, `previous_rank`, `count`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """The newest lines of a tournament, or of one of its matches."""

    tournament_id: int
    log_number: int
    match_id: int | None
    lines: tuple[FeedLine, ...]
