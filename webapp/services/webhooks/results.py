"""What came of attempts, written down in batches: the deliveries, how their endpoints fare, and who is told of it."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.domain.webhooks import schedule
from webapp.domain.webhooks.statuses import Meaning
from webapp.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from webapp.services.spine.bulk import insert_rows
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import transaction
from webapp.services.webhooks import counts, health
from webapp.services.webhooks.claims import Claim
from webapp.services.webhooks.counts import Sent
from webapp.services.webhooks.outcomes import Outcome
from webapp.services.webhooks.policies import POLICIES

FINAL: Final = frozenset({Meaning.PERMANENT, Meaning.DISABLE})
_DICE: Final = random.SystemRandom()


def write(outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Write down what came of these attempts.

    A success ends a delivery, whoever holds it by now. What has failed is put off or given up by whoever still holds
    the lease; of one that went to another sender only the attempt is kept.
    """
    if not outcomes:
        return
    with transaction() as session:
        endpoints = _locked_endpoints(session, {outcome.claim.endpoint_id for outcome in outcomes})
        deliveries = _locked_deliveries(session, {outcome.claim.delivery_id for outcome in outcomes})
        # One that was forgotten or given up meanwhile has no record to add to.
        known = [_attempt(outcome) for outcome in outcomes if outcome.claim.delivery_id in deliveries]
        insert_rows(session, WebhookAttempt, known)
        by_endpoint = defaultdict[int, list[Outcome]](list)
        for outcome in outcomes:
            by_endpoint[outcome.claim.endpoint_id].append(outcome)
        for endpoint_id, its in sorted(by_endpoint.items()):
            health.note(session, endpoints[endpoint_id], its, now=now)
        sent = [
            _settle(deliveries.get(outcome.claim.delivery_id), outcome, endpoints[outcome.claim.endpoint_id], now)
            for outcome in outcomes
        ]
        crashpoint("before_delivery_mark")
    crashpoint("after_delivery_mark")
    counts.count(sent)


def release(claims: Iterable[Claim], *, now: datetime) -> None:
    """Give back what was claimed and not sent to its end, so that another sender takes it at once."""
    ids_of = defaultdict[str, list[int]](list)
    for claim in claims:
        ids_of[claim.token].append(claim.delivery_id)
    if not ids_of:
        return
    with transaction() as session:
        for token, ids in ids_of.items():
            session.execute(
                update(WebhookDelivery)
                .where(WebhookDelivery.id.in_(ids), WebhookDelivery.lease_token == token)
                .values(lease_token=None, lease_until=None, next_at=now)
                .execution_options(synchronize_session=False)
            )


def _locked_endpoints(session: Session, ids: Iterable[int]) -> Mapping[int, WebhookEndpoint]:
    rows = select(WebhookEndpoint).where(WebhookEndpoint.id.in_(ids)).order_by(WebhookEndpoint.id)
    locked = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
    return {endpoint.id: endpoint for endpoint in session.scalars(locked)}


def _locked_deliveries(session: Session, ids: Iterable[int]) -> Mapping[int, WebhookDelivery]:
    rows = select(WebhookDelivery).where(WebhookDelivery.id.in_(ids)).order_by(WebhookDelivery.id)
    locked = rows.with_for_update().execution_options(populate_existing=True)
    return {delivery.id: delivery for delivery in session.scalars(locked)}


def _attempt(outcome: Outcome) -> dict[str, Any]:
    claim, answer = outcome.claim, outcome.answer
    return {
        "delivery_id": claim.delivery_id,
        "endpoint_id": claim.endpoint_id,
        "at": outcome.at,
        "is_manual": claim.is_manual,
        "is_success": outcome.meaning is Meaning.SUCCESS,
        "status_code": answer.status,
        "duration_ms": answer.duration_ms,
        "error": answer.error,
        "headers": dict(outcome.headers),
        "answer": answer.body or None,
    }


def _settle(delivery: WebhookDelivery | None, outcome: Outcome, endpoint: WebhookEndpoint, now: datetime) -> Sent:
    claim, meaning = outcome.claim, outcome.meaning
    is_ours = delivery is not None and delivery.state == "pending" and delivery.lease_token == claim.token
    if delivery is not None and meaning is Meaning.SUCCESS and delivery.state != "delivered":
        delivery.state, delivery.delivered_at = "delivered", now
        _count_and_free(delivery)
    elif delivery is not None and is_ours:
        _count_and_free(delivery)
        delivery.state, delivery.next_at = _after_failure(delivery, outcome, endpoint, now)
    said = "delivered" if meaning is Meaning.SUCCESS else "retried"
    state = said if delivery is None or delivery.state == "pending" else delivery.state
    return Sent(claim.type, state, outcome.answer.duration_ms / 1000, claim.attempts + 1)


def _count_and_free(delivery: WebhookDelivery) -> None:
    delivery.attempts += 1
    delivery.lease_token = delivery.lease_until = None


def _after_failure(
    delivery: WebhookDelivery, outcome: Outcome, endpoint: WebhookEndpoint, now: datetime
) -> tuple[str, datetime]:
    """The state, and when it is due."""
    if outcome.meaning in FINAL:
        return "failed", now
    if endpoint.disabled_at is not None or endpoint.deleted_at is not None:
        return "exhausted", now
    delays = POLICIES[endpoint.kind].delays()
    next_at = schedule.next_attempt_at(
        delivery.attempts, delays, now=now, chance=_DICE.random(), wait_s=outcome.pause_s(now)
    )
    return ("exhausted", now) if next_at is None else ("pending", next_at)
