"""How an endpoint fares: its circuit, how much it gets at a time, when it is given up, what its owner hears."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from webapp.domain.webhooks import breaker, bucket
from webapp.domain.webhooks.breaker import Circuit, Window
from webapp.domain.webhooks.statuses import Meaning
from webapp.models import User, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from webapp.services.notifications import telling
from webapp.services.spine import audit
from webapp.services.spine.actors import SYSTEM
from webapp.services.webhooks.claims import IS_PENDING, breaker_of, keep_breaker
from webapp.services.webhooks.outcomes import Outcome
from webapp.services.webhooks.policies import POLICIES

FAILING: Final = "failing"
TOLD_EVERY: Final = timedelta(days=1)

log = structlog.get_logger(__name__)


def note(session: Session, endpoint: WebhookEndpoint, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Take in what came of attempts at this locked endpoint; they stand in the table already."""
    window: Window | None = None
    for outcome in outcomes:
        pause_s = outcome.pause_s(now)
        if pause_s is not None:
            until = now + timedelta(seconds=pause_s)
            endpoint.throttled_until = max(endpoint.throttled_until or until, until)
        if outcome.meaning is Meaning.SUCCESS:
            _succeeded(endpoint, outcome, now)
            continue
        if outcome.meaning is Meaning.THROTTLE and not outcome.claim.is_probe:
            # It lives, and wants fewer at a time.
            endpoint.in_flight_limit = bucket.in_flight_after_failure(endpoint.in_flight_limit)
            continue
        window = window or _window(session, endpoint, now)
        _failed(session, endpoint, outcome, window, now)


def _succeeded(endpoint: WebhookEndpoint, outcome: Outcome, now: datetime) -> None:
    keep_breaker(endpoint, breaker.after_success(breaker_of(endpoint), is_probe=outcome.claim.is_probe, now=now))
    endpoint.last_success_at, endpoint.failing_since = now, None
    endpoint.in_flight_limit = bucket.in_flight_after_success(
        endpoint.in_flight_limit, was_full=outcome.claim.was_full, most=POLICIES[endpoint.kind].most_in_flight
    )


def _failed(session: Session, endpoint: WebhookEndpoint, outcome: Outcome, window: Window, now: datetime) -> None:
    before = breaker_of(endpoint)
    after = breaker.after_failure(before, window, is_probe=outcome.claim.is_probe, now=now)
    keep_breaker(endpoint, after)
    is_hopeless = breaker.is_hopeless(endpoint.failing_since, endpoint.last_failure_at, now)
    # From when it was made, and not from when it was written down: its own attempt is to count among those since then.
    endpoint.failing_since = min(endpoint.failing_since or outcome.at, outcome.at)
    endpoint.last_failure_at = now
    endpoint.in_flight_limit = bucket.in_flight_after_failure(endpoint.in_flight_limit)
    if outcome.meaning is Meaning.DISABLE or is_hopeless:
        reason = POLICIES[endpoint.kind].disabled_reason if outcome.meaning is Meaning.DISABLE else FAILING
        disable(session, endpoint, reason, now=now)
    elif after.circuit is Circuit.OPEN and before.circuit is not Circuit.OPEN:
        log.warning("webhook_circuit_opened", endpoint_id=endpoint.id, count=len(after.openings))
        if after.fails_over_and_over:
            _tell_of_circuit(session, endpoint, now)


def _window(session: Session, endpoint: WebhookEndpoint, now: datetime) -> Window:
    """The last minutes of an endpoint; what it asked to have later is no failure."""
    failed = WebhookAttempt.is_success.is_(False)
    attempts, failures = session.execute(
        select(func.count(), func.count().filter(failed)).where(
            WebhookAttempt.endpoint_id == endpoint.id,
            WebhookAttempt.at >= breaker.window_start(breaker_of(endpoint), now),
            or_(WebhookAttempt.status_code.is_(None), WebhookAttempt.status_code != 429),
        )
    ).one()
    return Window(attempts, failures)


def disable(session: Session, endpoint: WebhookEndpoint, reason: str, *, now: datetime) -> None:
    """Send nothing more there, keep what waits for a replay, and tell the owner; once."""
    if endpoint.disabled_at is not None or endpoint.deleted_at is not None:
        return
    endpoint.disabled_at, endpoint.disabled_reason = now, reason
    endpoint.missed_since = _missed_since(session, endpoint, now)
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint.id, IS_PENDING, WebhookDelivery.lease_token.is_(None))
        .values(state="exhausted")
        .execution_options(synchronize_session=False)
    )
    log.warning("webhook_disabled", endpoint_id=endpoint.id, reason_code=reason)
    _tell(session, endpoint, "webhook_disabled", {"endpoint_id": endpoint.id, "reason": reason}, now)
    # After the people: who changes accounts locks those first and the audit's end last.
    audit.record(session, SYSTEM, "webhook.disabled", now=now, endpoint_id=endpoint.id, reason=reason)


def _missed_since(session: Session, endpoint: WebhookEndpoint, now: datetime) -> datetime:
    """When the first delivery was meant for it of those that wait, are on their way, or ended in failure since then."""
    failing_since = endpoint.failing_since or now
    waits = select(func.min(WebhookDelivery.created_at)).where(WebhookDelivery.endpoint_id == endpoint.id, IS_PENDING)
    failed = (
        select(func.min(WebhookDelivery.created_at))
        .join(WebhookAttempt, WebhookAttempt.delivery_id == WebhookDelivery.id)
        .where(
            WebhookAttempt.endpoint_id == endpoint.id,
            WebhookAttempt.at >= failing_since,
            WebhookAttempt.is_success.is_(False),
            WebhookDelivery.state.in_(("failed", "exhausted")),
        )
    )
    first = (session.scalar(waits), session.scalar(failed), failing_since, now)
    return min(at for at in first if at is not None)


def _tell_of_circuit(session: Session, endpoint: WebhookEndpoint, now: datetime) -> None:
    if endpoint.told_at is not None and endpoint.told_at > now - TOLD_EVERY:
        return
    endpoint.told_at = now
    _tell(session, endpoint, "webhook_circuit_opened", {"endpoint_id": endpoint.id}, now)


def _tell(session: Session, endpoint: WebhookEndpoint, kind: str, data: dict[str, object], now: datetime) -> None:
    staff = select(User.id).where(User.role == "admin")
    # An endpoint of the settings is nobody's in person, and so everybody's of the staff.
    owners = session.scalars(staff).all() if endpoint.owner_id is None else [endpoint.owner_id]
    event_id = uuid.uuid5(telling.NAMESPACE, f"{kind}:{endpoint.id}:{now.isoformat()}")
    telling.tell(session, kind, owners, event_id=event_id, now=now, data=data)
