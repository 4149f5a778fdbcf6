"""Endpoints and deliveries for tests of what is sent."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select

from webapp.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import addresses, fan_out, messages, policies, sealing

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STARTED_AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: datetime = STARTED_AT) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


def endpoint_at(url: str, *, now: datetime = STARTED_AT, **columns: Any) -> int:
    """An endpoint of this address, of staff unless told otherwise."""
    values: dict[str, Any] = {"scope": "site", "in_flight_limit": 100} | columns
    with transaction() as session:
        endpoint = WebhookEndpoint(
            url_sealed=sealing.seal(url),
            host=urlsplit(url).hostname or "",
            secret_sealed=sealing.seal(SECRET),
            created_at=now,
            **values,
        )
        session.add(endpoint)
        session.flush()
        return endpoint.id


def deliver(*endpoint_ids: int, count: int = 1, now: datetime = STARTED_AT, **data: Any) -> list[uuid.UUID]:
    """So many events for these endpoints; the ids of the events."""
    event_ids = [uuid.uuid4() for _ in range(count)]
    with transaction() as session:
        for number, event_id in enumerate(event_ids, start=1):
            body = messages.encode(event_id, "match_completed", now, {"number": number, **data})
            session.add(WebhookMessage(event_id=event_id, body=body, created_at=now))
            fan_out.add(session, endpoint_ids, event_id=event_id, type="match_completed", now=now)
    return event_ids


def deliveries(endpoint_id: int | None = None) -> list[WebhookDelivery]:
    """The deliveries (of an endpoint), as they stand."""
    with read_snapshot() as session:
        wanted = select(WebhookDelivery).order_by(WebhookDelivery.id)
        if endpoint_id is not None:
            wanted = wanted.where(WebhookDelivery.endpoint_id == endpoint_id)
        found = list(session.scalars(wanted))
        session.expunge_all()
        return found


def states(endpoint_id: int | None = None) -> list[str]:
    return [delivery.state for delivery in deliveries(endpoint_id)]


def attempts(endpoint_id: int) -> list[WebhookAttempt]:
    with read_snapshot() as session:
        found = list(
            session.scalars(
                select(WebhookAttempt).where(WebhookAttempt.endpoint_id == endpoint_id).order_by(WebhookAttempt.id)
            )
        )
        session.expunge_all()
        return found


def attempted(delivery: WebhookDelivery, *, at: datetime | None = None, **columns: Any) -> None:
    """An attempt of a delivery that failed, unless told otherwise, without anything being sent."""
    values: dict[str, Any] = {"is_success": False, "status_code": 500, "duration_ms": 12} | columns
    with transaction() as session:
        session.add(
            WebhookAttempt(
                delivery_id=delivery.id, endpoint_id=delivery.endpoint_id, at=at or delivery.created_at, **values
            )
        )  # fmt: skip


def endpoint(endpoint_id: int) -> WebhookEndpoint:
    """The endpoint, as it stands."""
    with read_snapshot() as session:
        found = session.get_one(WebhookEndpoint, endpoint_id)
        session.expunge(found)
        return found


def change(endpoint_id: int, **columns: Any) -> None:
    with transaction() as session:
        found = session.get_one(WebhookEndpoint, endpoint_id)
        for name, value in columns.items():
            setattr(found, name, value)


@contextmanager
def policy(kind: str = "webhook", **changes: Any) -> Iterator[None]:
    """Another policy for a kind of endpoint while the block runs."""
    before = policies.POLICIES[kind]
    policies.POLICIES[kind] = replace(before, **changes)
    yield
    policies.POLICIES[kind] = before


def allow_private() -> None:
    """Let this process send to this machine; the next application that is made forgets it."""
    addresses.connect(allow_private=True, https_only=False)
