"""What a registration brings with it: players, answers to the organizer's fields, a payment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime

_COUNTS = "is_active"
FIELD_KINDS = ("text", "number", "dropdown", "url", "toggle", "date", "media")


class RegistrationPlayer(Base):
    """A player of a registration. While it counts, neither the person nor the player id is in another one."""

    __tablename__ = "registration_players"
    __table_args__ = (
        CheckConstraint("role IN ('captain', 'player', 'substitute', 'coach')", name="role_known"),
        Index(
            "uq_registration_players_person", "tournament_id", "user_id", unique=True,
            sqlite_where=text(_COUNTS), postgresql_where=text(_COUNTS),
        ),
        Index(
            "uq_registration_players_identity", "tournament_id", "identity", unique=True,
            sqlite_where=text(f"{_COUNTS} AND identity IS NOT NULL"),
            postgresql_where=text(f"{_COUNTS} AND identity IS NOT NULL"),
        ),
        Index("ix_registration_players_registration_id", "registration_id"),
        Index("ix_registration_players_user_id", "user_id", "is_active"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]
    player_id: Mapped[str | None]
    """In its one spelling; a coach has none."""
    identity: Mapped[str | None]
    """What tells two players of the game apart (`domain.player_ids.player_identity`)."""
    is_active: Mapped[bool] = mapped_column(default=True)
    """Whether the registration is neither rejected nor withdrawn."""


class CustomField(Base):
    """A question that an organizer asks at registration."""

    __tablename__ = "custom_fields"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('text', 'number', 'dropdown', 'url', 'toggle', 'date', 'media')",
            name="kind_known",
        ),
        UniqueConstraint("tournament_id", "key"),
        Index("ix_custom_fields_tournament_id", "tournament_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    position: Mapped[int]
    key: Mapped[str]
    """Under which the answer is kept and exported: letters, digits, underscores."""
    label: Mapped[str]
    help: Mapped[str] = mapped_column(default="", server_default="")
    kind: Mapped[str]
    is_required: Mapped[bool] = mapped_column(default=False)
    limits: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """By kind: `min`, `max` (length, value or day), `choices` of a dropdown."""


class Payment(Base):
    """The entry fee of a registration. Amounts are in the currency's smallest unit."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'submitted', 'verified', 'rejected', 'refunded')", name="state_known"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        Index("ix_payments_state", "tournament_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), unique=True)
    amount: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending", server_default="pending")
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    """Grows with every change; a decision about an older one is a conflict."""
    method: Mapped[str] = mapped_column(default="", server_default="")
    reference: Mapped[str] = mapped_column(default="", server_default="")
    """What the payer says it can be found by."""
    proof_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(default="", server_default="")
    """Why it was rejected or refunded."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
