"""What the sides of a match have reported of its result, as others need it: what is open, and closing it."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.models import Match, ResultSubmission

PENDING = "pending_opponent"


def open_of(session: Session, match_id: int) -> list[ResultSubmission]:
    """The reports of a match that nobody has answered, the oldest first; at most one a side."""
    return list(
        session.scalars(
            select(ResultSubmission)
            .where(ResultSubmission.match_id == match_id, ResultSubmission.state == PENDING)
            .order_by(ResultSubmission.id)
        )
    )


def close_in(session: Session, match: Match, record: Sequence[Sequence[Any]] | None) -> None:
    """Close the reports that are open, in the caller's transaction: confirmed where they say the same as `record`."""
    if not match.report_revision:
        return
    for report in open_of(session, match.id):
        is_same = record is not None and _says(match, report, record)
        report.state = "confirmed" if is_same else "superseded"


def open_again(session: Session, report_ids: Collection[int]) -> None:
    """Reports that the end of their match closed wait for an answer again, that end being undone."""
    if report_ids:
        session.execute(update(ResultSubmission).where(ResultSubmission.id.in_(report_ids)).values(state=PENDING))


def _says(match: Match, report: ResultSubmission, record: Sequence[Sequence[Any]]) -> bool:
    """Whether a report is what counts: of a series all of it, of a lobby the side's own line."""
    if match.side_a_id is None:
        own = [list(entry[:4]) for entry in record if entry[0] == report.registration_id]
        return [list(entry[:4]) for entry in report.entries] == own
    return [list(entry[:3]) for entry in report.entries] == [list(entry[:3]) for entry in record]
