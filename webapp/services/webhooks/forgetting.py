"""What was sent long ago is forgotten: attempts, deliveries, and the bodies that nobody waits for any more."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, exists, select

from webapp.models import WebhookAttempt, WebhookDelivery, WebhookMessage
from webapp.services.spine.transaction import transaction

KEPT: Final = timedelta(days=30)
_A_BATCH: Final = 2_000
"""Rows of a transaction: senders wait for none of them for long."""
_ENDED: Final = ("delivered", "failed", "exhausted")
_BLIND: Final = {"synchronize_session": False}


def forget_old(*, now: datetime) -> int:
    """Delete deliveries older than 30 days with their attempts, and bodies that none needs; how many deliveries.

    What still waits, for an endpoint that is paused, stays.
    """
    before, total = now - KEPT, 0
    while count := _forget_deliveries(before):
        total += count
    while _forget_bodies(before):
        pass
    return total


def _forget_deliveries(before: datetime) -> int:
    old = select(WebhookDelivery.id).where(
        WebhookDelivery.created_at < before, WebhookDelivery.state.in_(_ENDED), WebhookDelivery.lease_token.is_(None)
    )
    with transaction() as session:
        ids = list(session.scalars(old.limit(_A_BATCH).with_for_update(skip_locked=True)))
        session.execute(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(ids)), execution_options=_BLIND)
        session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids)), execution_options=_BLIND)
        return len(ids)


def _forget_bodies(before: datetime) -> int:
    is_needed = exists().where(WebhookDelivery.event_id == WebhookMessage.event_id)
    bodies = select(WebhookMessage.event_id).where(WebhookMessage.created_at < before, ~is_needed)
    with transaction() as session:
        ids = list(session.scalars(bodies.limit(_A_BATCH).with_for_update(skip_locked=True)))
        session.execute(delete(WebhookMessage).where(WebhookMessage.event_id.in_(ids)), execution_options=_BLIND)
        return len(ids)
