"""Webhooks: where events are sent to, each sending with all its attempts, and how each receiver fares."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, Uuid, false, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime

_WAITS = "state = 'pending'"
_LEASED = "lease_token IS NOT NULL"
_STANDS = "deleted_at IS NULL"


class WebhookEndpoint(Base):
    """Where events are sent to: an address of an organizer, of staff, or a Discord channel; and how it fares.

    The circuit, the bucket and what failed are rows, so that all workers share them and none of it dies with one.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("kind IN ('webhook', 'discord')", name="kind_known"),
        CheckConstraint("scope IN ('tournaments', 'site', 'person')", name="scope_known"),
        CheckConstraint("scope = 'site' OR owner_id IS NOT NULL", name="has_owner"),
        CheckConstraint("circuit IN ('closed', 'open', 'half_open')", name="circuit_known"),
        Index("ix_webhook_endpoints_owner_id", "owner_id", "scope"),
        Index(
            "uq_webhook_endpoints_environment", "is_from_environment", unique=True,
            sqlite_where=text("is_from_environment"), postgresql_where=text("is_from_environment"),
        ),
        Index(
            "uq_webhook_endpoints_address_key", "address_key", unique=True,
            sqlite_where=text(_STANDS), postgresql_where=text(_STANDS),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="webhook", server_default="webhook")
    scope: Mapped[str]
    """`tournaments`: those of its owner; `site`: all, for staff; `person`: what its owner is told."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    tournament_id: Mapped[int | None] = mapped_column(ForeignKey("tournaments.id"))
    """The one tournament it is for; None for all of its scope."""
    description: Mapped[str] = mapped_column(default="", server_default="")
    url_sealed: Mapped[str]
    """Encrypted, since such addresses hold secrets; so is what ends in `_sealed` below."""
    host: Mapped[str]
    """Of the address: what lists show."""
    address_key: Mapped[str | None]
    """Names a Discord webhook: each stands here once, since whoever sends to it shares one limit with all others."""
    event_types: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    """Names of the catalogue of events; empty for all."""
    secret_sealed: Mapped[str] = mapped_column(default="", server_default="")
    former_secrets: Mapped[list[list[str]]] = mapped_column(JSON, default=list, server_default="[]")
    """Those before, the newest first: each sealed, and until when it signs as well, as ISO 8601 in UTC."""
    is_from_environment: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """While paused what is due waits."""
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From then on nothing new is meant for it."""
    disabled_reason: Mapped[str] = mapped_column(default="", server_default="")
    """`gone` (it answered 410), `failing` (for five days), `refused` (Discord does not know it)."""
    missed_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """While it is disabled: when the first was meant for it of what has not arrived because it failed."""
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    circuit: Mapped[str] = mapped_column(default="closed", server_default="closed")
    circuit_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failures_in_a_row: Mapped[int] = mapped_column(default=0, server_default="0")
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The first failure after the last success."""
    last_success_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_failure_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    openings: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    """When its circuit opened within the last day, as ISO 8601 in UTC."""
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When its owner was last told that it opens over and over."""
    tokens: Mapped[float] = mapped_column(default=0.0, server_default="0")
    """What the bucket held at `tokens_at`; None there: it is full."""
    tokens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    in_flight_limit: Mapped[int] = mapped_column(default=4, server_default="4")
    """How many are sent to it at a time: more with each success that needs it, half with each failure."""
    throttled_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """It asked to be left alone until then."""


class WebhookMessage(Base):
    """The body of an event as it is sent: the same bytes to every receiver and at every attempt."""

    __tablename__ = "webhook_messages"

    event_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class WebhookDelivery(Base):
    """One event for one endpoint: once in its life delivered, however often it was tried. The row is the queue."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'held', 'delivered', 'failed', 'exhausted')", name="state_known"),
        UniqueConstraint("endpoint_id", "event_id"),
        Index(
            "ix_webhook_deliveries_due", "endpoint_id", "next_at", "id",
            sqlite_where=text(_WAITS), postgresql_where=text(_WAITS),
        ),
        Index(
            "ix_webhook_deliveries_leased", "endpoint_id", "lease_until",
            sqlite_where=text(_LEASED), postgresql_where=text(_LEASED),
        ),
        Index("ix_webhook_deliveries_state", "state", "id"),
        Index("ix_webhook_deliveries_tournament_id", "tournament_id", "state"),
        Index("ix_webhook_deliveries_created_at", "created_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id"))
    event_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    type: Mapped[str]
    tournament_id: Mapped[int | None] = mapped_column(ForeignKey("tournaments.id"))
    seq: Mapped[int | None]
    """The event's number in its tournament's log."""
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What this receiver alone is sent; None: the message of the event."""
    state: Mapped[str] = mapped_column(default="pending", server_default="pending")
    """`held` while the public may not know it; `failed` for good at once; `exhausted` after the last attempt."""
    is_manual: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether somebody asked for the attempts that are under way: a redelivery, a replay, a test."""
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of the round under way; a redelivery begins a new one. All of them stand in `webhook_attempts`."""
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """None again once a delivery begins anew; what became of it before stands in `webhook_attempts`."""


class WebhookAttempt(Base):
    """One try of a delivery, and what came of it."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        Index("ix_webhook_attempts_delivery_id", "delivery_id", "id"),
        Index("ix_webhook_attempts_at", "endpoint_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("webhook_deliveries.id", ondelete="CASCADE"))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    is_manual: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_success: Mapped[bool]
    status_code: Mapped[int | None]
    duration_ms: Mapped[int]
    error: Mapped[str] = mapped_column(default="", server_default="")
    """In one word what went wrong where no status says it: `timeout`, `refused_address`, `connection`, `tls`, …"""
    headers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """Those that were sent, without secrets and signatures."""
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    """At most 4 KiB of what came back, as it came."""
