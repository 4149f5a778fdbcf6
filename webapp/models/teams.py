"""Teams: who belongs to them, who is asked to, and in which line-ups they play."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime

_STILL_IN = "left_at IS NULL"
_OPEN = "state = 'pending'"


class Team(Base):
    """A team of one game, known by its name. One without members is known from results alone."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("game", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    game: Mapped[str]
    name: Mapped[str]
    tag: Mapped[str | None]
    captain_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    description: Mapped[str] = mapped_column(default="", server_default="")
    logo_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    disbanded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    log_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    """The last number of the team's own log."""
    points: Mapped[int] = mapped_column(default=0, server_default="0")
    """Ranking points as of the last computation, in hundredths."""
    points_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    points_breakdown: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    """Its parts: `{tournament_id, placement, earned, is_official, completed_at, counted}`, points in hundredths."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, server_default=func.now())


class TeamMember(Base):
    """Somebody in a team, from joining to leaving. Nobody is in two teams of one game at once."""

    __tablename__ = "team_members"
    __table_args__ = (
        CheckConstraint("role IN ('captain', 'player', 'substitute', 'coach')", name="role_known"),
        Index(
            "uq_team_members_one_team_per_game", "user_id", "game", unique=True,
            sqlite_where=text(_STILL_IN), postgresql_where=text(_STILL_IN),
        ),
        Index("ix_team_members_team_id", "team_id", "left_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    game: Mapped[str]
    role: Mapped[str]
    joined_at: Mapped[datetime] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class TeamInvite(Base):
    """A person asked into a team. An open one whose time has passed is expired, whatever its row says."""

    __tablename__ = "team_invites"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'accepted', 'declined', 'withdrawn', 'expired')", name="state_known"),
        CheckConstraint("role IN ('player', 'substitute', 'coach')", name="role_known"),
        Index(
            "uq_team_invites_open", "team_id", "user_id", unique=True,
            sqlite_where=text(_OPEN), postgresql_where=text(_OPEN),
        ),
        Index("ix_team_invites_user_id", "user_id", "state"),
        Index("ix_team_invites_expires_at", "state", "expires_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(default="player", server_default="player")
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(default="pending", server_default="pending")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class LineUp(Base):
    """Who plays, saved for the next registration."""

    __tablename__ = "line_ups"
    __table_args__ = (UniqueConstraint("team_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    name: Mapped[str]
    players: Mapped[list[Any]] = mapped_column(JSON)
    """`{user_id, role, player_id}` of each, in the order shown."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class TeamEvent(Base):
    """A fact that happened to a team, numbered 1, 2, 3 … in the order of commits. Append-only."""

    __tablename__ = "team_events"
    __table_args__ = (UniqueConstraint("team_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    seq: Mapped[int]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
