"""Standings, published boards and snapshots."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime

AUDIENCES = ("public", "official")


class Standing(Base):
    """A participant's totals as of the newest confirmed result; instants are microseconds since 1970, UTC.

    Readers never see these rows: they read the published board, where points and ranks are of one version.
    """

    __tablename__ = "standings"
    __table_args__ = (Index("ix_standings_changed_seq", "tournament_id", "changed_seq"), {"sqlite_with_rowid": False})

    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"), primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), primary_key=True)
    points: Mapped[int] = mapped_column(BigInteger)
    kills: Mapped[int] = mapped_column(BigInteger)
    wins: Mapped[int]
    losses: Mapped[int]
    draws: Mapped[int]
    matches_played: Mapped[int]
    best_placement: Mapped[int | None]
    avg_placement: Mapped[int | None]
    """Hundredths."""
    placement_points: Mapped[int] = mapped_column(BigInteger)
    kill_points: Mapped[int] = mapped_column(BigInteger)
    adjustment: Mapped[int] = mapped_column(BigInteger)
    score_for: Mapped[int] = mapped_column(BigInteger)
    score_against: Mapped[int] = mapped_column(BigInteger)
    games_won: Mapped[int]
    earliest_win_at: Mapped[int | None] = mapped_column(BigInteger)
    last_completed_at: Mapped[int | None] = mapped_column(BigInteger)
    changed_seq: Mapped[int]
    """The log number that changed this row last: newer than a board's number means due for ranking."""


class BoardVersion(Base):
    """One computed board of a scope (`tournament:7`, `season:pubgm:2025_S1`, `all_time:pubgm`); never changed."""

    __tablename__ = "board_versions"
    __table_args__ = (UniqueConstraint("scope", "version"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    scope: Mapped[str]
    version: Mapped[int]
    seq: Mapped[int]
    """The log number up to which results are in it (tournaments); a running number else."""
    entries_count: Mapped[int]
    rules_hash: Mapped[str]
    source: Mapped[str]
    computed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    duration_us: Mapped[int]
    payload: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """`domain.board.Board.to_bytes`."""


class BoardTop(Base):
    """The first places of one version of a tournament's board, kept small and for good: what a chart is drawn from."""

    __tablename__ = "board_tops"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  (SQLAlchemy reads it, nobody changes it)

    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    """Columns `participant_id`, `rank`, `points`, the best first (`domain.column_bytes`)."""


class Board(Base):
    """Which version an audience sees. Public readers read only the row `public`: what is frozen cannot leak."""

    __tablename__ = "boards"
    __table_args__ = (
        CheckConstraint("audience IN ('public', 'official')", name="audience_known"),
        Index("ix_boards_board_version_id", "board_version_id"),
    )

    scope: Mapped[str] = mapped_column(primary_key=True)
    audience: Mapped[str] = mapped_column(primary_key=True)
    board_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("board_versions.id"))
    version: Mapped[int]
    seq: Mapped[int]


class Snapshot(Base):
    """A stored board, kept for replay and for the record."""

    __tablename__ = "snapshots"
    __table_args__ = (
        UniqueConstraint("scope", "audience", "version"),
        Index("ix_snapshots_taken_at", "taken_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str]
    audience: Mapped[str]
    version: Mapped[int]
    seq: Mapped[int]
    entries_count: Mapped[int]
    rules_hash: Mapped[str]
    source: Mapped[str]
    reason: Mapped[str]
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)
    duration_us: Mapped[int]
    is_compacted: Mapped[bool] = mapped_column(default=False)
    payload: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class Override(Base):
    """A rank that staff gave a participant, until it is restored; the history stays whole."""

    __tablename__ = "overrides"
    __table_args__ = (
        CheckConstraint("new_rank >= 1", name="rank_from_one"),
        CheckConstraint("(restored_at IS NULL) = (restored_seq IS NULL)", name="restored_is_whole"),
        Index(
            "uq_overrides_registration", "tournament_id", "registration_id", unique=True,
            sqlite_where=text("restored_at IS NULL"), postgresql_where=text("restored_at IS NULL"),
        ),
        Index(
            "uq_overrides_rank", "tournament_id", "new_rank", unique=True,
            sqlite_where=text("restored_at IS NULL"), postgresql_where=text("restored_at IS NULL"),
        ),
        Index("ix_overrides_tournament_id", "tournament_id", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    previous_rank: Mapped[int]
    """Where the participant stood on the board that staff saw."""
    new_rank: Mapped[int]
    reason: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    seq: Mapped[int]
    """The log number from which it counts."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    restored_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    restored_seq: Mapped[int | None]
    restored_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
