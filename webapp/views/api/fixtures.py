"""Matches that organizers add by API, beside those of a bracket."""

from typing import Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.matches import matches
from webapp.services.matches.matches import Fixture
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.matches import Added, FixturesBody

_ALL: Final = "/tournaments/matches/"


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ALL, "add_matches", add_matches, methods=["POST"])


@access.open_to(access.ORGANIZER)
@operation(
    summary="Add matches",
    description="Lobbies of a battle royale, or matches of two sides. Each request adds its own: send a key, so that"
    " one that comes twice adds them once.",
    family="Matches",
    scope="organize",
    rate=rates.ORGANIZE,
    body=FixturesBody,
    gives=TypeAdapter(Added),
    takes_key=True,
    problems={
        404: "tournament_not_found",
        409: "conflict (the tournament is over), idempotency_running",
        422: "invalid_result (names each wrong match), idempotency_key_reused",
    },
)
def add_matches(body: FixturesBody) -> Response:
    """The form on the page is the same service."""
    fixtures = [Fixture(**sent.model_dump()) for sent in body.matches]
    ids = matches.schedule(body.tournament_id, fixtures, actor=access.actor(), now=utc_now())
    return as_json(Added(tournament_id=body.tournament_id, match_ids=ids))
