"""Registrations, payments, check-in and questions, by API: ids and states, never names."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from webapp.domain.checkin import MOST_AT_ONCE
from webapp.services.registration.payments import MOST_AT_ONCE as MOST_PAYMENTS
from webapp.views.api.schemas.base import WITHOUT_CONTROLS, Asked, Instant, Limit, Offset, Sent, Text, Told
from webapp.views.api.schemas.staff import BodyId


def _answer(value: object) -> object:
    """Refused as one thing, not once as each that it might have been."""
    if not isinstance(value, str | int | float):
        raise PydanticCustomError("answer", "write a text, a number, or true or false")
    if isinstance(value, str) and not re.fullmatch(WITHOUT_CONTROLS, value):
        raise PydanticCustomError("answer", "holds a control character; leave it out")
    return value


RegistrationStatus = Literal["pending", "submitted", "approved", "rejected", "waitlisted", "withdrawn", "no_show"]
PaymentStatus = Literal["pending", "submitted", "verified", "rejected", "refunded"]
Role = Literal["captain", "player", "substitute", "coach"]
Answer = Annotated[Text | int | float | bool, BeforeValidator(_answer)]
Reason = Annotated[Text, Field(max_length=500, description="10 to 500 characters; it stays on record.")]
Revision = Annotated[int | None, Field(ge=0, description="The payment's as you saw it; 409 when it is another now.")]


class PlayerBody(Sent):
    """Somebody on the line-up."""

    user_id: BodyId
    role: Role = "player"
    player_id: Annotated[
        Text, Field(max_length=200, description="How they are known in the game; none of a coach.")
    ] = ""


class RegistrationBody(Sent):
    """A player alone, or a team by its captain."""

    tournament_id: BodyId
    team_id: BodyId | None = Field(default=None, description="Where the game is played by teams.")
    player_id: Annotated[Text, Field(max_length=200, description="Your own, where it is played solo.")] = ""
    players: Annotated[list[PlayerBody], Field(max_length=30, description="The line-up of a team.")] = Field(
        default_factory=list
    )
    answers: dict[str, Answer] = Field(
        default_factory=dict,
        description="By the key of each question; a file is sent as a part of the form, named by the key.",
    )
    waitlist: bool = Field(
        default=False, description="Whether a place on the waitlist is welcome where no other is left."
    )


class LeaveBody(Sent):
    """Why one withdraws, if there is something to say."""

    reason: Annotated[Text, Field(max_length=500, description="Officials read it.")] = ""


class DecisionBody(Sent):
    """What an organizer decides."""

    decision: Literal["approve", "reject", "waitlist", "override"]
    reason: Reason = ""


class ProofBody(Sent):
    """How the fee was paid."""

    method: Annotated[Text, Field(max_length=100)] = ""
    reference: Annotated[Text, Field(max_length=100)] = ""


class PaymentVerifyBody(Sent):
    """The payment is there."""

    revision: Revision = None


class PaymentDecisionBody(Sent):
    """Why it is rejected or refunded."""

    reason: Annotated[Text, Field(min_length=10, max_length=500, description="Stays on record.")]
    revision: Revision = None


class SeenPayment(Sent):
    """A payment that is there."""

    payment_id: BodyId
    revision: Revision = None


class VerifyManyBody(Sent):
    """Those that are there, each once."""

    payments: Annotated[list[SeenPayment], Field(min_length=1, max_length=MOST_PAYMENTS)]


class LineUpBody(Sent):
    """Who plays from now on."""

    players: Annotated[list[PlayerBody], Field(max_length=30, description="All of them, of a team.")] = Field(
        default_factory=list
    )
    player_id: Annotated[Text, Field(max_length=200, description="Your own, where it is played solo.")] = ""


class BulkCheckinBody(Sent):
    """Who is there."""

    tournament_id: BodyId
    registration_ids: Annotated[list[BodyId], Field(min_length=1, max_length=MOST_AT_ONCE)]


class RegistrationShort(Told):
    """A registration that one looks after or plays in."""

    registration_id: int
    tournament_id: int
    status: RegistrationStatus
    payment_id: int | None = Field(description="Of the entry fee; null where none is due.")
    payment_status: PaymentStatus | None
    checked_in: bool


class OwnQuery(Asked):
    """Which part of one's registrations."""

    limit: Limit = 50
    offset: Offset = 0


class RegistrationList(Told):
    """One's own registrations, the next to be played first."""

    count: int
    next: str | None
    previous: str | None
    results: list[RegistrationShort]


class LinedUpTold(Told):
    """Somebody on the line-up."""

    user_id: int
    role: Role


class RegistrationTold(RegistrationShort):
    """A registration with its line-up; what was answered and written stays on the pages."""

    team_id: int | None
    user_id: int | None
    waiting_place: int | None = Field(description="On the waitlist, from 1.")
    offered_until: Instant | None = Field(description="Until when a place that became free is kept for it.")
    players: list[LinedUpTold]
    answered: list[str] = Field(description="The keys of the questions that have an answer.")
    file_answers: list[str] = Field(description="Those of them whose answer is a file: `answers/KEY/` gives it.")


class RegistrationResult(Told):
    """Where a registration stands."""

    registration_id: int
    status: RegistrationStatus


class PaymentResult(Told):
    """Where a payment stands, and the registration that it is for."""

    payment_id: int
    status: PaymentStatus
    revision: int
    registration_status: RegistrationStatus


class Unverified(Told):
    """A payment that stays as it is, and why."""

    payment_id: int
    code: str
    detail: str


class ManyVerified(Told):
    """Those that were verified now, and what stays as it is."""

    tournament_id: int
    payment_ids: list[int]
    registration_ids: list[int] = Field(description="Those that are admitted by it.")
    refused: list[Unverified]


class CheckinWindowTold(Told):
    """From when until when people check in by themselves."""

    opens_at: Instant | None
    closes_at: Instant | None
    is_open: bool


class CheckinResult(Told):
    """How it stands with one's check-in."""

    registration_id: int
    checked_in: bool
    checked_in_at: Instant | None
    checked_in_by: int | None
    can_undo: bool
    window: CheckinWindowTold


class BulkCheckinResult(Told):
    """Those who were not checked in before."""

    registration_ids: list[int]


class ClosePreview(Told):
    """What closing check-in now would do."""

    tournament_id: int
    no_show_ids: list[int] = Field(description="Registrations that leave: nobody has checked them in.")
    promoted_ids: list[int] = Field(description="Those that come in from the waitlist, in its order.")
    seeds: list[int] = Field(description="The field by seed from then on.")
    seen: str = Field(description="What closing may name, so that it does this and nothing else.")


class CloseBody(Sent):
    """The preview that was looked at."""

    seen: Annotated[Text, Field(max_length=64)] | None = Field(
        default=None, description="409 `preview_changed` where closing would do something else by now."
    )


class Closed(Told):
    """What closing check-in did; empty where it was closed before."""

    tournament_id: int
    no_show_ids: list[int]
    promoted_ids: list[int]
    seeds: list[int]


class Reopened(Told):
    """Whether check-in was opened again."""

    tournament_id: int
    changed: bool = Field(description="False: it was not closed.")
