"""What people were told of and has been taken back since: nothing is sent of it any more."""

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from webapp.models import Announcement, Event, Notification, UndoableAction

_ANNOUNCEMENT = "announcement"


def what_stands(session: Session, rows: Sequence[Notification]) -> list[Notification]:
    """Those of the notifications, in their order, whose event was neither undone nor withdrawn meanwhile.

    The number of questions to the database is the same for any number of them.
    """
    undone = frozenset(session.scalars(_UNDONE.where(Event.id.in_({row.event_id for row in rows}))))
    told = {row.data["announcement_id"] for row in rows if row.kind == _ANNOUNCEMENT}
    withdrawn = select(Announcement.id).where(Announcement.id.in_(told), Announcement.withdrawn_at.is_not(None))
    gone = frozenset(session.scalars(withdrawn)) if told else frozenset()
    return [
        row
        for row in rows
        if row.event_id not in undone and not (row.kind == _ANNOUNCEMENT and row.data["announcement_id"] in gone)
    ]


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
