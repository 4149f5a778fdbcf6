"""The endpoint that the settings name: a row like any other of the staff, kept equal to them."""

from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import DomainError
from webapp.models import WebhookEndpoint
from webapp.services.spine import audit
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import endpoints, sealing
from webapp.services.webhooks.destinations import Destination, destination_of

log = structlog.get_logger(__name__)


def keep(url: str | None, secret: str, *, now: datetime) -> None:
    """Make, change or end the endpoint of `WEBHOOK_ENDPOINT` and `WEBHOOK_SECRET`; audited where anything differs.

    For a day after a change of the secret the one before signs as well.

    An address that nothing may be sent to is told to the log, and everything stays as it is.
    """
    with read_snapshot() as session:
        if _is_as(_kept(session), url, secret):
            return
    try:
        destination = None if url is None else destination_of(url, "webhook")
    except DomainError as error:
        log.warning("webhook_endpoint_refused", reason=error.code)
        return
    with transaction() as session:
        endpoint = _kept(session, is_locked=True)
        if destination is None:
            if endpoint is not None:
                _end(session, endpoint, now=now)
        elif endpoint is None:
            endpoint = WebhookEndpoint(
                scope=endpoints.OF_SITE,
                is_from_environment=True,
                created_at=now,
                url_sealed=sealing.seal(destination.url),
                host=destination.host,
                secret_sealed=sealing.seal(secret),
            )
            session.add(endpoint)
            session.flush()
            audit.record(session, SYSTEM, "webhook.created", now=now, endpoint_id=endpoint.id, scope=endpoint.scope)
        else:
            _change(session, endpoint, destination, secret, now=now)


def _kept(session: Session, *, is_locked: bool = False) -> WebhookEndpoint | None:
    found = select(WebhookEndpoint).where(WebhookEndpoint.is_from_environment)
    return session.scalar(found.with_for_update() if is_locked else found)


def _is_as(endpoint: WebhookEndpoint | None, url: str | None, secret: str) -> bool:
    if endpoint is None or url is None:
        return endpoint is None and url is None
    return _unsealed(endpoint.url_sealed) == url and _unsealed(endpoint.secret_sealed) == secret


def _change(
    session: Session, endpoint: WebhookEndpoint, destination: Destination, secret: str, *, now: datetime
) -> None:
    url_before, secret_before = _unsealed(endpoint.url_sealed), _unsealed(endpoint.secret_sealed)
    if secret_before is None:
        endpoint.secret_sealed = sealing.seal(secret)
    elif secret_before != secret:
        endpoints.change_secret(endpoint, secret, now=now)
        audit.record(session, SYSTEM, "webhook.secret_rotated", now=now, endpoint_id=endpoint.id)
    if url_before != destination.url:
        endpoint.url_sealed, endpoint.host = sealing.seal(destination.url), destination.host
        endpoints.start_afresh(endpoint, now=now)
    if url_before != destination.url or secret_before is None:
        audit.record(session, SYSTEM, "webhook.edited", now=now, endpoint_id=endpoint.id)


def _unsealed(sealed: str) -> str | None:
    """What was sealed; None where the site's key is another one by now, and it has to be sealed anew."""
    try:
        return sealing.unseal(sealed)
    except sealing.SealBroken:
        return None


def _end(session: Session, endpoint: WebhookEndpoint, *, now: datetime) -> None:
    endpoint.is_from_environment = False
    endpoints.give_up(session, endpoint, now=now)
    audit.record(session, SYSTEM, "webhook.deleted", now=now, endpoint_id=endpoint.id, scope=endpoint.scope)
