"""How sending does, in numbers: for the staff's API, ids alone."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.permissions import Action
from webapp.domain.webhooks import redaction
from webapp.domain.webhooks.breaker import OPEN_FOR
from webapp.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

STATES: Final = ("pending", "held", "delivered", "failed", "exhausted")
CIRCUITS: Final = ("closed", "open", "half_open")
COUNTED_FOR: Final = timedelta(hours=24)
_MEASURED_AT_MOST: Final = 10_000
"""Of attempts within a day the newest so many, for percentiles."""


class DeliveryFilter(NamedTuple):
    """Which deliveries are wanted; None for all."""

    state: str | None = None
    endpoint_id: int | None = None
    circuit: str | None = None


def list_deliveries(
    wanted: DeliveryFilter, *, limit: int, offset: int, actor: Actor
) -> tuple[int, list[dict[str, Any]]]:
    """How many there are, and records of some, the newest first."""
    permissions.ensure_on_site(actor, Action.MANAGE_SITE_WEBHOOKS)
    with read_snapshot() as session:
        chosen = select(WebhookDelivery).where(*_conditions(wanted))
        count = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        newest = chosen.order_by(WebhookDelivery.id.desc()).offset(offset).limit(limit)
        return count, _records(session, session.scalars(newest).all())


def find_delivery(delivery_id: int, *, actor: Actor) -> dict[str, Any]:
    """The record of one delivery, its attempts with what was sent and what came back. Raises NotFound."""
    permissions.ensure_on_site(actor, Action.MANAGE_SITE_WEBHOOKS)
    with read_snapshot() as session:
        delivery = session.get(WebhookDelivery, delivery_id)
        if delivery is None:
            raise NotFound(f"There is no delivery {delivery_id}.", code="delivery_not_found")
        record = _records(session, [delivery])[0]
        kept = session.scalars(_attempts_of([delivery.id]))
        # What a stranger's server has answered may hold anything: it is for the pages alone.
        record["attempts"] = [
            _attempt(attempt)
            | {
                "is_manual": attempt.is_manual,
                "headers": redaction.redacted_headers(attempt.headers),
                "answer_bytes": len(attempt.answer or b""),
            }
            for attempt in kept
        ]
        return record


def totals(*, actor: Actor, now: datetime) -> dict[str, Any]:
    """Of the last 24 hours: deliveries by state, attempts by what came of them, how long they took."""
    permissions.ensure_on_site(actor, Action.MANAGE_SITE_WEBHOOKS)
    since = now - COUNTED_FOR
    with read_snapshot() as session:
        counted = session.execute(
            select(WebhookDelivery.state, func.count())
            .where(WebhookDelivery.created_at >= since)
            .group_by(WebhookDelivery.state)
        )
        by_state: dict[str, int] = {row[0]: row[1] for row in counted}
        waiting = session.scalar(select(func.count()).where(WebhookDelivery.state == "pending")) or 0
        successes = func.sum(case((WebhookAttempt.is_success, 1), else_=0))
        tried, succeeded = session.execute(
            select(func.count(), successes).select_from(WebhookAttempt).where(WebhookAttempt.at >= since)
        ).one()
        newest = select(WebhookAttempt.duration_ms).where(WebhookAttempt.at >= since)
        durations = sorted(session.scalars(newest.order_by(WebhookAttempt.id.desc()).limit(_MEASURED_AT_MOST)))
    ended = sum(by_state.get(state, 0) for state in ("delivered", "failed", "exhausted"))
    return {
        "since": since,
        "deliveries": {state: by_state.get(state, 0) for state in STATES},
        "waiting": waiting,
        "success_ratio": by_state.get("delivered", 0) / ended if ended else None,
        "attempts": tried,
        "attempts_failed": tried - int(succeeded or 0),
        "p50_ms": _percentile(durations, 50),
        "p95_ms": _percentile(durations, 95),
    }


def circuits(*, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """How each endpoint fares, in the order of their ids."""
    permissions.ensure_on_site(actor, Action.MANAGE_SITE_WEBHOOKS)
    with read_snapshot() as session:
        stands = select(WebhookEndpoint).where(WebhookEndpoint.deleted_at.is_(None)).order_by(WebhookEndpoint.id)
        return [
            {
                "endpoint_id": endpoint.id,
                "kind": endpoint.kind,
                "circuit": endpoint.circuit,
                "since": endpoint.circuit_since,
                "next_probe_at": circuit_ends_at(endpoint),
                "failures_in_a_row": endpoint.failures_in_a_row,
                "failing_since": endpoint.failing_since,
                "opened_today": opened_today(endpoint, now),
                "throttled_until": endpoint.throttled_until,
                "paused_at": endpoint.paused_at,
                "disabled_at": endpoint.disabled_at,
                "disabled_reason": endpoint.disabled_reason or None,
                "last_success_at": endpoint.last_success_at,
                "last_failure_at": endpoint.last_failure_at,
            }
            for endpoint in session.scalars(stands)
        ]


def circuit_ends_at(endpoint: WebhookEndpoint) -> datetime | None:
    """When an open circuit lets one probe through."""
    is_open = endpoint.circuit == "open" and endpoint.circuit_since is not None
    return endpoint.circuit_since + OPEN_FOR if is_open and endpoint.circuit_since is not None else None


def opened_today(endpoint: WebhookEndpoint, now: datetime) -> int:
    """How often its circuit has opened within 24 hours."""
    since = now.astimezone(UTC) - COUNTED_FOR
    return sum(datetime.fromisoformat(at) >= since for at in endpoint.openings)


def _conditions(wanted: DeliveryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        conditions.append(WebhookDelivery.state == wanted.state)
    if wanted.endpoint_id is not None:
        conditions.append(WebhookDelivery.endpoint_id == wanted.endpoint_id)
    if wanted.circuit is not None:
        of_state = select(WebhookEndpoint.id).where(WebhookEndpoint.circuit == wanted.circuit)
        conditions.append(WebhookDelivery.endpoint_id.in_(of_state))
    return conditions


def _records(session: Session, found: Sequence[WebhookDelivery]) -> list[dict[str, Any]]:
    attempts: dict[int, list[dict[str, Any]]] = {delivery.id: [] for delivery in found}
    for attempt in session.scalars(_attempts_of(attempts)):
        attempts[attempt.delivery_id].append(_attempt(attempt))
    return [
        {
            "id": delivery.id,
            "event_id": delivery.event_id,
            "type": delivery.type,
            "endpoint_id": delivery.endpoint_id,
            "tournament_id": delivery.tournament_id,
            "seq": delivery.seq,
            "state": delivery.state,
            "is_manual": delivery.is_manual,
            "created_at": delivery.created_at,
            "next_at": delivery.next_at if delivery.state == "pending" else None,
            "delivered_at": delivery.delivered_at,
            "attempts": attempts[delivery.id],
        }
        for delivery in found
    ]


def _attempts_of(ids: Collection[int]) -> Any:
    return select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(ids)).order_by(WebhookAttempt.id)


def _attempt(attempt: WebhookAttempt) -> dict[str, Any]:
    return {
        "at": attempt.at,
        "status_code": attempt.status_code,
        "duration_ms": attempt.duration_ms,
        "error": attempt.error or None,
    }


def _percentile(durations: Sequence[int], share: int) -> int | None:
    return durations[min(len(durations) - 1, len(durations) * share // 100)] if durations else None
