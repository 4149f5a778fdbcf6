"""Notices what has come due by itself: a mail after quiet hours, a retry, what a flag that is on again lets out."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import OutboxItem
from webapp.services.notifications import mail_queue
from webapp.services.operations import flags
from webapp.services.spine import outbox
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import claims

_MAILS: Final = "mails"
_WEBHOOKS: Final = "webhooks"


def ring(*, now: datetime) -> list[str]:
    """Ask for a run of each sender that has something due and was not asked yet; returns which those were.

    A look that takes no lock while nothing is due. What is switched off is not looked at, and waits.
    """
    with read_snapshot() as session:
        wanted = [handler for handler in _with_work(session, now) if not _is_asked(session, handler)]
    if wanted:
        with transaction() as session:
            for handler in wanted:
                outbox.want(session, handler, outbox.EVERYTHING, now=now)
    return wanted


def _with_work(session: Session, now: datetime) -> list[str]:
    found = []
    if flags.is_on(mail_queue.FLAG) and mail_queue.has_due(session, now=now):
        found.append(_MAILS)
    if claims.has_due(session, now=now):
        found.append(_WEBHOOKS)
    return found


def _is_asked(session: Session, handler: str) -> bool:
    is_unserved = (OutboxItem.handler == handler) & (OutboxItem.wanted > OutboxItem.done)
    return session.scalar(select(OutboxItem.id).where(is_unserved).limit(1)) is not None
