"""The emergency stop: everything that the day does by itself stands still until an official lets it go on."""

from datetime import datetime

from sqlalchemy import select

from webapp.domain.errors import Conflict
from webapp.domain.permissions import Action
from webapp.models import ResultSubmission, Tournament
from webapp.services.matches.reports import PENDING
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction


def stop(tournament_id: int, *, reason: str, actor: Actor, now: datetime) -> bool:
    """Stop everything: no match begins, no side reports or answers, nothing is announced. False when it stands already.

    Officials may go on entering results. Raises ResultError for a reason of another length, Conflict for a tournament
    that is not live.
    """
    reason = checked_reason(reason)
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.STOP_EVERYTHING, tournament)
        if tournament.paused_at is not None:
            return False
        if tournament.status != "live":
            raise Conflict(f"Tournament {tournament_id} is {tournament.status}; nothing runs that could be stopped.",
                           code="tournament_not_live")  # fmt: skip
        tournament.paused_at = now
        log.record(session, tournament, "tournament_updated", {"changed": ["paused_at"]}, actor=actor, now=now)
        audit.record(session, actor, "tournament.stopped", now=now, tournament_id=tournament_id, reason=reason)
        return True


def resume(tournament_id: int, *, actor: Actor, now: datetime) -> bool:
    """Let everything go on; the time to answer a report did not run meanwhile. False when nothing stands."""
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.STOP_EVERYTHING, tournament)
        if tournament.paused_at is None:
            return False
        stopped_at, tournament.paused_at = tournament.paused_at, None
        waiting = select(ResultSubmission).where(
            ResultSubmission.tournament_id == tournament_id, ResultSubmission.state == PENDING,
            ResultSubmission.overdue_at.is_(None),
        )  # fmt: skip
        for report in session.scalars(waiting):
            report.answer_due_at = report.answer_due_at + (now - max(stopped_at, report.created_at))
        log.record(session, tournament, "tournament_updated", {"changed": ["paused_at"]}, actor=actor, now=now)
        audit.record(
            session, actor, "tournament.resumed", now=now, tournament_id=tournament_id,
            stopped_at=stopped_at.isoformat(),
        )  # fmt: skip
        return True


def ensure_not_paused(tournament: Tournament) -> None:
    """Raises Conflict while everything stands still."""
    if tournament.paused_at is not None:
        raise Conflict(
            "The tournament is stopped for the moment; it goes on when an official lets it.", code="tournament_paused"
        )
