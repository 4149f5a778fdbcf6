"""What people were told of and has been taken back since: nothing is sent of it any more."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from webapp.models import Announcement, Event, Notification, UndoableAction

_ANNOUNCEMENT = "announcement"


def what_stands(session: Session, rows: Sequence[Notification]) -> list[Notification]:
    """Those of the notifications, in their order, whose event was neither undone nor withdrawn meanwhile.

    The number of questions to the database is the same for any number of them.
    """
    gone = taken_back(session, {row.event_id for row in rows})
    return [row for row in rows if row.event_id not in gone]


def taken_back(session: Session, event_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of the events that were undone, or whose announcement was withdrawn; ids of no event are passed over."""
    undone = session.scalars(_UNDONE.where(Event.id.in_(event_ids)))
    announced = select(Event.id, Event.data).where(Event.id.in_(event_ids), Event.type == _ANNOUNCEMENT)
    by_announcement = {data["announcement_id"]: event_id for event_id, data in session.execute(announced)}
    withdrawn = select(Announcement.id).where(
        Announcement.id.in_(by_announcement), Announcement.withdrawn_at.is_not(None)
    )
    gone = session.scalars(withdrawn) if by_announcement else ()
    return frozenset(undone) | {by_announcement[announcement_id] for announcement_id in gone}


_UNDONE = select(Event.id).join(
    UndoableAction,
    and_(
        UndoableAction.tournament_id == Event.tournament_id,
        # All events of one action have its instant, and none is behind its last.
        UndoableAction.created_at == Event.created_at,
        UndoableAction.seq >= Event.seq,
        UndoableAction.undone_at.is_not(None),
    ),
)
