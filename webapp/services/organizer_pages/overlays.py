"""The overlays of a tournament and the links to them, as its organizers see them."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.permissions import Action
from webapp.models import Match
from webapp.services.live import overlay_tokens
from webapp.services.live.overlay_tokens import LinkInfo
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.match_reads import card_of
from webapp.services.pages.match_view import MatchCard
from webapp.services.ranking import standings
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

_MOST_TELLING_FIRST: Final = ("live", "ready", "scheduled", "pending_result", "disputed", "completed")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlaysView:
    """The page of overlays. `match` is the one whose scoreboard is shown as an example."""

    head: ManagedHead
    links: tuple[LinkInfo, ...]
    match: MatchCard | None
    has_match_point: bool


def read_overlays(tournament_id: int, *, actor: Actor) -> OverlaysView:
    """The overlays of a tournament that the actor may manage. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_OVERLAYS)
        match = _example(session, tournament_id)
        return OverlaysView(
            head=head_of(session, tournament, actor),
            links=overlay_tokens.list_of(session, tournament_id),
            match=None if match is None else card_of(session, match),
            has_match_point=standings.rules_of(tournament).match_point is not None,
        )


def _example(session: Session, tournament_id: int) -> Match | None:
    """The match that a stream is most likely to show now: one that runs, the next one, else the last."""
    matches = select(Match).where(Match.tournament_id == tournament_id)
    for state in _MOST_TELLING_FIRST:
        order = Match.number.desc() if state == "completed" else Match.number
        match = session.scalar(matches.where(Match.state == state).order_by(order).limit(1))
        if match is not None:
            return match
    return None
