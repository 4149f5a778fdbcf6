"""Disputes that nobody has decided in time go to the staff by themselves."""

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select

from webapp.domain.disputes import is_overdue
from webapp.domain.errors import NotFound
from webapp.models import Dispute
from webapp.services.disputes.disputes import escalate_in, locked
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction

_WITH_OFFICIALS: Final = ("open", "under_review")
_REASON: Final = "Nobody decided it in time."

logger = structlog.get_logger(__name__)


def escalate_overdue(*, now: datetime) -> list[int]:
    """Give every dispute that officials have left undecided beyond its deadline to the staff; returns their ids.

    Each goes once, however many ask at the same moment. While a tournament stands still none of its disputes goes.
    """
    with read_snapshot() as session:
        due = session.scalars(
            select(Dispute.id)
            .where(Dispute.state.in_(_WITH_OFFICIALS), Dispute.deadline_at <= now)
            .order_by(Dispute.id)
        ).all()
    given = []
    for dispute_id in due:
        try:
            if _escalated(dispute_id, now):
                given.append(dispute_id)
        except NotFound:
            # Its tournament was deleted.
            continue
        except Exception:
            logger.exception("dispute_not_escalated", dispute_id=dispute_id)
    return given


def _escalated(dispute_id: int, now: datetime) -> bool:
    with transaction() as session:
        found = locked(session, dispute_id, SYSTEM, now)
        dispute = found.dispute
        if dispute.state not in _WITH_OFFICIALS or not is_overdue(dispute.state, dispute.deadline_at, now):
            return False
        if found.case.tournament.paused_at is not None:
            return False
        escalate_in(found, reason=_REASON)
        return True
