"""What the sides of a match say of its result, and what is disputed about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.models.base import UTCDateTime

_PENDING = "state = 'pending_opponent'"
_UNRESOLVED = "state IN ('open', 'under_review', 'escalated')"


class ResultSubmission(Base):
    """A result as one side reports it. It counts for nothing until it is agreed to or confirmed."""

    __tablename__ = "result_submissions"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending_opponent', 'agreed', 'disputed', 'confirmed', 'superseded')", name="state_known"
        ),
        Index(
            "uq_result_submissions_pending", "match_id", "registration_id", unique=True,
            sqlite_where=text(_PENDING), postgresql_where=text(_PENDING),
        ),
        Index("ix_result_submissions_match_id", "match_id", "id"),
        Index("ix_result_submissions_due", "state", "answer_due_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    """The side that reports."""
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revision: Mapped[int]
    """The match's report revision that it made (`matches.report_revision`)."""
    entries: Mapped[list[Any]] = mapped_column(JSON)
    """Games `[number, score A, score B, map or null]`, or lines of a battle royale as the log keeps them."""
    state: Mapped[str] = mapped_column(default="pending_opponent", server_default="pending_opponent")
    note: Mapped[str] = mapped_column(default="", server_default="")
    screenshot_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answer_due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """Without an answer by then it is marked for the organizer."""
    overdue_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it was marked."""
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Dispute(Base):
    """An objection to the result of a match. A match has at most one that is not decided."""

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'under_review', 'escalated', 'resolved', 'rejected')", name="state_known"),
        CheckConstraint(
            "reason_code IN ('wrong_score', 'wrong_players', 'rules_broken', 'cheating', 'no_show', 'technical',"
            " 'other')",
            name="reason_code_known",
        ),
        CheckConstraint(
            "resolution IS NULL OR resolution IN ('approve_original', 'approve_dispute', 'custom_result', 'replay',"
            " 'forfeit')",
            name="resolution_known",
        ),
        Index(
            "uq_disputes_unresolved", "match_id", unique=True,
            sqlite_where=text(_UNRESOLVED), postgresql_where=text(_UNRESOLVED),
        ),
        Index("ix_disputes_state", "tournament_id", "state"),
        Index("ix_disputes_deadline_at", "state", "deadline_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    """The side that objects; None for an official."""
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("result_submissions.id"))
    """The report that it objects to."""
    base_revision: Mapped[int]
    """The match's revision that it objects to."""
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    """Grows with every change of state; a decision about an older one is a conflict."""
    reason_code: Mapped[str]
    text: Mapped[str]
    claim: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """The result as the objecting side says it was, in the form of a submission's entries."""
    state: Mapped[str] = mapped_column(default="open", server_default="open")
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    deadline_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    resolution: Mapped[str | None]
    resolution_reason: Mapped[str] = mapped_column(default="", server_default="")
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class DisputeComment(Base):
    """Something said about a dispute; an internal note is for officials alone."""

    __tablename__ = "dispute_comments"
    __table_args__ = (Index("ix_dispute_comments_dispute_id", "dispute_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dispute_id: Mapped[int] = mapped_column(ForeignKey("disputes.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]
    is_internal: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class DisputeEvidence(Base):
    """A picture or a link that is to show what happened."""

    __tablename__ = "dispute_evidence"
    __table_args__ = (
        CheckConstraint("(file_id IS NULL) <> (url IS NULL)", name="file_or_link"),
        Index("ix_dispute_evidence_dispute_id", "dispute_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dispute_id: Mapped[int] = mapped_column(ForeignKey("disputes.id"))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    url: Mapped[str | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
