"""The bodies of webhooks: made once from an event, then the same bytes for every receiver and at every attempt."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Event, WebhookMessage
from webapp.services.spine.upserts import insert_ignoring_conflicts


def encode(message_id: uuid.UUID, message_type: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The bytes of a message: ids, numbers and states in `data`, never names or addresses."""
    timestamp = at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    message = {"id": str(message_id), "type": message_type, "timestamp": timestamp, "data": dict(data)}
    return orjson.dumps(message, option=orjson.OPT_NON_STR_KEYS)


def of_event(event: Event) -> bytes:
    """The message of a tournament's event: its data, where it stands in the log, and what it is about."""
    about = {
        "tournament_id": event.tournament_id,
        "seq": event.seq,
        "match_id": event.match_id,
        "participant_id": event.registration_id,
        "actor_id": event.actor_id,
    }
    set_ids = {name: value for name, value in about.items() if value is not None}
    return encode(event.id, event.type, event.created_at, {**event.data, **set_ids})


def ensure(session: Session, events: Iterable[Event], *, now: datetime) -> None:
    """Keep the messages of these events, unless they are kept already."""
    rows = [{"event_id": event.id, "body": of_event(event), "created_at": now} for event in events]
    if rows:
        insert_ignoring_conflicts(session, WebhookMessage, rows)


def bodies(session: Session, event_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    """The kept messages by event."""
    rows = session.execute(select(WebhookMessage.event_id, WebhookMessage.body).where(
        WebhookMessage.event_id.in_(event_ids)))  # fmt: skip
    return dict(rows.all())
