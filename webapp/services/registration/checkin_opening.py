"""The moment at which check-in opens, as an event: once a moment, so that who is registered can be told."""

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.models import Event, Tournament
from webapp.services.registration import checkins
from webapp.services.spine import log
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction

_BEFORE_START: Final = ("registration_open", "registration_closed")

logger = structlog.get_logger(__name__)


def open_due(*, now: datetime) -> list[int]:
    """Say of every tournament whose check-in has opened that it has; returns those of which it was not said before.

    Each is told once, however many ask at the same moment; where the opening is moved to a later time, once more then.
    """
    with read_snapshot() as session:
        asking = select(Tournament).where(
            Tournament.has_checkin, Tournament.status.in_(_BEFORE_START), Tournament.deleted_at.is_(None)
        )
        due = [one.id for one in session.scalars(asking.order_by(Tournament.id)) if _is_due(session, one, now)]
    opened = []
    for tournament_id in due:
        try:
            with transaction() as session:
                tournament = log.lock_tournament(session, tournament_id)
                if not _is_due(session, tournament, now):
                    continue
                data = {"status": "open"}
                log.record(session, tournament, "checkin_open", data, actor=SYSTEM, now=now)
        except NotFound:
            continue
        except Exception:
            logger.exception("checkin_not_opened", tournament_id=tournament_id)
            continue
        opened.append(tournament_id)
    return opened


def _is_due(session: Session, tournament: Tournament, now: datetime) -> bool:
    window = checkins.window_of_tournament(tournament)
    is_asked = tournament.has_checkin and tournament.reseeded_seq is None
    if not is_asked or window.opens_at is None or not window.is_open(now):
        return False
    said_at = session.scalar(
        select(func.max(Event.created_at)).where(
            Event.tournament_id == tournament.id, Event.type == "checkin_open"
        )
    )  # fmt: skip
    return said_at is None or said_at < window.opens_at
