"""Flags, heartbeats and claims of scheduled periods."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime


class FeatureFlag(Base):
    """The stored state of a flag; a flag without a row is off, and the environment wins over the row."""

    __tablename__ = "feature_flags"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]
    changes: Mapped[int]
    """How often it was set: the sum over all flags grows with every change, so that an old state is told from a new."""
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Heartbeat(Base):
    """When a worker or scheduler last said that it is alive."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    beat_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ScheduleClaim(Base):
    """A period of a scheduled job that somebody took: its primary key is the lock between schedulers."""

    __tablename__ = "schedule_claims"

    job: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    claimed_at: Mapped[datetime] = mapped_column(UTCDateTime)
