"""Registering by API: for oneself or one's team, and the organizer's word about it."""

from typing import Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.domain.registration import LinedUp
from webapp.services.pages import own_entries
from webapp.services.registration import entries, entry_decisions
from webapp.services.registration.entries import Entry
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.schemas.entries import (
    DecisionBody,
    OwnQuery,
    RegistrationBody,
    RegistrationList,
    RegistrationResult,
)

FAMILY: Final = "Registration"
_ALL: Final = "/tournaments/registrations/"
_ONE: Final = _ALL + "<int(max=2147483647):registration_id>/"


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ALL, "registrations", registrations)
    bp.add_url_rule(_ALL, "register_entry", register_entry, methods=["POST"])
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


@access.open_to(access.PLAYER)
@operation(
    summary="Register for a tournament",
    description="Yourself, or the team that you lead with its line-up. What is wrong is named all at once.",
    family=FAMILY,
    scope="play",
    rate=rates.PLAY,
    body=RegistrationBody,
    gives=TypeAdapter(RegistrationResult),
    takes_key=True,
    problems={
        403: "forbidden, not_captain",
        404: "tournament_not_found",
        409: "tournament_draft, registration_not_open, registration_closed, tournament_full, waitlist_closed,"
        " already_registered, registration_rejected, idempotency_running",
        422: "wrong_team_size, player_registered, bad_player_id, duplicate_player_id, missing_custom_field,"
        " invalid_custom_field, player_sanctioned, not_a_member, team_missing, wrong_team, idempotency_key_reused",
    },
)
def register_entry(body: RegistrationBody) -> Response:
    """The form on the page is the same service."""
    actor = access.actor()
    alone = [LinedUp(actor.user_id or 0, "player", body.player_id)]
    entry = Entry(
        team_id=body.team_id,
        players=[LinedUp(who.user_id, who.role, who.player_id) for who in body.players] or alone,
        answers=body.answers,
        waitlist=body.waitlist,
    )
    done = entries.register(body.tournament_id, entry, actor=actor, now=utc_now())
    return as_json(RegistrationResult.model_validate(done._asdict()))


@access.open_to(access.PLAYER)
@operation(
    summary="Withdraw a registration",
    description="Before the start; its place goes to the waitlist. Twice is the same as once.",
    family=FAMILY,
    scope="play",
    rate=rates.PLAY,
    gives=TypeAdapter(RegistrationResult),
    takes_key=True,
    problems={
        404: "registration_not_found",
        409: "tournament_started, illegal_transition, idempotency_running",
        422: "idempotency_key_reused",
    },
)
def cancel_registration(registration_id: int) -> Response:
    """One's own."""
    entries.withdraw(registration_id, actor=access.actor(), now=utc_now())
    return as_json(RegistrationResult(registration_id=registration_id, status="withdrawn"))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Decide about a registration",
    description="Admit it, turn it down with a reason, or put it on the waitlist.",
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
