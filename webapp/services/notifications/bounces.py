"""Addresses that do not exist: nothing more is written to them, and their owners hear of it on the site."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.services.notifications import telling
from webapp.services.notifications.preferences import settings_in


def stop(session: Session, user_id: int, *, mail_id: int, now: datetime) -> bool:
    """Write no more to the person's address, which a server does not know, and tell them; once until they resume it.

    `mail_id`: the mail that came back. Returns whether it was written to until now.
    """
    settings = settings_in(session, user_id, now=now)
    if settings.email_stopped_at is not None:
        return False
    settings.email_stopped_at = settings.updated_at = now
    session.flush()
    event_id = uuid.uuid5(telling.NAMESPACE, f"email-stopped:{user_id}:{mail_id}")
    telling.tell(session, "email_stopped", [user_id], event_id=event_id, now=now)
    return True
