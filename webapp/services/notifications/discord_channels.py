"""Where people have their own notifications sent on Discord: one channel each, entered on their page."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from webapp.domain.errors import Conflict, FieldError, LoginRequired, NotFound
from webapp.domain.notifications.discord import DiscordAddressError, trial_body
from webapp.domain.webhooks.offered import TEST
from webapp.models import User, WebhookEndpoint
from webapp.services.accounts import links
from webapp.services.notifications import discord
from webapp.services.notifications.discord import KIND, PERSON, Message
from webapp.services.spine import audit
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import endpoints, sealing
from webapp.services.webhooks.destinations import Destination, destination_of

_PAGE: Final = "/me/notifications/"
_IN_USE: Final = "is in use here already; add another webhook to the channel and enter that"


class OwnChannel(NamedTuple):
    """A person's channel as they see it: never its address, which whoever knows it may write to."""

    endpoint_id: int
    host: str
    hint: str
    """The last characters of the number that names the webhook."""
    created_at: datetime
    disabled_reason: str
    """Why nothing is sent there any more; empty while it is."""
    last_success_at: datetime | None
    last_failure_at: datetime | None


def own(user_id: int) -> OwnChannel | None:
    """The person's channel, if they have entered one."""
    with read_snapshot() as session:
        row = _of(session, user_id)
        return None if row is None else _shown(row)


def enter_own(url: str, *, actor: Actor, now: datetime) -> int:
    """Have the actor's notifications sent to a Discord webhook from now on, in place of the one before; its id.

    The same address again takes up what was disabled, and changes nothing else. Raises DiscordAddressError for what is
    no such webhook, Conflict `discord_in_use` for one that stands here already: what is sent there shares one limit.
    """
    user_id = _person(actor)
    try:
        destination = destination_of(url, KIND)
    except DiscordAddressError as error:
        raise DiscordAddressError(error.message, [FieldError("discord_url", error.fields[0].message)]) from error
    try:
        with transaction() as session:
            return _entered(session, user_id, destination, actor, now)
    except IntegrityError as error:
        # Somebody else was a moment quicker with the same webhook.
        raise _in_use() from error


def remove_own(*, actor: Actor, now: datetime) -> None:
    """Send the actor nothing on Discord any more, and forget the address. Without a channel nothing happens."""
    user_id = _person(actor)
    with transaction() as session:
        row = _of(session, user_id, is_locked=True)
        if row is not None:
            _remove(session, row, actor, now)


def test_own(*, actor: Actor, now: datetime) -> None:
    """Send a message that says that messages arrive. Raises NotFound without a channel, Conflict for one disabled."""
    user_id = _person(actor)
    with transaction() as session:
        row = _of(session, user_id, is_locked=True)
        if row is None:
            raise NotFound("Enter the address of a Discord webhook first.", code="discord_missing")
        endpoints.ensure_sends(row)
        body = trial_body(now, url=links.url_for(_PAGE))
        discord.write(session, [Message(row.id, uuid7(), TEST, body, now, is_manual=True)], now=now)
        audit.record(session, actor, "webhook.tested", now=now, endpoint_id=row.id, kind=KIND)


def _entered(session: Session, user_id: int, destination: Destination, actor: Actor, now: datetime) -> int:
    # Whoever enters two at once waits here for the first of them.
    session.scalar(select(User.id).where(User.id == user_id).with_for_update())
    row = _of(session, user_id, is_locked=True)
    if row is not None and row.address_key == destination.key and sealing.unseal(row.url_sealed) == destination.url:
        _take_up(session, row, actor, now)
        return row.id
    if row is not None:
        _remove(session, row, actor, now)
        session.flush()
    _ensure_free(session, destination.key)
    new = WebhookEndpoint(
        kind=KIND, scope=PERSON, owner_id=user_id, url_sealed=sealing.seal(destination.url), host=destination.host,
        address_key=destination.key, created_at=now,
    )  # fmt: skip
    session.add(new)
    session.flush()
    audit.record(session, actor, "webhook.created", now=now, endpoint_id=new.id, kind=KIND, scope=PERSON)
    return new.id


def _take_up(session: Session, row: WebhookEndpoint, actor: Actor, now: datetime) -> None:
    if row.disabled_at is None:
        return
    row.disabled_at, row.disabled_reason = None, ""
    row.circuit, row.circuit_since, row.failures_in_a_row, row.failing_since = "closed", None, 0, None
    audit.record(session, actor, "webhook.enabled", now=now, endpoint_id=row.id, kind=KIND)


def _remove(session: Session, row: WebhookEndpoint, actor: Actor, now: datetime) -> None:
    endpoints.give_up(session, row, now=now)
    audit.record(session, actor, "webhook.deleted", now=now, endpoint_id=row.id, kind=KIND, scope=PERSON)


def _ensure_free(session: Session, key: str | None) -> None:
    stands = (WebhookEndpoint.address_key == key, WebhookEndpoint.deleted_at.is_(None))
    if session.scalar(select(WebhookEndpoint.id).where(*stands)) is not None:
        raise _in_use()


def _in_use() -> Conflict:
    problem = FieldError("discord_url", _IN_USE)
    return Conflict(f"This Discord webhook {_IN_USE}.", [problem], code="discord_in_use")


def _of(session: Session, user_id: int, *, is_locked: bool = False) -> WebhookEndpoint | None:
    statement = select(WebhookEndpoint).where(
        WebhookEndpoint.owner_id == user_id,
        WebhookEndpoint.scope == PERSON,
        WebhookEndpoint.kind == KIND,
        WebhookEndpoint.deleted_at.is_(None),
    )
    return session.scalar(statement.with_for_update() if is_locked else statement)


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise LoginRequired("Log in to be told on Discord.")
    return actor.user_id


def _shown(row: WebhookEndpoint) -> OwnChannel:
    return OwnChannel(
        row.id, row.host, (row.address_key or "")[-4:], row.created_at, row.disabled_reason, row.last_success_at,
        row.last_failure_at,
    )  # fmt: skip
