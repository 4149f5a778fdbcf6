"""The grid of a match as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from webapp.domain.errors import FieldError
from webapp.domain.grid import Cells
from webapp.domain.scoring import BattleRoyaleLine
from webapp.services.boards.board_previews import BoardPreview
from webapp.services.matches.lobby_reports import LobbyReport
from webapp.services.pages.match_view import MatchPhase


class GridMode(StrEnum):
    """What can be done to the match's result now."""

    ENTER = "enter"
    CORRECT = "correct"
    RESTORE = "restore"
    """The result was voided: a correction puts one back."""
    CLOSED = "closed"


class Typed(NamedTuple):
    """A filled form: its rows, the revision that they were typed over, and what was pasted beside them."""

    rows: Sequence[Cells]
    revision: int
    accepts_warnings: bool = False
    pasted: str = ""
    first_id: int | None = None


@dataclass(frozen=True, slots=True)
class LastChange:
    """Who changed the result last, and how: `confirmed`, `corrected` or `voided`."""

    what: str
    who: str | None
    """None for the site itself."""
    at: datetime


@dataclass(frozen=True, slots=True)
class GridRow:
    """One participant: what stands in its cells, its points, and what is wrong by column."""

    participant_id: int
    name: str
    is_withdrawn: bool
    cells: Cells
    points: int | None
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchHead:
    """Which match it is, where it stands, and which ones are beside it."""

    tournament_id: int
    tournament_name: str
    match_id: int
    number: int
    title: str | None
    map: str | None
    phase: MatchPhase
    is_forfeit: bool
    revision: int
    is_tournament_over: bool
    completed_at: datetime | None
    scheduled_at: datetime | None
    may_manage: bool
    """Whether the reader runs the tournament, beyond its matches."""
    last_change: LastChange | None
    previous_id: int | None
    following_id: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """How a participant's line differs, beside its name; None where there is none."""

    name: str
    before: Cells | None
    after: Cells | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GridView:
    """The whole grid. `revision` is the one that the rows were typed over; `head.revision` is the match's now."""

    head: MatchHead
    mode: GridMode
    closed_because: str | None
    may_correct: bool
    rows: tuple[GridRow, ...]
    lines: tuple[BattleRoyaleLine, ...]
    stored: tuple[Cells, ...]
    """The result that counts now."""
    revision: int
    places: int
    side_size: int | None
    rules: Mapping[str, Any]
    """What scoring needs of the tournament's rules, for the page's script."""
    rules_title: str
    shows_time: bool
    errors: tuple[FieldError, ...] = ()
    warnings: tuple[FieldError, ...] = ()
    pasted: str = ""
    paste_problems: tuple[FieldError, ...] = ()
    paste_count: int = 0
    preview: BoardPreview | None = None
    reports: tuple[LobbyReport, ...] = ()
    """What the sides report of themselves, while nothing counts."""
    changes: tuple[Change, ...] = field(default=())
    """Against the result that counts now."""

    @property
    def names(self) -> Mapping[int, str]:
        """The names of the rows by participant."""
        return {row.participant_id: row.name for row in self.rows}

    @property
    def lobby_errors(self) -> list[FieldError]:
        """What is wrong with the match as a whole."""
        return [error for error in self.errors if "-" not in error.path]

    @property
    def typed_count(self) -> int:
        """How many rows have a line."""
        return len(self.lines)

    @property
    def expected_count(self) -> int:
        """How many lines a whole result has."""
        return min(self.places, sum(not row.is_withdrawn or not row.cells.is_blank for row in self.rows))

    @property
    def for_script(self) -> dict[str, Any]:
        """What the page's script checks and scores by: ids and numbers; names stand in the page."""
        return {
            "match_id": self.head.match_id,
            "number": self.head.number,
            "revision": self.revision,
            "mode": self.mode.value,
            "places": self.places,
            "side_size": self.side_size,
            "rules": self.rules,
            "rows": [row.participant_id for row in self.rows],
            "stored": {row.participant_id: row[1:] for row in self.stored},
            "withdrawn": [row.participant_id for row in self.rows if row.is_withdrawn],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictView:
    """A result typed over a revision that is no longer the newest, beside the one that counts now."""

    head: MatchHead
    typed: Typed
    changes: tuple[Change, ...]
    """`before` is theirs, `after` is what was typed."""
    errors: tuple[FieldError, ...]
    may_correct: bool
    mode: GridMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a submission came to."""

    tournament_id: int
    match_id: int
    number: int
    revision: int
    was_saved_before: bool
    """The very same had been saved by an earlier submission, and nothing was changed now."""
    newest_revision: int
    next_match_id: int | None
