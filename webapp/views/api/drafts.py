"""Drafts of heroes by API, kept by officials while a match is played."""

from typing import Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.domain.drafts import DraftAction
from webapp.services.matches import match_drafts
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.matches import Changed, DraftBody

_ONE: Final = "/tournaments/matches/<int(max=2147483647):match_id>/drafts/<int(max=9):game_number>/"


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ONE, "keep_draft", keep_draft, methods=["PUT"])


@access.open_to(access.ORGANIZER)
@operation(
    summary="Keep the draft of a game",
    description="As far as it has come, in the place of what was kept. Twice is the same as once.",
    family="Matches",
    scope="organize",
    rate=rates.ORGANIZE,
    body=DraftBody,
    gives=TypeAdapter(Changed),
    takes_key=True,
    problems={
        404: "match_not_found, tournament_not_found",
        409: "conflict (the match is not played), idempotency_running",
        422: "invalid_draft, idempotency_key_reused",
    },
)
def keep_draft(match_id: int, game_number: int, body: DraftBody) -> Response:
    """The page of the draft does the same."""
    actions = [
        DraftAction(order, sent.side, sent.action, sent.hero) for order, sent in enumerate(body.actions, start=1)
    ]  # fmt: skip
    changed = match_drafts.record(
        match_id, game_number, first_id=body.first_id, actions=actions, actor=access.actor(), now=utc_now()
    )
    return as_json(Changed(match_id=match_id, changed=changed))
