"""What officials list: registrations, payments and matches of their tournament, with counts by state."""

from typing import Literal

from pydantic import Field

from webapp.views.api.schemas.base import Asked, Id, Instant, Limit, Offset, Switch, Told
from webapp.views.api.schemas.entries import PaymentStatus, RegistrationStatus
from webapp.views.api.schemas.matches import MatchTold

MatchState = Literal["scheduled", "ready", "live", "pending_result", "disputed", "completed", "forfeit", "cancelled"]


class RegistrationsQuery(Asked):
    """Which registrations: those waitlisted last."""

    status: RegistrationStatus | None = None
    checked_in: Switch | None = None
    limit: Limit = 50
    offset: Offset = 0


class PaymentsQuery(Asked):
    """Which payments: the one that was submitted first first."""

    status: PaymentStatus | None = None
    limit: Limit = 50
    offset: Offset = 0


class OfficialMatchesQuery(Asked):
    """Which matches, by number."""

    state: MatchState | None = None
    stage_id: Id | None = None
    round: Id | None = None
    participant_id: Id | None = None
    scheduled: Switch | None = None
    limit: Limit = 50
    offset: Offset = 0


class ListedRegistration(Told):
    """A registration; what was answered and written stays on the pages."""

    registration_id: int
    team_id: int | None
    user_id: int | None
    status: RegistrationStatus
    seed: int | None
    payment_id: int | None
    payment_status: PaymentStatus | None
    checked_in_at: Instant | None
    waitlisted_at: Instant | None
    created_at: Instant


class ListedPayment(Told):
    """A payment; amounts are in the currency's smallest unit. The reference stays on the page."""

    payment_id: int
    registration_id: int
    status: PaymentStatus
    revision: int = Field(description="What a decision has to name.")
    amount: int
    currency: str
    has_proof: bool
    submitted_by_id: int | None
    submitted_at: Instant | None
    decided_by_id: int | None
    decided_at: Instant | None


class ListedMatch(MatchTold):
    """A match as officials know it, whatever is hidden from others."""

    coordinator_id: int | None
    report_revision: int


class ListedRegistrations(Told):
    """A page of registrations; `counts` of each state whatever the filters."""

    count: int
    next: str | None
    previous: str | None
    counts: dict[RegistrationStatus, int]
    results: list[ListedRegistration]


class ListedPayments(Told):
    """A page of payments; `counts` of each state whatever the filters."""

    count: int
    next: str | None
    previous: str | None
    counts: dict[PaymentStatus, int]
    results: list[ListedPayment]


class ListedMatches(Told):
    """A page of matches; `counts` of each state whatever the filters."""

    count: int
    next: str | None
    previous: str | None
    counts: dict[MatchState, int]
    results: list[ListedMatch]
