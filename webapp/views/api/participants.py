"""Who takes part, by API of organizers: added by name, taken out, given points; decisions about many registrations."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.organizer_pages.managed import ensure_participant_of
from webapp.services.ranking import adjustments
from webapp.services.registration import entry_decisions
from webapp.services.registration import registrations as lists
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.participants import (
    Adjusted,
    DecidedMany,
    DecideManyBody,
    Joined,
    NamesBody,
    PointsBody,
    TakenOut,
    WithdrawBody,
)

FAMILY: Final = "Registration"
_TOURNAMENT: Final = "/tournaments/<int(max=2147483647):tournament_id>/"
_ALL: Final = _TOURNAMENT + "participants/"
_ONE: Final = _ALL + "<int(max=2147483647):participant_id>/"
_POST: Final = ("POST",)
_CHANGES: Final[dict[str, Any]] = {"family": FAMILY, "scope": "organize", "rate": rates.ORGANIZE, "takes_key": True}
_REUSED: Final = "idempotency_key_reused"


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ALL, "add_participants", add_participants, methods=_POST)
    bp.add_url_rule(_ONE + "withdraw/", "withdraw_participant", withdraw_participant, methods=_POST)
    bp.add_url_rule(_ONE + "adjust/", "adjust_points", adjust_points, methods=_POST)
    bp.add_url_rule(_TOURNAMENT + "registrations/decide/", "decide_registrations", decide_registrations, methods=_POST)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Put teams or players into a tournament",
    description="By their names, without registration; known ones are found, others are made. Twice is the same as"
    " once, and who withdrew takes part again.",
    body=NamesBody,
    gives=TypeAdapter(Joined),
    problems={
        404: "tournament_not_found",
        409: "conflict (the tournament is over), idempotency_running",
        422: f"invalid_result (names each wrong name), {_REUSED}",
    },
    **_CHANGES,
)
def add_participants(tournament_id: int, body: NamesBody) -> Response:
    """The list on the page does the same."""
    ids = lists.register(tournament_id, body.names, actor=access.actor(), now=utc_now())
    return as_json(Joined(tournament_id=tournament_id, participant_ids=ids))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Take a participant out",
    description="Its results stay on record; what it has not played is lost once the tournament is live.",
    body=WithdrawBody,
    needs_body=False,
    gives=TypeAdapter(TakenOut),
    problems={
        404: "tournament_not_found, participant_not_found",
        409: "conflict (the tournament is over), illegal_transition, idempotency_running",
        422: f"invalid_result, {_REUSED}",
    },
    **_CHANGES,
)
def withdraw_participant(tournament_id: int, participant_id: int, body: WithdrawBody) -> Response:
    """Twice is the same as once."""
    ensure_participant_of(tournament_id, participant_id)
    undo_id = lists.withdraw(participant_id, reason=body.reason, actor=access.actor(), now=utc_now())
    return as_json(TakenOut(tournament_id=tournament_id, participant_id=participant_id, undo_id=undo_id))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Give points beside the results",
    description="Each request gives points of its own: send a key, so that one that comes twice counts once.",
    body=PointsBody,
    gives=TypeAdapter(Adjusted),
    problems={
        404: "tournament_not_found, participant_not_found, match_not_found",
        409: "tournament_archived, conflict, idempotency_running",
        422: f"invalid_result (points, reason), {_REUSED}",
    },
    **(_CHANGES | {"family": "Corrections"}),
)
def adjust_points(tournament_id: int, participant_id: int, body: PointsBody) -> Response:
    """A penalty, a bonus or a head start."""
    done = adjustments.adjust(
        tournament_id, participant_id, kind=body.kind, points=body.points, reason=body.reason, match_id=body.match_id,
        actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    return as_json(Adjusted(tournament_id=tournament_id, participant_id=participant_id, seq=done.seq))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Decide about many registrations",
    description="One decision about up to 200; what it cannot be taken about is named and stays, the others go on.",
    body=DecideManyBody,
    gives=TypeAdapter(DecidedMany),
    problems={
        404: "tournament_not_found, registration_not_found",
        409: "idempotency_running",
        422: f"invalid_result (reason), {_REUSED}",
    },
    **_CHANGES,
)
def decide_registrations(tournament_id: int, body: DecideManyBody) -> Response:
    """Twice is the same as once."""
    done = entry_decisions.decide_many(
        tournament_id, body.registration_ids, body.decision, reason=body.reason, actor=access.actor(), now=utc_now()
    )
    told = {
        "tournament_id": tournament_id,
        "registration_ids": done.changed,
        "refused": [{"registration_id": one, "detail": why} for one, why in done.refused],
    }
    return as_json(DecidedMany.model_validate(told))
