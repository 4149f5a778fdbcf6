"""What a tournament asks at registration, by API: read by everybody who may see it, written by its organizers."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.domain.custom_fields import FieldRule
from webapp.services.organizer_pages.managed import ensure_custom_field_of
from webapp.services.registration import custom_fields as question_services
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import tournament_facts
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.questions import (
    LimitsSent,
    MoveBody,
    QuestionBody,
    QuestionChanges,
    QuestionList,
)

FAMILY: Final = "Registration"
_ALL: Final = "/tournaments/<int(max=2147483647):tournament_id>/custom-fields/"
_ONE: Final = _ALL + "<int(max=2147483647):field_id>/"
_CHANGES: Final[dict[str, Any]] = {
    "family": FAMILY,
    "scope": "organize",
    "rate": rates.ORGANIZE,
    "takes_key": True,
    "gives": TypeAdapter(QuestionList),
    "problems": {
        403: "forbidden",
        404: "tournament_not_found, custom_field_not_found",
        409: "conflict (the tournament is over), too_many_fields, idempotency_running",
        422: "invalid_result, idempotency_key_reused",
    },
}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ALL, "custom_fields", custom_fields)
    bp.add_url_rule(_ALL, "add_custom_field", add_custom_field, methods=("POST",))
    bp.add_url_rule(_ONE, "change_custom_field", change_custom_field, methods=("PATCH",))
    bp.add_url_rule(_ONE, "remove_custom_field", remove_custom_field, methods=("DELETE",))
    bp.add_url_rule(_ONE + "move/", "move_custom_field", move_custom_field, methods=("POST",))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="What a tournament asks at registration",
    family=FAMILY,
    scope="read",
    rate=rates.NAMES,
    gives=TypeAdapter(QuestionList),
    problems={404: "tournament_not_found"},
)
def custom_fields(tournament_id: int) -> Response:
    """In the order in which it is asked."""
    return _told(tournament_id)


@access.open_to(access.ORGANIZER)
@operation(summary="Ask one more thing", body=QuestionBody, **_CHANGES)
def add_custom_field(tournament_id: int, body: QuestionBody) -> Response:
    """It is asked last."""
    rule = FieldRule(body.key, body.label, body.kind, body.is_required, body.help, _limits(body.limits))
    question_services.add(tournament_id, rule, actor=access.actor(), now=utc_now())
    return _told(tournament_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Ask it otherwise",
    description="Answers that were given stay as they are.",
    body=QuestionChanges,
    **_CHANGES,
)
def change_custom_field(tournament_id: int, field_id: int, body: QuestionChanges) -> Response:
    """The same again changes nothing."""
    ensure_custom_field_of(tournament_id, field_id)
    changes: dict[str, Any] = body.model_dump(exclude_none=True)
    if body.limits is not None:
        changes["limits"] = _limits(body.limits)
    question_services.change_some(field_id, changes, actor=access.actor(), now=utc_now())
    return _told(tournament_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Ask it no more", description="Answers stay with their registrations, unseen.", **_CHANGES
)  # fmt: skip
def remove_custom_field(tournament_id: int, field_id: int) -> Response:
    """For good."""
    ensure_custom_field_of(tournament_id, field_id)
    question_services.remove(field_id, actor=access.actor(), now=utc_now())
    return _told(tournament_id)


@access.open_to(access.ORGANIZER)
@operation(summary="Ask it earlier or later", body=MoveBody, **_CHANGES)
def move_custom_field(tournament_id: int, field_id: int, body: MoveBody) -> Response:
    """At either end it stays."""
    ensure_custom_field_of(tournament_id, field_id)
    question_services.reorder(field_id, body.step, actor=access.actor(), now=utc_now())
    return _told(tournament_id)


def _limits(sent: LimitsSent) -> dict[str, Any]:
    return sent.model_dump(exclude_none=True)


def _told(tournament_id: int) -> Response:
    asked = tournament_facts.questions(tournament_id, actor=access.actor())
    return as_json(QuestionList.model_validate({"tournament_id": tournament_id, "custom_fields": asked}))
