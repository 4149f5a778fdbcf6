"""Matches and what counts of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime


class Match(Base):
    """One fixture: two sides and a best-of in a series format, a lobby of many in a battle royale (both sides null)."""

    __tablename__ = "matches"
    __table_args__ = (
        CheckConstraint(
            "state IN ('scheduled', 'ready', 'live', 'pending_result', 'disputed', 'completed', 'forfeit',"
            " 'cancelled')",
            name="state_known",
        ),
        CheckConstraint("best_of IN (1, 3, 5, 7)", name="best_of_known"),
        CheckConstraint("state <> 'completed' OR completed_at IS NOT NULL", name="completed_has_time"),
        UniqueConstraint("tournament_id", "number"),
        CheckConstraint(
            "decided_by IS NULL OR decided_by IN ('forfeit', 'walk_over', 'force_win', 'dispute')",
            name="decided_by_known",
        ),
        Index("ix_matches_state", "tournament_id", "state"),
        Index("ix_matches_scheduled_at", "tournament_id", "scheduled_at"),
        Index("ix_matches_stage_id", "stage_id"),
        Index("ix_matches_side_a_id", "side_a_id"),
        Index("ix_matches_side_b_id", "side_b_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    number: Mapped[int]
    label: Mapped[str]
    map: Mapped[str | None]
    stage: Mapped[str | None]
    round: Mapped[int | None]
    state: Mapped[str] = mapped_column(default="scheduled", server_default="scheduled")
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    """Grows with every confirmed, corrected or voided result; an answer to an older revision is a conflict."""
    best_of: Mapped[int] = mapped_column(default=1, server_default="1")
    side_a_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    side_b_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    winner_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    scheduled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    live_lines: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """The running scores of a live match; never counted."""
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("stages.id"))
    coordinator_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """The official who looks after it."""
    lobby: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`{name, password, notes}`: for its participants and officials alone."""
    ready_a_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ready_b_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    report_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    """Grows with every report of a side; an answer to an older one is a conflict."""
    forfeited_by_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    """The side that gave it up or did not come; the other one is the winner."""
    decided_by: Mapped[str | None]
    """How it ended where it was not played out: `forfeit`, `walk_over`, `force_win`, `dispute`."""
    stream_url: Mapped[str | None]
    """Where it can be watched; http or https."""
    drafts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """By the number of a game: who picked first, and the actions in their order (`services.match_drafts`)."""


class Result(Base):
    """What a confirmed battle-royale match gave one participant. Only what counts is here; the history is the log."""

    __tablename__ = "results"
    # Clustered by participant: a partial update reads a participant's matches as one range, a full one all of them.
    __table_args__ = (
        CheckConstraint("kills >= 0", name="kills_not_negative"),
        CheckConstraint("placement >= 1", name="placement_from_one"),
        Index("ix_results_match_id", "match_id"),
        {"sqlite_with_rowid": False},
    )

    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"), primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), primary_key=True)
    placement: Mapped[int | None]
    placement_high: Mapped[int | None]
    kills: Mapped[int]
    placement_points: Mapped[int]
    kill_points: Mapped[int]
    time_alive_s: Mapped[int | None]


class MatchGame(Base):
    """One game (map) of a series, confirmed or running."""

    __tablename__ = "match_games"
    __table_args__ = (CheckConstraint("score_a >= 0 AND score_b >= 0", name="scores_not_negative"),)

    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    map: Mapped[str | None]
    score_a: Mapped[int]
    score_b: Mapped[int]
    winner_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
