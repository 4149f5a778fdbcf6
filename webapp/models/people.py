"""Users: the people behind handles."""

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


class PlayerId(Base):
    """How a person is known inside a game, as they last gave it; kept so that nobody types it twice."""

    __tablename__ = "player_ids"
    __table_args__ = (UniqueConstraint("user_id", "game"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    game: Mapped[str]
    player_id: Mapped[str]
    """In its one spelling (`domain.player_ids`)."""
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class StoredFile(Base):
    """A file that somebody uploaded. Its bytes lie outside the web root under `name`; its type was told by content."""

    __tablename__ = "stored_files"
    __table_args__ = (
        CheckConstraint("kind IN ('logo', 'proof', 'evidence', 'screenshot', 'answer')", name="kind_known"),
        CheckConstraint("size >= 0", name="size_not_negative"),
        Index("ix_stored_files_tournament_id", "tournament_id", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    """Random, and the ending of its type."""
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    """Of the bytes as they came, in hexadecimal; a picture is stored re-encoded."""
    tournament_id: Mapped[int | None] = mapped_column(ForeignKey("tournaments.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
