"""What organizers keep beside a tournament: versions of its settings, templates, announcements, undo, winners."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime


class TournamentVersion(Base):
    """The settings of a tournament after one edit: who, when, what changed, and all of it as it was from then on."""

    __tablename__ = "tournament_versions"
    __table_args__ = (UniqueConstraint("tournament_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    number: Mapped[int]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed: Mapped[list[str]] = mapped_column(JSON)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    restored_from: Mapped[int | None]
    """The number of the version that it brought back."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class TournamentTemplate(Base):
    """Settings saved for the next tournament. Applying it creates nothing: it fills what the form leaves open."""

    __tablename__ = "tournament_templates"
    __table_args__ = (
        CheckConstraint("scope IN ('private', 'organization', 'global')", name="scope_known"),
        CheckConstraint("scope <> 'organization' OR tournament_id IS NOT NULL", name="organization_of_tournament"),
        Index("ix_tournament_templates_owner_id", "owner_id"),
        Index("ix_tournament_templates_scope", "scope", "is_active"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    scope: Mapped[str] = mapped_column(default="private", server_default="private")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    tournament_id: Mapped[int | None] = mapped_column(ForeignKey("tournaments.id"))
    """The tournament that it was made of: its co-organizers read it where the scope is `organization`."""
    game: Mapped[str | None]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    uses: Mapped[int] = mapped_column(default=0, server_default="0")
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Announcement(Base):
    """Something that the organizers tell everybody, or the participants alone."""

    __tablename__ = "announcements"
    __table_args__ = (
        CheckConstraint("audience IN ('all', 'participants')", name="audience_known"),
        Index("ix_announcements_tournament_id", "tournament_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    audience: Mapped[str] = mapped_column(default="all", server_default="all")
    text: Mapped[str]
    """Markdown, shown sanitised."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class UndoableAction(Base):
    """What an official did and can take back for a while: what it was, and what brings the state before it back."""

    __tablename__ = "undoable_actions"
    __table_args__ = (Index("ix_undoable_actions_tournament_id", "tournament_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str]
    """A name of `services.undo`'s table."""
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Ids, numbers and states that its inverse needs."""
    seq: Mapped[int]
    """The tournament's log number that the action ended with."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class TournamentOutcome(Base):
    """Who won a tournament and by which rules, as it was found once; running it again gives the same row."""

    __tablename__ = "tournament_outcomes"
    __table_args__ = (
        CheckConstraint(
            "method IN ('normal', 'tiebreak', 'forfeit_chain', 'match_point', 'manual')", name="method_known"
        ),
    )

    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"), primary_key=True, autoincrement=False)
    winner_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    runner_up_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    third_place_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    method: Mapped[str]
    steps: Mapped[list[Any]] = mapped_column(JSON)
    """The rules applied, in their order: `{rule, data, outcome}` with ids and numbers."""
    requires_review: Mapped[bool] = mapped_column(default=False)
    determined_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    review_reason: Mapped[str] = mapped_column(default="", server_default="")
