"""What is shown to whom, when and by which way: freezes of a board, and the links of overlays."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, false, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime

_IN_FORCE = "state IN ('planned', 'frozen', 'revealing')"


class Freeze(Base):
    """A board held still for the public, from its plan to its end. A tournament has at most one that is not over."""

    __tablename__ = "freezes"
    __table_args__ = (
        CheckConstraint(
            "state IN ('planned', 'frozen', 'revealing', 'ended', 'called_off')",
            name="state_known",
        ),
        CheckConstraint("reveal_by IS NULL OR reveal_by IN ('row', 'match')", name="reveal_by_known"),
        CheckConstraint("last_matches IS NULL OR last_matches >= 1", name="last_matches_from_one"),
        CheckConstraint("revealed >= 0", name="revealed_from_zero"),
        CheckConstraint("state IN ('planned', 'called_off') OR frozen_seq IS NOT NULL", name="frozen_has_number"),
        Index(
            "uq_freezes_in_force", "tournament_id", unique=True,
            sqlite_where=text(_IN_FORCE), postgresql_where=text(_IN_FORCE),
        ),
        Index("ix_freezes_tournament_id", "tournament_id", "id"),
        Index("ix_freezes_starts_at", "starts_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    state: Mapped[str]
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it is to begin by itself; None where it began at once or waits for the last matches."""
    last_matches: Mapped[int | None]
    """It begins by itself when no more than so many matches are still to be played."""
    frozen_seq: Mapped[int | None]
    """The log number at which the public's knowledge stopped."""
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reveal_by: Mapped[str | None]
    revealed: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many steps of the reveal the public has seen."""
    is_paused: Mapped[bool] = mapped_column(default=False, server_default=false())
    places: Mapped[int | None]
    """How many rows the board has that is revealed row by row; None else."""
    shown_rows: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many of them, from the last upwards, the public has seen."""
    revealed_rows: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """These rows as a board of their own (`domain.board.Board.to_bytes`)."""
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class OverlayToken(Base):
    """A link for one streaming software, which its organizer can take back. Only the secret's SHA-256 is stored."""

    __tablename__ = "overlay_tokens"
    __table_args__ = (Index("ix_overlay_tokens_tournament_id", "tournament_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    name: Mapped[str]
    """What its organizer calls it."""
    hint: Mapped[str]
    """Its last four characters, to know it by."""
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
