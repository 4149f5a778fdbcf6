"""Tournaments, their registrations and adjustments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, func, true
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime

FORMATS = ("battle-royale", "single-elimination", "double-elimination", "round-robin", "swiss")


class Tournament(Base):
    """One competition in one game. Its row is the lock under which its log grows (`log_seq` is the last number)."""

    __tablename__ = "tournaments"
    __table_args__ = (
        CheckConstraint(
            "status IN ('draft', 'registration_open', 'registration_closed', 'live', 'completed', 'cancelled',"
            " 'archived')",
            name="status_known",
        ),
        CheckConstraint(
            "format IN ('battle-royale', 'single-elimination', 'double-elimination', 'round-robin', 'swiss')",
            name="format_known",
        ),
        CheckConstraint("visibility IN ('public', 'unlisted', 'private')", name="visibility_known"),
        CheckConstraint("status <> 'completed' OR completed_at IS NOT NULL", name="completed_has_time"),
        CheckConstraint("entry_fee >= 0 AND prize_pool >= 0", name="money_not_negative"),
        CheckConstraint("places IS NULL OR places >= 2", name="places_from_two"),
        Index("ix_tournaments_listing", "visibility", "status", "starts_at"),
        Index("ix_tournaments_season", "game", "season"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    game: Mapped[str]
    format: Mapped[str]
    status: Mapped[str] = mapped_column(default="draft", server_default="draft")
    visibility: Mapped[str] = mapped_column(default="public", server_default="public")
    description: Mapped[str] = mapped_column(default="", server_default="")
    """Markdown, shown sanitised; so are the rules."""
    rules: Mapped[str] = mapped_column(default="", server_default="")
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    season: Mapped[str | None]
    region: Mapped[str | None]
    is_official: Mapped[bool] = mapped_column(default=False)
    is_featured: Mapped[bool] = mapped_column(default=False)
    ruleset: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The rules as frozen when the tournament opened (`Ruleset.to_mapping`); changing a preset never changes it.

    A draft whose rules name no cascade has none here yet: which one is the default is decided when it opens.
    """
    lot_seed: Mapped[str] = mapped_column(default="", server_default="")
    """From which lots follow; empty until they are drawn (the event `lot_drawn`)."""
    places: Mapped[int | None]
    """How many may take part; None for no limit."""
    has_waitlist: Mapped[bool] = mapped_column(default=True, server_default=true())
    team_size: Mapped[int | None]
    """Players that a team must bring at least, within the game's range; None for the game's own number."""
    asks_approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether an organizer decides about each registration."""
    registration_opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    registration_closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    checkin_opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """None: half an hour before the start."""
    has_checkin: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether who has not checked in by the start is a no-show."""
    entry_fee: Mapped[int] = mapped_column(default=0, server_default="0")
    """In the currency's smallest unit; so is the prize pool."""
    currency: Mapped[str] = mapped_column(default="", server_default="")
    """ISO 4217; empty where no money is concerned."""
    payment_methods: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    """`{name, instructions}` of each way to pay."""
    prize_pool: Mapped[int] = mapped_column(default=0, server_default="0")
    prize_distribution: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    """Shares by place, in hundredths of a percent; at most 10,000 together."""
    bracket: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """How the format is played: `domain.brackets.settings`."""
    best_of_by_round: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """Best of by round, as `domain.brackets.settings` reads it; `default` for those that are not named."""
    asks_ready: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether both sides say that they are ready before a match begins."""
    shares_first: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether two may both be first where nothing separates them."""
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when everything stands still (emergency stop); None while it goes on."""
    reseeded_seq: Mapped[int | None]
    """The log number at which the waitlist was let in and the field seeded anew at the close of check-in."""
    search_text: Mapped[str] = mapped_column(default="", server_default="")
    """Name, description and game as full-text search reads them: folded, without marks."""
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    requires_review: Mapped[bool] = mapped_column(default=False)
    """The declared winners need an official's word: a tie, or a correction after the end that changed them."""
    publishes_reasons: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether everybody may read why staff placed somebody; else only officials do."""
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, server_default=func.now())
    log_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    results_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    """The last log number that may change the board."""
    frozen_seq: Mapped[int | None]
    """The last log number that the public knows while the board is frozen or being revealed; None: it knows all."""
    roster_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    """The last log number that changed who takes part: boards older than it are computed in full."""


class TournamentOfficial(Base):
    """Who helps the owner of a tournament, and as what."""

    __tablename__ = "tournament_officials"
    __table_args__ = (
        CheckConstraint("role IN ('co_organizer', 'referee')", name="role_known"),
        Index("ix_tournament_officials_user_id", "user_id"),
    )

    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, server_default=func.now())


class Registration(Base):
    """A participant of a tournament: one team or one solo player."""

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint("(team_id IS NULL) <> (user_id IS NULL)", name="team_or_player"),
        CheckConstraint(
            "status IN ('pending', 'submitted', 'approved', 'rejected', 'waitlisted', 'withdrawn', 'no_show')",
            name="status_known",
        ),
        UniqueConstraint("tournament_id", "team_id"),
        UniqueConstraint("tournament_id", "user_id"),
        Index("ix_registrations_status", "tournament_id", "status", "waitlisted_at"),
        Index("ix_registrations_team_id", "team_id"),
        Index("ix_registrations_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    seed: Mapped[int | None]
    status: Mapped[str] = mapped_column(default="approved", server_default="approved")
    registered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """The captain or player who registered; None where an official did."""
    waitlisted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The waitlist goes by it, then by id."""
    offered_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Until when a place that became free is kept for this one of the waitlist."""
    checked_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    checked_in_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """Answers to the organizer's fields, by key."""
    decision_reason: Mapped[str] = mapped_column(default="", server_default="")
    """Why it was rejected or withdrawn."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, server_default=func.now())


class Adjustment(Base):
    """Signed points with a reason: penalties, bonuses, head starts. Never changed: a mistake gets a counter-row."""

    __tablename__ = "adjustments"
    __table_args__ = (
        CheckConstraint("kind IN ('penalty', 'bonus', 'head_start')", name="kind_known"),
        Index("ix_adjustments_tournament_id", "tournament_id", "registration_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    match_id: Mapped[int | None] = mapped_column(ForeignKey("matches.id"))
    kind: Mapped[str]
    points: Mapped[int]
    reason: Mapped[str]
    seq: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, server_default=func.now())


class Season(Base):
    """A named span in one game and how its board counts."""

    __tablename__ = "seasons"

    game: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)
    count_best: Mapped[int | None]
    ties: Mapped[str] = mapped_column(default="id", server_default="id")


class ImportedFile(Base):
    """A file of results that was taken in, by the fingerprint of its bytes and settings: the same file counts once."""

    __tablename__ = "imported_files"

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, server_default=func.now())
