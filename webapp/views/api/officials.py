"""What officials look through by API: registrations, payments and matches of their tournament."""

from typing import Any, Final, get_args

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.tournaments import official_lists
from webapp.services.tournaments.official_lists import Listed, MatchFilters, Part
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.paging import Page, around
from webapp.views.api.schemas.entries import PaymentStatus, RegistrationStatus
from webapp.views.api.schemas.officials import (
    ListedMatches,
    ListedPayments,
    ListedRegistrations,
    MatchState,
    OfficialMatchesQuery,
    PaymentsQuery,
    RegistrationsQuery,
)

_ONE: Final = "/admin/tournaments/<int(max=2147483647):tournament_id>/"
_LIST: Final[dict[str, Any]] = {"scope": "organize", "rate": rates.ORGANIZE, "problems": {404: "tournament_not_found"}}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ONE + "registrations/", "list_registrations", list_registrations)
    bp.add_url_rule(_ONE + "payments/", "list_payments", list_payments)
    bp.add_url_rule(_ONE + "matches/", "list_matches", list_matches)


@access.open_to(access.ORGANIZER)
@operation(
    summary="The registrations of a tournament",
    family="Registration",
    query=RegistrationsQuery,
    gives=TypeAdapter(ListedRegistrations),
    **_LIST,
)
def list_registrations(tournament_id: int, query: RegistrationsQuery) -> Response:
    """With counts by state."""
    is_there = None if query.checked_in is None else bool(query.checked_in)
    found = official_lists.registrations(
        tournament_id, _part(query), status=query.status, is_checked_in=is_there, actor=access.actor()
    )
    return as_json(ListedRegistrations.model_validate(_page(query, found, RegistrationStatus)))


@access.open_to(access.ORGANIZER)
@operation(
    summary="The payments of a tournament",
    family="Payments",
    query=PaymentsQuery,
    gives=TypeAdapter(ListedPayments),
    **_LIST,
)
def list_payments(tournament_id: int, query: PaymentsQuery) -> Response:
    """With counts by state."""
    found = official_lists.payments(tournament_id, _part(query), status=query.status, actor=access.actor())
    return as_json(ListedPayments.model_validate(_page(query, found, PaymentStatus)))


@access.open_to(access.ORGANIZER)
@operation(
    summary="The matches of a tournament, as its officials know them",
    family="Matches",
    query=OfficialMatchesQuery,
    gives=TypeAdapter(ListedMatches),
    **_LIST,
)
def list_matches(tournament_id: int, query: OfficialMatchesQuery) -> Response:
    """With counts by state."""
    filters = MatchFilters(
        query.state, query.stage_id, query.round, query.participant_id,
        None if query.scheduled is None else bool(query.scheduled),
    )  # fmt: skip
    found = official_lists.matches(tournament_id, _part(query), filters, actor=access.actor())
    return as_json(ListedMatches.model_validate(_page(query, found, MatchState)))


def _part(query: Page) -> Part:
    return Part(query.limit, query.offset)


def _page(query: Page, found: Listed, states: Any) -> dict[str, Any]:
    counts = dict.fromkeys(get_args(states), 0) | found.counts
    return around(query, found.count) | {"counts": counts, "results": found.results}
