"""Deliveries that somebody asks for: a test, one of them once more, all that have failed since a time."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from webapp.domain.errors import Conflict, NotFound
from webapp.domain.notifications import discord
from webapp.domain.webhooks.offered import TEST
from webapp.models import WebhookDelivery, WebhookEndpoint
from webapp.services.operations import flags
from webapp.services.spine import audit, outbox
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction
from webapp.services.webhooks import endpoints, fan_out, messages
from webapp.services.webhooks.policies import POLICIES

ENDED: Final = ("failed", "exhausted")
"""States of what has not arrived and is not tried again by itself."""
AGAIN: Final[dict[str, Any]] = {
    "state": "pending", "is_manual": True, "attempts": 0, "lease_token": None, "lease_until": None,
    "delivered_at": None,
}  # fmt: skip
"""What a delivery is when it begins anew; its event keeps its id, so that receivers know it."""


def send_test(endpoint_id: int, *, actor: Actor, now: datetime) -> int:
    """Send a message that says nothing, to see how the receiver takes it; returns the delivery's id. Audited.

    Raises NotFound, and Conflict while nothing is sent there.
    """
    event_id = uuid7()
    with transaction() as session:
        endpoint = endpoints.own(session, endpoint_id, actor)
        endpoints.ensure_sends(endpoint)
        _ensure_on(endpoint.kind)
        body = (
            discord.trial_body(now)
            if endpoint.kind == "discord"
            else messages.encode(event_id, TEST, now, {"endpoint_id": endpoint.id})
        )
        fan_out.add(session, [endpoint.id], event_id=event_id, type=TEST, now=now, body=body, is_manual=True)
        found = select(WebhookDelivery.id).where(
            WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.event_id == event_id
        )
        delivery_id = session.scalars(found).one()
        audit.record(session, actor, "webhook.tested", now=now, endpoint_id=endpoint.id, delivery_id=delivery_id)
        return delivery_id


def redeliver(endpoint_id: int, delivery_id: int, *, actor: Actor, now: datetime) -> None:
    """Send one once more, whatever became of it: a new round of attempts of the same event. Audited.

    One that waits for its next attempt is tried at once. Raises NotFound, and Conflict while nothing is sent there or
    the public may not know of the event yet.
    """
    with transaction() as session:
        endpoint = endpoints.own(session, endpoint_id, actor)
        delivery = session.get(WebhookDelivery, delivery_id, with_for_update=True, populate_existing=True)
        if delivery is None or delivery.endpoint_id != endpoint.id:
            raise NotFound(f"This webhook has no delivery {delivery_id}.", code="delivery_not_found")
        endpoints.ensure_sends(endpoint)
        if delivery.state == "held":
            raise Conflict("The board is frozen: this is sent when it is shown again.", code="delivery_held")
        if delivery.lease_until is not None and delivery.lease_until > now:
            raise Conflict("It is being sent at this moment.", code="delivery_under_way")
        audit.record(
            session, actor, "webhook.redelivered", now=now, endpoint_id=endpoint.id, delivery_id=delivery.id,
            before=delivery.state,
        )  # fmt: skip
        for name, value in AGAIN.items():
            setattr(delivery, name, value)
        delivery.next_at = now
        outbox.want(session, "webhooks", outbox.EVERYTHING, now=now)


def redeliver_failed(endpoint_id: int, *, since: datetime, actor: Actor, now: datetime) -> int:
    """Send everything once more that was meant for it since then and has not arrived; returns how many. Audited."""
    with transaction() as session:
        endpoint = endpoints.own(session, endpoint_id, actor)
        endpoints.ensure_sends(endpoint)
        count = begin_failed(session, endpoint, since=since, now=now)
        audit.record(
            session, actor, "webhook.failed_redelivered", now=now, endpoint_id=endpoint.id, since=since.isoformat(),
            count=count,
        )  # fmt: skip
        return count


def begin_failed(session: Session, endpoint: WebhookEndpoint, *, since: datetime, now: datetime) -> int:
    """Begin what has failed since then anew, in the caller's transaction."""
    failed = (
        WebhookDelivery.endpoint_id == endpoint.id,
        WebhookDelivery.state.in_(ENDED),
        WebhookDelivery.created_at >= since,
    )
    result: Any = session.execute(
        update(WebhookDelivery)
        .where(*failed)
        .values(next_at=now, **AGAIN)
        .execution_options(synchronize_session=False, preserve_rowcount=True)
    )
    if result.rowcount:
        outbox.want(session, "webhooks", outbox.EVERYTHING, now=now)
    return int(result.rowcount)


def _ensure_on(kind: str) -> None:
    if not flags.is_on(POLICIES[kind].flag):
        raise Conflict("Sending is switched off on this site at the moment.", code="sending_off")
