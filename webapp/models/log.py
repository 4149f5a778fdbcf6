"""The tournament's log, the outbox and the audit chains."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime


class Event(Base):
    """A fact that happened to a tournament, numbered 1, 2, 3 … without gaps in the order of commits. Append-only."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("tournament_id", "seq"),
        Index("ix_events_type", "tournament_id", "type", "seq"),
        Index("ix_events_match_id", "match_id", "seq"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    type: Mapped[str]
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    seq: Mapped[int]
    match_id: Mapped[int | None] = mapped_column(ForeignKey("matches.id"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class OutboxItem(Base):
    """Work that must follow a commit. The row is the queue's truth; Redis only rings the bell.

    `wanted` counts requests and `done` those served, so that a burst for one key is one row and one run.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("handler", "key"),
        Index(
            "ix_outbox_due",
            "next_at",
            "id",
            sqlite_where=text("wanted > done"),
            postgresql_where=text("wanted > done"),
        ),
        Index(
            "ix_outbox_leased", "lease_token",
            sqlite_where=text("lease_token IS NOT NULL"), postgresql_where=text("lease_token IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    handler: Mapped[str]
    key: Mapped[str]
    wanted: Mapped[int] = mapped_column(default=1)
    done: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """Not before this instant; a claimed dispatch moves it on, so that an unanswered bell is rung again."""
    dispatches: Mapped[int] = mapped_column(default=0)
    """Bells rung since the last answer."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Runs that failed since the last success."""
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str | None]


class AuditEntry(Base):
    """A sensitive action, hashed with the one before it in its chain. Append-only by database triggers."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("chain", "number"),
        CheckConstraint("number >= 1", name="number_from_one"),
        Index("ix_audit_entries_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    chain: Mapped[str]
    """`tournament:7`, or `site` for what belongs to none."""
    number: Mapped[int]
    action: Mapped[str]
    actor_id: Mapped[int | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Object ids, before and after, reason: ids, numbers and states."""
    request_id: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    previous_hash: Mapped[str]
    hash: Mapped[str]


class AuditHead(Base):
    """The last link of a chain; its row is the chain's lock."""

    __tablename__ = "audit_heads"

    chain: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]
