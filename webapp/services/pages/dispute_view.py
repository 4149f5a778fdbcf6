"""Disputes as the sides of a match and its officials see them; nobody else sees any of it."""

from dataclasses import dataclass
from datetime import datetime

from webapp.domain.disputes import REASONS, UNDECIDED
from webapp.services.pages.paging import Paging
from webapp.services.pages.report_views import ReportedGame, ReportView


@dataclass(frozen=True, slots=True)
class Said:
    """Something said about a dispute. `of` is the side that the author speaks for, None for an official."""

    author: str
    of: str | None
    text: str
    at: datetime
    is_internal: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of evidence: a picture (with the hash of the file as it came), or a link."""

    id: int
    author: str
    url: str | None
    sha256: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LobbyLine:
    """A line of a battle royale."""

    participant_id: int
    name: str
    placement: int | None
    kills: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeView:
    """One dispute. `stood` and `claimed` are games of a series, `lines` what stood in a lobby."""

    id: int
    tournament_id: int
    tournament_name: str
    match_id: int
    match_number: int
    match_label: str
    match_state: str
    match_revision: int
    best_of: int
    is_series: bool
    side_ids: tuple[int | None, int | None]
    names: tuple[str, str]
    state: str
    revision: int
    reason_code: str
    text: str
    by_side: str | None
    opened_by: str
    opened_at: datetime
    deadline_at: datetime | None
    is_overdue: bool
    assigned_to: str | None
    was_confirmed: bool
    stood: tuple[ReportedGame, ...]
    claimed: tuple[ReportedGame, ...]
    lines: tuple[LobbyLine, ...]
    reports: tuple[ReportView, ...]
    thread: tuple[Said, ...]
    evidence: tuple[Shown, ...]
    resolution: str | None
    resolution_reason: str
    resolved_by: str | None
    resolved_at: datetime | None
    is_official: bool
    is_with_me: bool
    may_decide: bool

    @property
    def is_undecided(self) -> bool:
        """Whether it waits for somebody."""
        return self.state in UNDECIDED

    @property
    def title(self) -> str:
        """What its match is called."""
        return self.match_label or f"Match {self.match_number}"

    @property
    def reason(self) -> str:
        """Its reason in words."""
        return REASONS[self.reason_code]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLine:
    """A dispute in a list."""

    id: int
    tournament_id: int
    tournament_name: str
    match_id: int
    match_number: int
    match_label: str
    names: tuple[str | None, str | None]
    by_side: str | None
    reason_code: str
    state: str
    resolution: str | None
    assigned_to: str | None
    created_at: datetime
    deadline_at: datetime | None
    is_overdue: bool
    comments: int

    @property
    def is_undecided(self) -> bool:
        """Whether it waits for somebody."""
        return self.state in UNDECIDED

    @property
    def title(self) -> str:
        """What its match is called."""
        return self.match_label or f"Match {self.match_number}"

    @property
    def reason(self) -> str:
        """Its reason in words."""
        return REASONS[self.reason_code]


@dataclass(frozen=True, slots=True)
class DisputeList:
    """A page of disputes, those that wait before those that are decided."""

    lines: tuple[DisputeLine, ...]
    paging: Paging
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionView:
    """A match whose result somebody wants to object to."""

    match_id: int
    tournament_id: int
    tournament_name: str
    number: int
    label: str
    state: str
    best_of: int
    is_series: bool
    side_ids: tuple[int, int] | None
    names: tuple[str, str]
    revision: int
    report_revision: int
    can_be_disputed: bool
    open_dispute_id: int | None
    games: tuple[ReportedGame, ...]
    """The result as it stands, or as the other side has reported it."""

    @property
    def title(self) -> str:
        """What it is called."""
        return self.label or f"Match {self.number}"
