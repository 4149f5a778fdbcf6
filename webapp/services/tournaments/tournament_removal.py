"""Deleting a tournament, which only hides it, and bringing it back."""

from datetime import datetime

from sqlalchemy import select

from webapp.domain.errors import Conflict, NotFound
from webapp.domain.permissions import Action
from webapp.models import Tournament
from webapp.services.ranking import ranking
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction


def delete(tournament_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take a tournament off every page and the API; staff can restore it.

    Raises Conflict while it is played: who plays in it would find nothing any more.
    """
    reason = checked_reason(reason)
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.DELETE_TOURNAMENT, tournament)
        if tournament.status == "live":
            raise Conflict("It is being played. Complete or cancel it first.", code="tournament_live")
        log.record(session, tournament, "tournament_updated", {"changed": ["deleted_at"]}, actor=actor, now=now)
        tournament.deleted_at = now
        audit.record(session, actor, "tournament.deleted", now=now, tournament_id=tournament_id, reason=reason)
        ranking.want_wider_boards(session, tournament, now=now)


def restore(tournament_id: int, *, actor: Actor, now: datetime) -> None:
    """Bring a deleted tournament back as it was. Twice is the same as once. Raises NotFound, Forbidden."""
    with transaction() as session:
        tournament = session.scalar(
            select(Tournament)
            .where(Tournament.id == tournament_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if tournament is None:
            raise NotFound(f"There is no tournament {tournament_id}.", code="tournament_not_found")
        permissions.ensure(session, actor, Action.RESTORE_TOURNAMENT, tournament)
        if tournament.deleted_at is None:
            return
        tournament.deleted_at = None
        log.record(session, tournament, "tournament_updated", {"changed": ["deleted_at"]}, actor=actor, now=now)
        audit.record(session, actor, "tournament.restored", now=now, tournament_id=tournament_id)
        ranking.want_wider_boards(session, tournament, now=now)
