"""Notifications for tests of who reads them: written as routing leaves them, without the events behind."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from webapp.models import Notification
from webapp.services.spine.transaction import transaction

AT: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


def told(user_id: int, kind: str = "announcement", **about: Any) -> int:
    """Tell somebody of something; the notification's id."""
    (notification_id,) = told_many([user_id], kind, **about)
    return notification_id


def told_many(user_ids: Sequence[int], kind: str = "announcement", **about: Any) -> list[int]:
    about = {"data": {}, "is_in_app": True, "created_at": AT} | about
    with transaction() as session:
        rows = [Notification(user_id=user_id, event_id=uuid.uuid4(), kind=kind, **about) for user_id in user_ids]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def minutes(count: float) -> datetime:
    """So long after the day of the tests began."""
    return AT + timedelta(minutes=count)
