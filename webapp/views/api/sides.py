"""What the sides of a match say by API before it is played."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.matches import lobbies
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.matches import Changed, ReadyBody

_ONE: Final = "/tournaments/matches/<int(max=2147483647):match_id>/"
_SIDES: Final[dict[str, Any]] = {
    "family": "Matches", "scope": "play", "rate": rates.PLAY, "takes_key": True, "gives": TypeAdapter(Changed),
    "problems": {
        404: "match_not_found",
        409: "illegal_transition, match_without_sides, conflict, tournament_not_live, tournament_paused,"
        " idempotency_running",
        422: "idempotency_key_reused",
    },
}  # fmt: skip


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ONE + "ready/", "ready_match", ready_match, methods=["POST"])
    bp.add_url_rule(_ONE + "begin/", "begin_match", begin_match, methods=["POST"])


@access.open_to(access.LOGGED_IN)
@operation(
    summary="Say that one's side is ready",
    description="Or take it back before the other side has said so. Once both have, the match is ready.",
    body=ReadyBody,
    **_SIDES,
)
def ready_match(match_id: int, body: ReadyBody) -> Response:
    """The player's page does the same."""
    changed = lobbies.say_ready(match_id, is_ready=body.is_ready, actor=access.actor(), now=utc_now())
    return as_json(Changed(match_id=match_id, changed=changed))


@access.open_to(access.LOGGED_IN)
@operation(summary="Begin a match that both sides are ready for", **_SIDES)
def begin_match(match_id: int) -> Response:
    """The player's page does the same."""
    changed = lobbies.begin(match_id, actor=access.actor(), now=utc_now())
    return as_json(Changed(match_id=match_id, changed=changed))
