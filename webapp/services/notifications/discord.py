"""What people have chosen to be told on Discord, as messages for the one queue that webhooks and Discord share."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from webapp.domain.notifications import discord
from webapp.domain.notifications.discord import Embed
from webapp.models import Notification, NotificationSettings, WebhookDelivery, WebhookEndpoint
from webapp.services.accounts import links
from webapp.services.notifications import words
from webapp.services.notifications.words import Words
from webapp.services.operations import flags
from webapp.services.spine import outbox
from webapp.services.spine.upserts import insert_ignoring_conflicts

FLAG: Final = "NOTIFICATIONS_DISCORD_ENABLED"
KIND: Final = "discord"
PERSON: Final = "person"
_ROWS_A_STATEMENT: Final = 500


class Told(Protocol):
    """Somebody who is to hear of something by Discord, and not before a time."""

    @property
    def notification_id(self) -> int:
        """What they are told."""

    @property
    def user_id(self) -> int:
        """Who."""

    @property
    def not_before(self) -> datetime:
        """When at the earliest."""


class Message(NamedTuple):
    """What one channel is to be sent, and of which event."""

    endpoint_id: int
    event_id: uuid.UUID
    type: str
    body: bytes
    next_at: datetime
    tournament_id: int | None = None
    seq: int | None = None
    is_held: bool = False
    """Not before the public may know it."""
    is_manual: bool = False


def usable() -> ColumnElement[bool]:
    """The condition for channels that something new may be meant for."""
    return (
        (WebhookEndpoint.kind == KIND)
        & WebhookEndpoint.deleted_at.is_(None)
        & WebhookEndpoint.disabled_at.is_(None)
    )  # fmt: skip


def reached(session: Session, user_ids: Collection[int]) -> Collection[int]:
    """Who has named a channel of their own; nobody while nothing is sent to Discord."""
    return _channels_of(session, user_ids).keys() if flags.is_on(FLAG) else ()


def of_notifications(session: Session, told: Sequence[Told], *, now: datetime) -> int:
    """Write down what people are sent on Discord of their notifications; returns how many are new.

    Those who have given no address are passed over; as long as the flag is off everybody is. Again changes nothing.
    """
    channels = _channels_of(session, {row.user_id for row in told}) if told and flags.is_on(FLAG) else {}
    due = {row.notification_id: row.not_before for row in told if row.user_id in channels}
    if not due:
        return 0
    rows = session.scalars(select(Notification).where(Notification.id.in_(sorted(due))).order_by(Notification.id)).all()
    by_id = {row.id: row for row in rows}
    messages = [
        _message(by_id[said.notification_id], said, channels, due[said.notification_id])
        for said in words.of_notifications(session, rows, zones=_zones(session, channels))
    ]
    return write(session, messages, now=now)


def write(session: Session, messages: Sequence[Message], *, now: datetime) -> int:
    """Put messages into the queue, each event once a channel, and ask for them to be sent; returns how many are new."""
    rows = [_row(message, now) for message in messages]
    batches = [rows[start : start + _ROWS_A_STATEMENT] for start in range(0, len(rows), _ROWS_A_STATEMENT)]
    count = sum(insert_ignoring_conflicts(session, WebhookDelivery, batch) for batch in batches)
    if count:
        outbox.want(session, "webhooks", outbox.EVERYTHING, now=now)
    return count


def _channels_of(session: Session, user_ids: Collection[int]) -> dict[int, int]:
    statement = select(WebhookEndpoint.owner_id, WebhookEndpoint.id).where(
        usable(), WebhookEndpoint.scope == PERSON, WebhookEndpoint.owner_id.in_(sorted(user_ids))
    )
    return {owner_id: endpoint_id for owner_id, endpoint_id in session.execute(statement) if owner_id is not None}


def _zones(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    statement = select(NotificationSettings.user_id, NotificationSettings.time_zone)
    return dict(session.execute(statement.where(NotificationSettings.user_id.in_(sorted(user_ids)))).all())


def _message(row: Notification, said: Words, channels: Mapping[int, int], not_before: datetime) -> Message:
    facts = [f"**{discord.plain(label)}:** {discord.plain(value)}" for label, value in said.facts]
    embed = Embed(
        title=discord.plain(said.subject),
        text="\n".join([discord.plain(said.text), *facts]),
        url=links.url_for(said.path),
        colour=words.colour(said.severity),
        at=row.created_at,
        footer=said.tournament_name or "DeltaCrown",
    )
    return Message(
        channels[row.user_id], row.event_id, row.kind, discord.body_of(embed), not_before, row.tournament_id
    )  # fmt: skip


def _row(message: Message, now: datetime) -> dict[str, Any]:
    return {
        "endpoint_id": message.endpoint_id,
        "event_id": message.event_id,
        "type": message.type,
        "tournament_id": message.tournament_id,
        "seq": message.seq,
        "body": message.body,
        "state": "held" if message.is_held else "pending",
        "is_manual": message.is_manual,
        "next_at": max(message.next_at, now),
        "created_at": now,
    }
