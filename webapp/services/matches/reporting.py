"""Results as the sides report them: one says how it went, the other agrees or objects, by the number of the report."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.domain.permissions import Action, allows
from webapp.domain.series import SeriesGame
from webapp.models import Match, ResultSubmission, StoredFile, Tournament
from webapp.services.files import uploads
from webapp.services.files.uploads import FileContent, Received
from webapp.services.matches import pauses, series, sides
from webapp.services.matches.confirmation import MatchOutcome
from webapp.services.matches.lobbies import lock_own
from webapp.services.matches.matches import ensure_live
from webapp.services.matches.reports import PENDING, open_of
from webapp.services.spine import audit, log
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.permissions import relation_of
from webapp.services.spine.transaction import read_snapshot, transaction

ANSWER_WITHIN: Final = timedelta(minutes=15)
LONGEST_NOTE: Final = 500
_REPORTABLE: Final = ("live", "pending_result")
_BEFORE_PLAY: Final = ("scheduled", "ready")

logger = structlog.get_logger(__name__)


class Reported(NamedTuple):
    """What became of a report: its number in the match, and whether the other side had said the same."""

    submission_id: int
    report_revision: int
    is_agreed: bool


def submit(
    match_id: int,
    games: Sequence[SeriesGame],
    *,
    note: str = "",
    screenshot: bytes | None = None,
    seen_revision: int | None = None,
    actor: Actor,
    now: datetime,
) -> Reported:
    """A side says how the match went. Where the other side has said the same the match is confirmed with it.

    The side's report before this one is put aside; the same again changes nothing. `seen_revision` is the report that
    the writer knew of: where there is a newer one by the other side it is a Conflict (`stale_revision`). Raises
    SeriesError for games that cannot have been played, NotFound for who speaks for no side, Conflict for a match that
    cannot be reported now.
    """
    note = checked_note(note)
    received = None if screenshot is None else uploads.receive(screenshot, "screenshot")
    with transaction() as session:
        tournament, match, side_id = lock_own(session, match_id, actor)
        _ensure_open(tournament, match)
        _ensure_seen(match, seen_revision)
        # Only an official lets an odd score stand.
        games = [replace(game, allow_irregular=False) for game in games]
        series.check(tournament, match, games)
        entries = entries_of(match, games)
        reports = {report.registration_id: report for report in open_of(session, match.id)}
        own, other = reports.get(side_id), next((report for side, report in reports.items() if side != side_id), None)
        if own is not None and (own.entries, own.note) == (entries, note) and received is None:
            return Reported(own.id, match.report_revision, is_agreed=False)
        if own is not None:
            own.state = "superseded"
            session.flush()
        begin_if_needed(session, tournament, match, actor=actor, now=now)
        if match.state == "live":
            match.state = lifecycle.move(lifecycle.MATCH, match.state, "pending_result")
        report = added(session, match, side_id, entries, note, received, actor=actor, now=now)
        is_agreed = _is_same(other, entries, actor)
        for agreed in (report, other) if is_agreed else ():
            _answered(agreed, actor=actor, now=now)
        record_said(session, tournament, match, report, report.state, actor=actor, now=now)
        if is_agreed:
            series.confirm_in(session, tournament, match, games, actor=actor, now=now)
        return Reported(report.id, match.report_revision, is_agreed=is_agreed)


def agree(match_id: int, *, report_revision: int, actor: Actor, now: datetime) -> MatchOutcome:
    """The other side says yes to the newest report: the match is confirmed with it.

    Raises Conflict for an answer to an older report (`stale_revision`), for one to the own side's report
    (`own_report`), and while nothing waits for an answer (`nothing_to_answer`).
    """
    with transaction() as session:
        tournament, match, side_id = lock_own(session, match_id, actor)
        report = answerable(session, tournament, match, side_id, report_revision, actor)
        games = games_of(match, report.entries)
        _answered(report, actor=actor, now=now)
        session.flush()
        audit.record(
            session, actor, "result.agreed", now=now, tournament_id=tournament.id, match_id=match.id,
            submission_id=report.id, report_revision=report.revision,
        )  # fmt: skip
        return series.confirm_in(session, tournament, match, games, actor=actor, now=now)


def answerable(
    session: Session, tournament: Tournament, match: Match, side_id: int, report_revision: int, actor: Actor
) -> ResultSubmission:
    """The other side's open report that an answer is to; in the transaction of whoever has locked the match.

    Raises like `agree`.
    """
    ensure_live(tournament)
    pauses.ensure_not_paused(tournament)
    _ensure_seen(match, report_revision)
    reports = open_of(session, match.id)
    if match.state != "pending_result" or not reports:
        raise Conflict(f"No report of match {match.number} waits for an answer.", code="nothing_to_answer")
    others = [report for report in reports if report.registration_id != side_id]
    if not others or others[-1].submitted_by_id == actor.user_id:
        raise Conflict("This is what your own side has reported; the other one answers.", code="own_report")
    return others[-1]


def mark_overdue(*, now: datetime) -> list[int]:
    """Mark every report that nobody has answered in time, so that officials look at it; returns the reports.

    Each is marked once, however many ask at the same moment. What stands still does not grow old.
    """
    with read_snapshot() as session:
        due = session.execute(
            select(ResultSubmission.id, ResultSubmission.tournament_id)
            .where(*_is_due(now))
            .order_by(ResultSubmission.id)
        ).all()
    marked = []
    for report_id, tournament_id in due:
        try:
            if _marked(report_id, tournament_id, now=now):
                marked.append(report_id)
        except NotFound:
            continue
        except Exception:
            logger.exception("report_not_marked", tournament_id=tournament_id, submission_id=report_id)
    return marked


def screenshot(match_id: int, report_id: int, *, actor: Actor) -> FileContent:
    """The picture that came with a report, for the sides of the match and its officials. Raises NotFound."""
    missing = NotFound(f"There is no screenshot of report {report_id}.", code="file_not_found")
    with read_snapshot() as session:
        report = session.get(ResultSubmission, report_id)
        if report is None or report.match_id != match_id or report.screenshot_id is None:
            raise missing
        file_id = report.screenshot_id

    def may_read(session: Session, _stored: StoredFile) -> bool:
        match = session.get_one(Match, match_id)
        tournament = session.get_one(Tournament, match.tournament_id)
        if tournament.deleted_at is not None:
            return False
        if allows(actor.role, relation_of(session, actor, tournament), Action.ENTER_RESULTS):
            return True
        both = {side for side in (match.side_a_id, match.side_b_id) if side is not None}
        if not both:
            both = {session.get_one(ResultSubmission, report_id).registration_id}
        return actor.user_id is not None and bool(sides.spoken_for(session, actor.user_id, both))

    return uploads.read(file_id, may_read=may_read)


def entries_of(match: Match, games: Sequence[SeriesGame]) -> list[list[Any]]:
    """Games as reports keep them: `[number, score A, score B, map]`, in their order."""
    return [
        [game.number, game.score[match.side_a_id or 0], game.score[match.side_b_id or 0], game.map]
        for game in sorted(games, key=lambda game: game.number)
    ]


def games_of(match: Match, entries: Sequence[Sequence[Any]]) -> list[SeriesGame]:
    """The games of a report; the inverse of `entries_of`."""
    side_a, side_b = match.side_a_id or 0, match.side_b_id or 0
    return [
        SeriesGame(number, {side_a: score_a, side_b: score_b}, map_name)
        for number, score_a, score_b, map_name in entries
    ]


def _is_due(now: datetime) -> tuple[Any, ...]:
    return (
        ResultSubmission.state == PENDING,
        ResultSubmission.overdue_at.is_(None),
        ResultSubmission.answer_due_at <= now,
    )


def _marked(report_id: int, tournament_id: int, *, now: datetime) -> bool:
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        report = session.scalar(select(ResultSubmission).where(ResultSubmission.id == report_id, *_is_due(now)))
        if report is None or tournament.paused_at is not None:
            return False
        match = session.get_one(Match, report.match_id, populate_existing=True)
        report.overdue_at = now
        record_said(session, tournament, match, report, "overdue", actor=SYSTEM, now=now)
        return True


def _ensure_open(tournament: Tournament, match: Match) -> None:
    ensure_live(tournament)
    pauses.ensure_not_paused(tournament)
    if tournament.format == "battle-royale":
        raise ResultError(f"Match {match.number} is a lobby of many, not a series; report place and kills.")
    sides.both_of(match)
    if match.state in _BEFORE_PLAY and tournament.asks_ready:
        message = f"Match {match.number} has not begun: both sides say that they are ready, then it begins."
        raise Conflict(message, code="match_not_live")
    if match.state not in (*_REPORTABLE, *_BEFORE_PLAY):
        raise Conflict(f"Match {match.number} is {match.state}; nothing can be reported.", code="match_not_live")


def _ensure_seen(match: Match, seen_revision: int | None) -> None:
    if seen_revision is not None and seen_revision != match.report_revision:
        raise Conflict(
            f"There is a newer report of match {match.number}: you saw number {seen_revision}, "
            f"it is at {match.report_revision}.",
            code="stale_revision",
        )


def begin_if_needed(session: Session, tournament: Tournament, match: Match, *, actor: Actor, now: datetime) -> None:
    """A match that nobody has started was played all the same: the report says so."""
    if match.state not in _BEFORE_PLAY:
        return
    for state in ("ready", "live")[match.state == "ready" :]:
        match.state = lifecycle.move(lifecycle.MATCH, match.state, state)
    match.started_at = now
    data = {"number": match.number}
    log.record(session, tournament, "match_started", data, actor=actor, now=now, match_id=match.id)


def added(
    session: Session,
    match: Match,
    side_id: int,
    entries: list[list[Any]],
    note: str,
    received: Received | None,
    *,
    actor: Actor,
    now: datetime,
) -> ResultSubmission:
    """A new report of a side, open until it is answered; in the transaction of whoever has locked the match."""
    match.report_revision += 1
    stored = None
    if received is not None:
        stored = uploads.add(session, received, actor=actor, now=now, tournament_id=match.tournament_id)
    report = ResultSubmission(
        tournament_id=match.tournament_id, match_id=match.id, registration_id=side_id,
        submitted_by_id=actor.user_id, revision=match.report_revision, entries=entries, state=PENDING, note=note,
        screenshot_id=None if stored is None else stored.id, created_at=now, answer_due_at=now + ANSWER_WITHIN,
    )  # fmt: skip
    session.add(report)
    session.flush()
    return report


def _is_same(other: ResultSubmission | None, entries: Sequence[Sequence[Any]], actor: Actor) -> bool:
    """Whether the other side, by somebody else's hand, has reported the same."""
    return other is not None and other.submitted_by_id != actor.user_id and _scores(other.entries) == _scores(entries)


