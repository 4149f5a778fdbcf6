"""What a team shows on its page for others: sponsors and promotions, each once staff have approved it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime


class _Proposed:
    """Proposed by the team's captain, decided by staff. What is changed waits for staff anew."""

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    link: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending", server_default="pending")
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    """Raised by every change: staff decide about what they have read."""
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When it was last written."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(default="", server_default="")
    """Why staff said no."""


class TeamSponsor(_Proposed, Base):
    """Who supports a team. Shown from its first day to its last, those of UTC."""

    __tablename__ = "team_sponsors"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'approved', 'rejected', 'expired', 'withdrawn')", name="state_known"
        ),
        CheckConstraint("starts_on <= ends_on", name="days_in_order"),
        Index("ix_team_sponsors_team_id", "team_id", "state"),
        Index("ix_team_sponsors_state", "state", "ends_on"),
    )  # fmt: skip

    name: Mapped[str]
    logo_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class TeamPromotion(_Proposed, Base):
    """Something that a team advertises for a while. A job starts and ends it."""

    __tablename__ = "team_promotions"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'scheduled', 'active', 'ended', 'rejected', 'cancelled')", name="state_known"
        ),
        CheckConstraint("starts_at < ends_at", name="times_in_order"),
        Index("ix_team_promotions_team_id", "team_id", "state"),
        Index("ix_team_promotions_state", "state", "starts_at", "ends_at"),
    )  # fmt: skip

    title: Mapped[str]
    text: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
