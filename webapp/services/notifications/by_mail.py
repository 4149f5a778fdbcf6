"""The channel of mails: whom mail reaches, and what people are told as rows of the queue that `mails` sends."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Mail, NotificationSettings, User
from webapp.services.notifications import mail_queue, written
from webapp.services.notifications.written import Written
from webapp.services.operations import flags
from webapp.services.spine import outbox


def reached(session: Session, user_ids: Collection[int]) -> Collection[int]:
    """Who has an address that is known to be theirs and that mail reaches; nobody while no mail is sent."""
    if not flags.is_on(mail_queue.FLAG):
        return ()
    found = (
        select(User.id)
        .outerjoin(NotificationSettings, NotificationSettings.user_id == User.id)
        .where(
            User.id.in_(user_ids), User.email_verified_at.is_not(None), NotificationSettings.email_stopped_at.is_(None)
        )
    )
    return frozenset(session.scalars(found))


def of_notifications(session: Session, told: Sequence[Written], *, now: datetime) -> int:
    """Write down the mails of these notifications, which have none yet, and ask for a run; returns how many."""
    written.insert(session, Mail, [_row(each, now) for each in told])
    if any(each.not_before <= now for each in told):
        outbox.want(session, "mails", outbox.EVERYTHING, now=now)
    return len(told)


def _row(each: Written, now: datetime) -> dict[str, Any]:
    return {
        "user_id": each.user_id,
        "notification_id": each.notification_id,
        "kind": each.kind,
        "next_at": each.not_before,
        "created_at": now,
    }