def _answered(report: ResultSubmission | None, *, actor: Actor, now: datetime) -> None:
    assert report is not None
    report.state, report.answered_by_id, report.answered_at = "agreed", actor.user_id, now


def record_said(
    session: Session,
    tournament: Tournament,
    match: Match,
    report: ResultSubmission,
    status: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Log and audit what became of a report, without a score in the log."""
    data = {
        "number": match.number, "submission_id": report.id, "report_revision": report.revision, "status": status,
    }  # fmt: skip
    log.record(
        session, tournament, "result_submitted", data, actor=actor, now=now, match_id=match.id,
        registration_id=report.registration_id,
    )  # fmt: skip
    audit.record(
        session, actor, "result.reported" if status != "overdue" else "result.overdue", now=now,
        tournament_id=tournament.id, match_id=match.id, submission_id=report.id, report_revision=report.revision,
        entries=[entry[:4] if match.side_a_id is None else entry[:3] for entry in report.entries], status=status,
    )  # fmt: skip


def _scores(entries: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """What two reports are compared by: a map's name may be spelt in many ways."""
    return [list(entry[:3]) for entry in entries]


def checked_note(note: str) -> str:
    """What a side writes beside its report. Raises ResultError for what is too long or cannot be shown."""
    note = note.replace("\r\n", "\n").strip()
    if len(note) > LONGEST_NOTE or any(not (sign.isprintable() or sign == "\n") for sign in note):
        problem = FieldError("note", f"write at most {LONGEST_NOTE} characters that can be shown")
        raise ResultError.listing("The report cannot be taken", [problem])
    return note
