"""Users and teams: the public identities that take part."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime


class User(Base):
    """A person with a public handle. Without an email it is a player known from results alone, until claimed."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('spectator', 'player', 'organizer', 'admin')", name="role_known"),
        CheckConstraint("(email IS NULL) = (password_hash IS NULL)", name="login_is_whole"),
        Index("uq_users_handle_key", "handle_key", unique=True),
        Index("uq_users_email_key", "email_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str]
    handle_key: Mapped[str]
    email: Mapped[str | None]
    email_key: Mapped[str | None]
    password_hash: Mapped[str | None]
    role: Mapped[str] = mapped_column(default="player", server_default="player")
    email_verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From then on nobody gets in by this account, whatever they hold."""
    credentials_changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """What was handed out before (sessions, links, tokens) counts no longer."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, server_default=func.now())


class Team(Base):
    """A team of one game, known by its name."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("game", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    game: Mapped[str]
    name: Mapped[str]
    tag: Mapped[str | None]
    captain_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, server_default=func.now())
