"""Reports of the sides as the pages of a match show them: to its own sides and to officials, to nobody else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Match, ResultSubmission
from webapp.services.matches.reports import PENDING


@dataclass(frozen=True, slots=True)
class ReportedGame:
    """One game as a side reports it."""

    number: int
    score_a: int
    score_b: int
    map: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A report. `wins_*` count the games that it gives each side."""

    id: int
    side_id: int
    side: str
    revision: int
    state: str
    games: tuple[ReportedGame, ...]
    wins_a: int
    wins_b: int
    note: str
    has_screenshot: bool
    created_at: datetime
    answer_due_at: datetime
    is_overdue: bool

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.state == PENDING


def reports_of(session: Session, match: Match, names: Mapping[int, str]) -> tuple[ReportView, ...]:
    """Every report of a series but those put aside, the newest first; those of a lobby have a list of their own."""
    if not match.report_revision or match.side_a_id is None:
        return ()
    rows = session.scalars(
        select(ResultSubmission)
        .where(ResultSubmission.match_id == match.id, ResultSubmission.state != "superseded")
        .order_by(ResultSubmission.revision.desc())
    )
    return tuple(_view(row, names) for row in rows)


def _view(row: ResultSubmission, names: Mapping[int, str]) -> ReportView:
    games = tuple(ReportedGame(*entry[:4]) for entry in row.entries)
    return ReportView(
        id=row.id,
        side_id=row.registration_id,
        side=names.get(row.registration_id, ""),
        revision=row.revision,
        state=row.state,
        games=games,
        wins_a=sum(game.score_a > game.score_b for game in games),
        wins_b=sum(game.score_b > game.score_a for game in games),
        note=row.note,
        has_screenshot=row.screenshot_id is not None,
        created_at=row.created_at,
        answer_due_at=row.answer_due_at,
        is_overdue=row.overdue_at is not None,
    )
