"""Stages of a tournament, and the nodes of their brackets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime


class Stage(Base):
    """A part of a tournament that is played by one format: groups, a Swiss, a bracket. Most tournaments have one."""

    __tablename__ = "stages"
    __table_args__ = (
        CheckConstraint(
            "format IN ('single-elimination', 'double-elimination', 'round-robin', 'swiss')", name="format_known"
        ),
        CheckConstraint("state IN ('planned', 'generated', 'finalized', 'completed')", name="state_known"),
        CheckConstraint("seeding IN ('slot', 'random', 'manual', 'ranked', 'advanced')", name="seeding_known"),
        UniqueConstraint("tournament_id", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(default="", server_default="")
    format: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """What `domain.brackets.settings` says of the format: third place, reset, legs, groups, rounds, who advances."""
    state: Mapped[str] = mapped_column(default="planned", server_default="planned")
    """`planned` until there are nodes; `finalized`: locked against regeneration."""
    seeding: Mapped[str] = mapped_column(default="slot", server_default="slot")
    seeding_seed: Mapped[str] = mapped_column(default="", server_default="")
    """From which a random seeding follows, so that it can be repeated."""
    seeds: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    """The participants by seed, from 1; as they were when the stage was generated."""
    generated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finalized_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class BracketNode(Base):
    """A place for a match in a stage: where its two sides come from, and where its winner and loser go.

    Its match holds who plays. A node that is not played (a reset that was not needed) has a cancelled match.
    """

    __tablename__ = "bracket_nodes"
    __table_args__ = (
        CheckConstraint(
            "section IN ('winners', 'losers', 'final', 'third_place', 'group', 'swiss')", name="section_known"
        ),
        UniqueConstraint("stage_id", "key"),
        Index("ix_bracket_nodes_tournament_id", "tournament_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    stage_id: Mapped[int] = mapped_column(ForeignKey("stages.id"))
    key: Mapped[str]
    """`W1-3`: winners, round 1, third match; see `domain.brackets.structure`."""
    section: Mapped[str]
    group: Mapped[str | None]
    round: Mapped[int]
    position: Mapped[int]
    source_a: Mapped[str]
    """Where side A comes from: `seed:5`, `winner:W1-3`, `loser:W1-3`."""
    source_b: Mapped[str]
    winner_to: Mapped[str | None]
    """The place that the winner takes: `W2-2:a`."""
    loser_to: Mapped[str | None]
    is_conditional: Mapped[bool] = mapped_column(default=False)
    """Played only where the one from the winners' side has lost the grand final."""
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), unique=True)
