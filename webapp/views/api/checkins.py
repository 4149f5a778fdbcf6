"""Check-in by API."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.domain.checkin import Refill
from webapp.services.registration import checkin_close, checkins
from webapp.services.registration.checkins import CheckinState
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.entries import (
    BulkCheckinBody,
    BulkCheckinResult,
    CheckinResult,
    CheckinWindowTold,
    CloseBody,
    Closed,
    ClosePreview,
    Reopened,
)

FAMILY: Final = "Check-in"
_ALL: Final = "/tournaments/checkin/"
_ONE: Final = _ALL + "<int(max=2147483647):registration_id>/"
_TOURNAMENT: Final = "/tournaments/<int(max=2147483647):tournament_id>/checkin/"
_CLOSES: Final[dict[str, Any]] = {"family": FAMILY, "scope": "organize", "rate": rates.ORGANIZE, "takes_key": True}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ONE + "check-in/", "check_in", check_in, methods=["POST"])
    bp.add_url_rule(_ONE + "undo/", "undo_check_in", undo_check_in, methods=["POST"])
    bp.add_url_rule(_ONE + "status/", "checkin_status", checkin_status)
    bp.add_url_rule(_TOURNAMENT, "preview_close", preview_close)
    bp.add_url_rule(_TOURNAMENT + "close/", "close_checkin", close_checkin, methods=["POST"])
    bp.add_url_rule(_TOURNAMENT + "reopen/", "reopen_checkin", reopen_checkin, methods=["POST"])
    bp.add_url_rule(_ALL + "bulk/", "check_in_many", check_in_many, methods=["POST"])


@access.open_to(access.PLAYER)
@operation(
    summary="Check in",
    description="The owner while it is open, officials until the tournament is live. Twice is the same as once.",
    family=FAMILY,
    scope="play",
    rate=rates.PLAY,
    gives=TypeAdapter(CheckinResult),
    takes_key=True,
    problems={
        404: "registration_not_found",
        409: "checkin_not_open, checkin_over, not_admitted, idempotency_running",
        422: "idempotency_key_reused",
    },
)
def check_in(registration_id: int) -> Response:
    """One is there."""
    return _told(checkins.check_in(registration_id, actor=access.actor(), now=utc_now()))


@access.open_to(access.PLAYER)
@operation(
    summary="Take a check-in back",
    description="The owner within 15 minutes, officials until the tournament is live. Twice is the same as once.",
    family=FAMILY,
    scope="play",
    rate=rates.PLAY,
    gives=TypeAdapter(CheckinResult),
    takes_key=True,
    problems={
        404: "registration_not_found",
        409: "checkin_undo_late, checkin_over, idempotency_running",
        422: "idempotency_key_reused",
    },
)
def undo_check_in(registration_id: int) -> Response:
    """One is not there after all."""
    return _told(checkins.undo(registration_id, actor=access.actor(), now=utc_now()))


@access.open_to(access.PLAYER)
@operation(
    summary="How a check-in stands",
    family=FAMILY,
    scope="read",
    rate=rates.NAMES,
    gives=TypeAdapter(CheckinResult),
    problems={404: "registration_not_found"},
)
def checkin_status(registration_id: int) -> Response:
    """For the owner and officials."""
    return _told(checkins.status(registration_id, actor=access.actor(), now=utc_now()))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Check in many at once",
    description="Up to 200, all or none.",
    family=FAMILY,
    scope="organize",
    rate=rates.ORGANIZE,
    body=BulkCheckinBody,
    gives=TypeAdapter(BulkCheckinResult),
    takes_key=True,
    problems={
        404: "tournament_not_found",
        409: "checkin_over, idempotency_running",
        422: "invalid_result (names who does not take part), idempotency_key_reused",
    },
)
def check_in_many(body: BulkCheckinBody) -> Response:
    """For officials."""
    new = checkins.check_in_many(body.tournament_id, body.registration_ids, actor=access.actor(), now=utc_now())
    return as_json(BulkCheckinResult(registration_ids=new))


@access.open_to(access.ORGANIZER)
@operation(
    summary="What closing check-in would do",
    family=FAMILY,
    scope="organize",
    rate=rates.ORGANIZE,
    gives=TypeAdapter(ClosePreview),
    problems={404: "tournament_not_found"},
)
def preview_close(tournament_id: int) -> Response:
    """Nothing is changed."""
    plan = checkin_close.preview(tournament_id, actor=access.actor())
    return as_json(ClosePreview(seen=plan.fingerprint, **_planned(tournament_id, plan)))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Close check-in",
    description="Who is not there leaves, the waitlist refills, seeds close up. Twice is the same as once.",
    body=CloseBody,
    gives=TypeAdapter(Closed),
    problems={
        404: "tournament_not_found",
        409: "preview_changed, checkin_not_open, checkin_over, bracket_exists, too_few_left, idempotency_running",
        422: "idempotency_key_reused",
    },
    **_CLOSES,
)
def close_checkin(tournament_id: int, body: CloseBody) -> Response:
    """The button of the check-in desk does the same."""
    plan = checkin_close.close(tournament_id, seen=body.seen, actor=access.actor(), now=utc_now())
    return as_json(Closed(**_planned(tournament_id, plan)))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Open check-in again",
    description="Everybody is what they were before it was closed, seeds too.",
    gives=TypeAdapter(Reopened),
    problems={
        404: "tournament_not_found",
        409: "cannot_reopen, idempotency_running",
        422: "idempotency_key_reused",
    },
    **_CLOSES,
)
def reopen_checkin(tournament_id: int) -> Response:
    """Until somebody comes or goes, or a bracket is drawn."""
    changed = checkin_close.reopen(tournament_id, actor=access.actor(), now=utc_now())
    return as_json(Reopened(tournament_id=tournament_id, changed=changed))


def _planned(tournament_id: int, plan: Refill) -> dict[str, Any]:
    return {
        "tournament_id": tournament_id,
        "no_show_ids": list(plan.no_shows),
        "promoted_ids": list(plan.promoted),
        "seeds": sorted(plan.seeds, key=plan.seeds.__getitem__),
    }


def _told(state: CheckinState) -> Response:
    window = CheckinWindowTold(
        opens_at=state.window.opens_at, closes_at=state.window.closes_at, is_open=state.window.is_open(utc_now())
    )
    return as_json(CheckinResult(**(state._asdict() | {"window": window})))
