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
            endpoint = WebhookEndpoint(scope=endpoints.OF_SITE, is_from_environment=True, created_at=now)
            _set(endpoint, destination, secret)
            session.add(endpoint)
            session.flush()
            audit.record(session, SYSTEM, "webhook.created", now=now, endpoint_id=endpoint.id, scope=endpoint.scope)
        elif not _is_as(endpoint, destination.url, secret):
            _set(endpoint, destination, secret)
            audit.record(session, SYSTEM, "webhook.edited", now=now, endpoint_id=endpoint.id)


def _kept(session: Session, *, is_locked: bool = False) -> WebhookEndpoint | None:
    found = select(WebhookEndpoint).where(WebhookEndpoint.is_from_environment)
    return session.scalar(found.with_for_update() if is_locked else found)


def _is_as(endpoint: WebhookEndpoint | None, url: str | None, secret: str) -> bool:
    if endpoint is None or url is None:
        return endpoint is None and url is None
    try:
        return sealing.unseal(endpoint.url_sealed) == url and sealing.unseal(endpoint.secret_sealed) == secret
    except sealing.SealBroken:
        # The site's key is another one: what it sealed is sealed anew.
        return False


def _set(endpoint: WebhookEndpoint, destination: Destination, secret: str) -> None:
    endpoint.url_sealed, endpoint.host = sealing.seal(destination.url), destination.host
    endpoint.secret_sealed = sealing.seal(secret)


def _end(session: Session, endpoint: WebhookEndpoint, *, now: datetime) -> None:
    endpoint.is_from_environment = False
    endpoints.give_up(session, endpoint, now=now)
    audit.record(session, SYSTEM, "webhook.deleted", now=now, endpoint_id=endpoint.id, scope=endpoint.scope)
