"""Computing a board anew by hand, for staff."""

from datetime import datetime

from webapp.domain.permissions import Action
from webapp.services.boards import boards
from webapp.services.ranking import ranking
from webapp.services.ranking.ranking import Computation
from webapp.services.spine import audit, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction


def recompute(tournament_id: int, *, actor: Actor, now: datetime) -> Computation:
    """Compute all standings of a tournament from its results and publish what differs; audited.

    Raises Forbidden to everybody but staff, NotFound.
    """
    with transaction() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.INSPECT_LEADERBOARDS, tournament)
        audit.record(session, actor, "board.recomputed", now=now, tournament_id=tournament_id)
    return ranking.compute_tournament_rankings(tournament_id, now=now)
