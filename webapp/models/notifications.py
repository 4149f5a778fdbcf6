"""What people are told: notifications, what each wants to hear by which channel, and mails that wait to be sent."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text, true
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime

CHANNELS = ("in_app", "email", "discord")
_UNREAD = "read_at IS NULL AND is_in_app"
_WAITS = "state = 'pending'"
_LEASED = "lease_token IS NOT NULL"


class Notification(Base):
    """Something that one person is told, once an event, whatever the channels; its words are made when it is read."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("event_id", "user_id"),
        Index("ix_notifications_user_id", "user_id", "id"),
        Index(
            "ix_notifications_unread", "user_id", "id",
            sqlite_where=text(_UNREAD), postgresql_where=text(_UNREAD),
        ),
        Index("ix_notifications_read_at", "read_at"),
        Index("ix_notifications_tournament_id", "tournament_id", "kind", "created_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    event_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    """Of the event that it is made from; what comes from no log has an id of its own."""
    kind: Mapped[str]
    """A name of `domain.notifications.kinds`."""
    tournament_id: Mapped[int | None] = mapped_column(ForeignKey("tournaments.id"))
    match_id: Mapped[int | None] = mapped_column(ForeignKey("matches.id"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Ids, numbers and states that its words need beside the ids above; never names."""
    is_in_app: Mapped[bool]
    """Whether the person sees it in the list; False where only another channel is wanted."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class NotificationSettings(Base):
    """How a person wants to be told; without a row the defaults of the columns count."""

    __tablename__ = "notification_settings"
    __table_args__ = (
        CheckConstraint("digest_minute BETWEEN 0 AND 1439", name="digest_in_day"),
        CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from BETWEEN 0 AND 1439"
            " AND quiet_until BETWEEN 0 AND 1439 OR quiet_from IS NULL AND quiet_until IS NULL",
            name="quiet_is_whole",
        ),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    time_zone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")
    """A name of the IANA database, in which the minutes below are meant."""
    is_in_app_on: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_email_on: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_discord_on: Mapped[bool] = mapped_column(default=True, server_default=true())
    quiet_from: Mapped[int | None]
    """Minutes since local midnight; the hours may span midnight. None: no quiet hours."""
    quiet_until: Mapped[int | None]
    has_digest: Mapped[bool] = mapped_column(default=True, server_default=true())
    digest_minute: Mapped[int] = mapped_column(default=480, server_default="480")
    """Minutes since local midnight."""
    email_stopped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when the address is not written to, because a server said that it does not exist."""
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class NotificationPreference(Base):
    """Where a person differs from the default of a kind and channel."""

    __tablename__ = "notification_preferences"
    __table_args__ = (CheckConstraint("channel IN ('in_app', 'email', 'discord')", name="channel_known"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]


class Mail(Base):
    """A mail to one person, of one notification or of one day's digest. The row is the queue: whoever leases it sends.

    `attempts` counts what the server refused for now; while it cannot be reached that is counted by `delays` alone.
    """

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'sent', 'failed', 'skipped')", name="state_known"),
        CheckConstraint("(notification_id IS NULL) <> (digest_on IS NULL)", name="notice_or_digest"),
        UniqueConstraint("notification_id"),
        UniqueConstraint("user_id", "digest_on"),
        Index("ix_mails_due", "next_at", "id", sqlite_where=text(_WAITS), postgresql_where=text(_WAITS)),
        Index("ix_mails_leased", "lease_token", sqlite_where=text(_LEASED), postgresql_where=text(_LEASED)),
        Index("ix_mails_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    notification_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    digest_on: Mapped[date | None]
    """The local day of a digest."""
    kind: Mapped[str]
    """That of the notification, or `digest`."""
    state: Mapped[str] = mapped_column(default="pending", server_default="pending")
    reason: Mapped[str] = mapped_column(default="", server_default="")
    """Why it was skipped or has failed, in one word."""
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    delays: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often in a row the server could not be reached when it was due; not 0 only while it is away."""
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class EventCursor(Base):
    """How far a log was worked off: who was to hear of it has been written down up to `seq`."""

    __tablename__ = "event_cursors"

    stream: Mapped[str] = mapped_column(primary_key=True)
    """`tournament:7` or `team:3`."""
    seq: Mapped[int]
    after_user_id: Mapped[int] = mapped_column(default=0, server_default="0")
    """In the event that comes next: everybody up to this id has been written down."""
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """Of the event that comes next: recipients, created, skipped, mails so far."""
