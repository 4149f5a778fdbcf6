"""What somebody has read of what they were told, and when it is forgotten."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, or_, select, update

from webapp.domain.errors import NotFound
from webapp.domain.notifications.kinds import KINDS
from webapp.models import Notification
from webapp.services.notifications import words
from webapp.services.spine.transaction import read_snapshot, transaction

KEPT_DAYS: Final = 90
"""What was read so long ago is deleted; what nobody has read stays."""
_AT_ONCE: Final = 1000


def mark(user_id: int, notification_ids: Collection[int], *, now: datetime) -> int:
    """Mark what is theirs of these as read; returns how many that were. What was read stays read as of then."""
    return _mark(user_id, Notification.id.in_(sorted(notification_ids)), now=now)


def mark_all(
    user_id: int, *, up_to: int, area: str | None = None, tournament_id: int | None = None, now: datetime
) -> int:
    """Mark everything up to the id that they saw as read, of an area and a tournament if given; returns how many."""
    conditions = [Notification.id <= up_to, *of_filter(area, tournament_id)]
    return _mark(user_id, *conditions, now=now)


def open_one(user_id: int, notification_id: int, *, is_read: bool, now: datetime) -> str:
    """The path to what it is about; from then on it counts as read, if `is_read`. Raises NotFound for others' ones.

    Mails lead here too, also those of what their reader does not want to see in the application.
    """
    with read_snapshot() as session:
        row = session.scalar(
            select(Notification).where(Notification.id == notification_id, Notification.user_id == user_id)
        )
        if row is None:
            raise NotFound("There is no such notification of yours.", code="notification_not_found")
        is_new = row.read_at is None
        (told,) = words.of_notifications(session, [row])
    if is_new and is_read:
        mark(user_id, [notification_id], now=now)
    return told.path


def of_filter(area: str | None, tournament_id: int | None) -> list[ColumnElement[bool]]:
    """The conditions for what is of an area and of a tournament."""
    conditions: list[ColumnElement[bool]] = []
    if area is not None:
        conditions.append(Notification.kind.in_([kind.name for kind in KINDS.values() if kind.area == area]))
    if tournament_id is not None:
        conditions.append(Notification.tournament_id == tournament_id)
    return conditions


def forget_old(days: int = KEPT_DAYS, *, now: datetime) -> int:
    """Delete what was read longer ago, and of that age what was never in the list; returns how many.

    A thousand at a time, so that nobody waits long for the database.
    """
    before = now - timedelta(days=days)
    old = select(Notification.id).where(
        or_(Notification.read_at < before, Notification.is_in_app.is_(False) & (Notification.created_at < before))
    )
    count, is_more = 0, True
    while is_more:
        with transaction() as session:
            ids = session.scalars(old.order_by(Notification.id).limit(_AT_ONCE)).all()
            session.execute(delete(Notification).where(Notification.id.in_(ids)))
        count, is_more = count + len(ids), len(ids) == _AT_ONCE
    return count


def _mark(user_id: int, *conditions: ColumnElement[bool], now: datetime) -> int:
    unread = (Notification.user_id == user_id, Notification.read_at.is_(None), Notification.is_in_app)
    with transaction() as session:
        marked = session.execute(
            update(Notification)
            .where(*unread, *conditions)
            .values(read_at=now)
            .execution_options(synchronize_session=False)
        )
        return int(marked.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
