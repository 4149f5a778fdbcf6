"""Registering by API: for oneself or one's team, and the organizer's word about it."""

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.domain.errors import FieldError
from webapp.domain.registration import LinedUp
from webapp.domain.uploads import UploadError
from webapp.services.files.uploads import Received, receive
from webapp.services.pages import entry_facts, own_entries
from webapp.services.registration import custom_fields, entries, entry_decisions, entry_line_ups
from webapp.services.registration.entries import Entry
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import WRONG_FILE, as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.requests import InvalidRequest
from webapp.views.api.schemas.entries import (
    DecisionBody,
    LeaveBody,
    LineUpBody,
    OwnQuery,
    PlayerBody,
    RegistrationBody,
    RegistrationList,
    RegistrationResult,
    RegistrationTold,
)

FAMILY: Final = "Registration"
_ALL: Final = "/tournaments/registrations/"
_ANSWERS: Final = "answers."
_ONE: Final = _ALL + "<int(max=2147483647):registration_id>/"


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ALL, "registrations", registrations)
    bp.add_url_rule(_ALL, "register_entry", register_entry, methods=["POST"])
    bp.add_url_rule(_ONE, "registration", registration)
    bp.add_url_rule(_ONE + "line-up/", "change_line_up", change_line_up, methods=["PUT"])
    bp.add_url_rule(_ONE + "cancel/", "cancel_registration", cancel_registration, methods=["POST"])
    bp.add_url_rule(_ONE + "decide/", "decide_registration", decide_registration, methods=["POST"])


@access.open_to(access.PLAYER)
@operation(
    summary="Your registrations", family=FAMILY, scope="read", rate=rates.NAMES, query=OwnQuery,
    gives=TypeAdapter(RegistrationList),
)  # fmt: skip
def registrations(query: OwnQuery) -> Response:
    """Those that one looks after or plays in."""
    count, listed = own_entries.list_own(access.actor(), limit=query.limit, offset=query.offset)
    return as_json(RegistrationList.model_validate({**around(query, count), "results": listed}))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="A registration",
    family=FAMILY,
    scope="read",
    rate=rates.NAMES,
    gives=TypeAdapter(RegistrationTold),
    problems={404: "registration_not_found"},
)
def registration(registration_id: int) -> Response:
    """For who looks after it or plays in it, the organizers and staff."""
    return _told(registration_id)


@access.open_to(access.PLAYER)
@operation(
    summary="Change the line-up",
    description="By the captain, until registration closes; the one that is sent takes the place of the other.",
    family=FAMILY,
    scope="play",
    rate=rates.PLAY,
    body=LineUpBody,
    gives=TypeAdapter(RegistrationTold),
    takes_key=True,
    problems={
        403: "not_captain",
        404: "registration_not_found",
        409: "registration_closed, registration_not_open, tournament_draft, registration_over, idempotency_running",
        422: "wrong_team_size, player_registered, bad_player_id, duplicate_player_id, player_sanctioned, not_a_member,"
        " idempotency_key_reused",
    },
)
def change_line_up(registration_id: int, body: LineUpBody) -> Response:
    """Twice is the same as once."""
    players = _lined_up(body.players, body.player_id)
    entry_line_ups.change(registration_id, players, actor=access.actor(), now=utc_now())
    return _told(registration_id)


@access.open_to(access.PLAYER)
@operation(
    summary="Register for a tournament",
    description="Yourself, or the team that you lead with its line-up. What is wrong is named all at once.",
    family=FAMILY,
    scope="play",
    rate=rates.PLAY,
    body=RegistrationBody,
    file="answer",
    files_under=_ANSWERS,
    most_files=3,
    gives=TypeAdapter(RegistrationResult),
    takes_key=True,
    problems={
        403: "forbidden, not_captain",
        404: "tournament_not_found",
        409: "tournament_draft, registration_not_open, registration_closed, tournament_full, waitlist_closed,"
        " already_registered, registration_rejected, idempotency_running",
        413: "file_too_large",
        422: "wrong_team_size, player_registered, bad_player_id, duplicate_player_id, missing_custom_field,"
        " invalid_custom_field, player_sanctioned, not_a_member, team_missing, wrong_team, "
        f"{WRONG_FILE}, idempotency_key_reused",
    },
)
def register_entry(body: RegistrationBody, files: Mapping[str, bytes] | None = None) -> Response:
    """The form on the page is the same service."""
    entry = Entry(
        team_id=body.team_id,
        players=_lined_up(body.players, body.player_id),
        answers=body.answers,
        files=_received(body.tournament_id, files or {}),
        waitlist=body.waitlist,
    )
    done = entries.register(body.tournament_id, entry, actor=access.actor(), now=utc_now())
    return as_json(RegistrationResult.model_validate(done._asdict()))


@access.open_to(access.PLAYER)
@operation(
    summary="Withdraw a registration",
    description="Before the start; its place goes to the waitlist. Twice is the same as once.",
    family=FAMILY,
    scope="play",
    rate=rates.PLAY,
    body=LeaveBody,
    needs_body=False,
    gives=TypeAdapter(RegistrationResult),
    takes_key=True,
    problems={
        404: "registration_not_found",
        409: "tournament_started, illegal_transition, idempotency_running",
        422: "invalid_result, idempotency_key_reused",
    },
)
def cancel_registration(registration_id: int, body: LeaveBody) -> Response:
    """One's own."""
    entries.withdraw(registration_id, reason=body.reason, actor=access.actor(), now=utc_now())
    return as_json(RegistrationResult(registration_id=registration_id, status="withdrawn"))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Decide about a registration",
    description="Admit it or put it on the waitlist; with a reason turn it down or admit it over the limit.",
    family=FAMILY,
    scope="organize",
    rate=rates.ORGANIZE,
    body=DecisionBody,
    gives=TypeAdapter(RegistrationResult),
    takes_key=True,
    problems={
        404: "registration_not_found, tournament_not_found",
        409: "tournament_full, illegal_transition, idempotency_running",
        422: "invalid_result (reason), idempotency_key_reused",
    },
)
def decide_registration(registration_id: int, body: DecisionBody) -> Response:
    """For organizers of the tournament."""
    entry_decisions.decide(
        registration_id, body.decision, reason=body.reason, actor=access.actor(), now=utc_now()
    )  # fmt: skip
    status = entry_decisions.DECISIONS[body.decision]
    return as_json(RegistrationResult.model_validate({"registration_id": registration_id, "status": status}))


def _lined_up(players: Sequence[PlayerBody], alone: str) -> list[LinedUp]:
    """The line-up that was sent; without one it is who sends it, known in the game as `alone`."""
    sent = [LinedUp(who.user_id, who.role, who.player_id) for who in players]
    return sent or [LinedUp(access.actor().user_id or 0, "player", alone)]


def _received(tournament_id: int, files: Mapping[str, bytes]) -> dict[str, Received]:
    """The files that answer questions, written; one that nobody asked for is refused before it is looked at."""
    asked = custom_fields.keys_of_files(tournament_id) if files else ()
    strangers = [FieldError(f"{_ANSWERS}{key}", "is not asked here") for key in files if key not in asked]
    if strangers:
        raise InvalidRequest.listing("The form is wrong", strangers)
    found = {}
    for key, raw in files.items():
        try:
            found[key] = receive(raw, "answer")
        except UploadError as error:
            error.fields = tuple(field._replace(path=f"{_ANSWERS}{key}") for field in error.fields)
            raise
    return found


def _told(registration_id: int) -> Response:
    return as_json(RegistrationTold.model_validate(entry_facts.one(registration_id, actor=access.actor())))
