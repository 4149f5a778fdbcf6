"""What a use case left in the log, the audit and the outbox, for tests that assert all of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.models import AuditEntry, Event, OutboxItem
from webapp.services.spine.transaction import read_snapshot


@dataclass
class Trail:
    """Filled when the block ends; in the order of writing."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Type and data."""
    rows: list[Event] = field(default_factory=list)
    """The same, whole."""
    audited: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Action and data."""
    wanted: list[tuple[str, str]] = field(default_factory=list)
    """Handler and key of each outbox row that was asked for."""


@contextmanager
def trail() -> Iterator[Trail]:
    with read_snapshot() as session:
        seen = dict(session.execute(_LAST).all())
        audited_before = session.scalar(select(func.max(AuditEntry.id))) or 0
        wanted_before = _wanted(session)
    found = Trail()
    yield found
    with read_snapshot() as session:
        events = session.scalars(select(Event).order_by(Event.tournament_id, Event.seq)).all()
        found.rows = [event for event in events if event.seq > seen.get(event.tournament_id, 0)]
        found.events = [(event.type, event.data) for event in found.rows]
        entries = session.scalars(select(AuditEntry).where(AuditEntry.id > audited_before).order_by(AuditEntry.id))
        found.audited = [(entry.action, entry.data) for entry in entries]
        wanted = _wanted(session)
        found.wanted = sorted(row for row, times in wanted.items() if times > wanted_before.get(row, 0))
        session.expunge_all()


_LAST = select(Event.tournament_id, func.max(Event.seq)).group_by(Event.tournament_id)


def _wanted(session: Session) -> dict[tuple[str, str], int]:
    rows = session.execute(select(OutboxItem.handler, OutboxItem.key, OutboxItem.wanted))
    return {(handler, key): wanted for handler, key, wanted in rows}
