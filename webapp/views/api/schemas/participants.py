"""Who takes part, as organizers put it: added by name, taken out, given points; and decisions about many."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from webapp.domain.checkin import MOST_AT_ONCE
from webapp.domain.names import NAME_LIMIT
from webapp.views.api.schemas.base import Sent, Text, Told
from webapp.views.api.schemas.entries import Reason
from webapp.views.api.schemas.staff import BodyId, whole_number

_MOST_NAMES = 500
_MOST_POINTS = 1_000_000


class NamesBody(Sent):
    """Teams, or players where the game is played solo."""

    names: Annotated[
        list[Annotated[Text, Field(max_length=2 * NAME_LIMIT)]], Field(min_length=1, max_length=_MOST_NAMES)
    ]


class Joined(Told):
    """Their ids, in the order of the names; who took part already keeps the id."""

    tournament_id: int
    participant_ids: list[int]


class WithdrawBody(Sent):
    """Why, if there is something to say."""

    reason: Annotated[Text, Field(max_length=500, description="Officials read it, and who is taken out.")] = ""


class TakenOut(Told):
    """Who takes part no more, and by which id that is taken back."""

    tournament_id: int
    participant_id: int
    undo_id: int | None


class PointsBody(Sent):
    """Points beside the results: below zero for a penalty, above it for a bonus or a head start."""

    kind: Literal["penalty", "bonus", "head_start"]
    points: Annotated[int, Field(ge=-_MOST_POINTS, le=_MOST_POINTS), BeforeValidator(whole_number)]
    reason: Annotated[Text, Field(min_length=10, max_length=500, description="Stays on record.")]
    match_id: BodyId | None = Field(default=None, description="The match from which on they count.")


class Adjusted(Told):
    """The log's number with the points in it."""

    tournament_id: int
    participant_id: int
    seq: int


class DecideManyBody(Sent):
    """What an organizer decides about many."""

    registration_ids: Annotated[list[BodyId], Field(min_length=1, max_length=MOST_AT_ONCE)]
    decision: Literal["approve", "reject", "waitlist", "override"]
    reason: Reason = ""


class Undecided(Told):
    """A registration that stays as it is, and why."""

    registration_id: int
    detail: str


class DecidedMany(Told):
    """Those that changed, and what stays as it is."""

    tournament_id: int
    registration_ids: list[int]
    refused: list[Undecided]
