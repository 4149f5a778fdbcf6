"""Matches: what programs read of them, and what they do to them."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from webapp.views.api.schemas.base import LARGEST_ID, Asked, Id, Instant, Limit, Offset, Sent, Text, Told
from webapp.views.api.schemas.staff import BodyId, whole_number

_MOST_GAMES: Final = 7
_MOST_LINES: Final = 200
_MOST_MATCHES: Final = 500
_YEARS: Final = range(2000, 2101)
State = Literal[
    "scheduled", "ready", "live", "pending_result", "disputed", "completed", "forfeit", "cancelled", "hidden"
]
Reason = Annotated[Text, Field(min_length=10, max_length=500, description="Stays on record.")]
Revision = Annotated[int, Field(ge=0, le=LARGEST_ID)]


def _sensible(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise PydanticCustomError("year", "must be of a year from 2000 to 2100")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_sensible)]
"""A moment in a body: text with its zone."""


class MatchesQuery(Asked):
    """Matches of one tournament, in their order."""

    tournament_id: Id
    state: State | None = None
    limit: Limit = 50
    offset: Offset = 0


class MatchTold(Told):
    """A match. While the board is frozen a result since is `hidden` to all but officials."""

    id: int
    tournament_id: int
    number: int
    state: State
    revision: int | None = Field(description="Grows with every change of the result; null while that is hidden.")
    best_of: int
    stage_id: int | None
    round: int | None
    side_a_id: int | None = Field(description="A participant; null in a lobby of many, and where it is not known yet.")
    side_b_id: int | None
    winner_id: int | None
    decided_by: Literal["forfeit", "walk_over", "force_win", "dispute"] | None = Field(
        description="How it ended where it was not played out."
    )
    forfeited_by_id: int | None
    scheduled_at: Instant | None
    started_at: Instant | None
    completed_at: Instant | None


class Matches(Told):
    """A page of matches."""

    count: int
    next: str | None
    previous: str | None
    results: list[MatchTold]


class ReportedGame(Told):
    """One game as a side reports it."""

    number: int
    score_a: int
    score_b: int
    map: str | None


class ReportedPlace(Told):
    """Where a side says that it came in its lobby; a null placement is a side that did not finish."""

    placement: int | None
    kills: int


class Report(Told):
    """What one side says, while it waits for an answer."""

    id: int
    participant_id: int
    report_revision: int
    state: Literal["pending_opponent", "agreed", "disputed", "confirmed", "superseded"]
    games: list[ReportedGame]
    place: ReportedPlace | None = Field(description="Of a lobby, in the place of games.")
    answer_due_at: Instant
    is_overdue: bool
    has_screenshot: bool = Field(description="Whether a picture came with it.")


class Lobby(Told):
    """Where it is played."""

    name: str
    password: str
    notes: str


class MatchDetail(MatchTold):
    """A match. The last four are for its sides and officials; null for everybody else."""

    lobby: Lobby | None
    coordinator_id: int | None
    report_revision: int | None = Field(description="What an answer to a report has to name.")
    reports: list[Report] | None


class MatchBody(Sent):
    """What changes; what is left out stays. A null takes a time, map or stream away."""

    label: Annotated[Text, Field(max_length=80)] = ""
    map: Annotated[Text, Field(max_length=80)] | None = None
    scheduled_at: Moment | None = None
    stream_url: Annotated[Text, Field(max_length=500)] | None = None


class FixtureSent(Sent):
    """A match to be played: of two sides, or a lobby of everybody, which has none."""

    label: Annotated[Text, Field(min_length=1, max_length=80)]
    scheduled_at: Moment | None = None
    map: Annotated[Text, Field(max_length=80)] | None = None
    side_a_id: BodyId | None = None
    side_b_id: BodyId | None = None
    best_of: Annotated[int, Field(ge=1, le=_MOST_GAMES), BeforeValidator(whole_number)] = 1


class FixturesBody(Sent):
    """Matches that follow those that are there, all or none."""

    tournament_id: BodyId
    matches: Annotated[list[FixtureSent], Field(min_length=1, max_length=_MOST_MATCHES)]


class Added(Told):
    """The matches that are there now, in the order in which they were sent."""

    tournament_id: int
    match_ids: list[int]


class DraftStepSent(Sent):
    """A ban or a pick."""

    side: Literal["first", "second"] = Field(description="`first` is the side that begins.")
    action: Literal["ban", "pick"]
    hero: Annotated[Text, Field(max_length=80)] | None = Field(default=None, description="Null: a ban let pass.")


class DraftBody(Sent):
    """A draft in its order."""

    first_id: BodyId = Field(description="The participant that begins.")
    actions: Annotated[list[DraftStepSent], Field(max_length=60)]


class PlannedTime(Sent):
    """One match and its time; null takes it away."""

    match_id: BodyId
    scheduled_at: Moment | None


class ScheduleBody(Sent):
    """Times of many matches of one tournament, taken all or none."""

    tournament_id: BodyId
    times: Annotated[list[PlannedTime], Field(min_length=1, max_length=_MOST_MATCHES)]
    minutes: Annotated[int, Field(ge=1, le=1440, description="How long a match keeps its sides.")] = 30


class Scheduled(Told):
    """The matches whose times changed."""

    match_ids: list[int]


class CoordinatorBody(Sent):
    """The official who looks after the match; null for nobody."""

    user_id: BodyId | None


class LobbyBody(Sent):
    """Where the match is played; all empty takes it away."""

    name: Annotated[Text, Field(max_length=80)] = ""
    password: Annotated[Text, Field(max_length=80)] = ""
    notes: Annotated[Text, Field(max_length=1000)] = ""


class GameSent(Sent):
    """One game, with the scores of side a and side b."""

    number: Annotated[int, Field(ge=1, le=_MOST_GAMES)]
    score_a: Annotated[int, Field(ge=0, le=1_000_000)]
    score_b: Annotated[int, Field(ge=0, le=1_000_000)]
    map: Annotated[Text, Field(max_length=80)] | None = None
    allow_irregular: bool = Field(default=False, description="An official lets a score stand that the game knows not.")
    reason: Annotated[Text, Field(max_length=200)] = ""


Games = Annotated[list[GameSent], Field(min_length=1, max_length=_MOST_GAMES)]


Placement = Annotated[int, Field(ge=1, le=1024), BeforeValidator(whole_number)]


class LineSent(Sent):
    """How one participant of a lobby did."""

    participant_id: BodyId
    placement: Placement | None = Field(
        default=None, description="Null where nobody knows; then the kills alone count."
    )
    placement_high: Placement | None = Field(default=None, description="The end of the range where only that is known.")
    kills: Annotated[int, Field(ge=0, le=1000), BeforeValidator(whole_number)] = 0
    time_alive_s: Annotated[int, Field(ge=0, le=86_400), BeforeValidator(whole_number)] | None = None


Lines = Annotated[list[LineSent], Field(min_length=1, max_length=_MOST_LINES)]


class PlaceSent(Sent):
    """Where one side came in its lobby; a null placement is a side that did not finish."""

    placement: Placement | None
    kills: Annotated[int, Field(ge=0, le=1000), BeforeValidator(whole_number)] = 0


class ReportBody(Sent):
    """How the match went, as one side says."""

    games: Games | None = Field(default=None, description="Of a series.")
    place: PlaceSent | None = Field(
        default=None, description="Of a lobby: the own side alone. It counts once an official has confirmed the lobby."
    )
    note: Annotated[Text, Field(max_length=500)] = ""
    report_revision: Revision | None = Field(default=None, description="The newest report that the writer knows of.")


class Reported(Told):
    """What became of it."""

    submission_id: int
    report_revision: int
    is_agreed: bool = Field(description="The other side had said the same, and the match is confirmed.")


class ConfirmBody(Sent):
    """A side says yes to report `report_revision`; an official gives the result, which is confirmed at once."""

    report_revision: Revision | None = None
    games: Games | None = Field(default=None, description="Of a series.")
    lines: Lines | None = Field(default=None, description="Of a lobby: one of each participant that played.")
    revision: Revision | None = Field(default=None, description="The match's revision that the official saw.")


class Confirmed(Told):
    """The match's revision, and the log's number with the change in it."""

    match_id: int
    revision: int
    seq: int
    changed: bool = Field(description="False: it was so already.")


class WinBody(Sent):
    """Who wins by an official's word, or whose opponent is out."""

    participant_id: BodyId = Field(description="The winner.")
    how: Literal["force_win", "forfeit", "walk_over"] = "force_win"
    reason: Reason
    revision: Revision | None = None


class ReasonBody(Sent):
    """Why."""

    reason: Reason


class ReadyBody(Sent):
    """Whether one's side is ready."""

    is_ready: bool = True


class Changed(Told):
    """Whether the request changed anything; the same again does not."""

    match_id: int
    changed: bool


class Stopped(Told):
    """Whether everything stands still from now on."""

    tournament_id: int
    is_stopped: bool
    changed: bool = Field(description="False: it was so already.")
