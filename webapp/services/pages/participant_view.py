"""A participant of a tournament as a reader sees it: its matches, its way through the versions of the board."""

from dataclasses import dataclass
from datetime import datetime

from webapp.services.boards.subject_results import Subject
from webapp.services.pages.board_view import AdjustmentMark, Movement
from webapp.services.pages.rank_chart import RankChart
from webapp.services.pages.tournament_view import ParticipantMatch, TournamentHead


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that a version took in. `kind` is an event's name; `is_own`: it was about this very participant."""

    kind: str
    match_id: int | None
    match_number: int | None
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version that changed the participant's rank or points; `rank` None where it left the board."""

    version: int
    rank: int | None
    points: int
    gained: int | None
    """Points more or fewer than before; None on its first version."""
    movement: Movement
    at: datetime
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantPageView:
    """How a participant came to its points and its place."""

    head: TournamentHead
    participant_id: int
    name: str
    subject: Subject | None
    """The team or player with a page of its own; None where the public may not know of one."""
    rank: int | None
    points: int | None
    is_placed_by_staff: bool
    board_page: int
    matches: tuple[ParticipantMatch, ...]
    count_best: int | None
    adjustments: tuple[AdjustmentMark, ...]
    chart: RankChart | None
    versions: tuple[VersionLine, ...]
    """The newest first."""
    earlier_count: int
    """How many more there are before them."""
