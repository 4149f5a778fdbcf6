"""What the sides of a battle-royale lobby report of themselves: their own place and kills.

A report of one side is no result of the lobby: the match goes on being played until an official confirms the grid, and
nobody answers for anybody else. Reports are compared with each other, and the grid can be filled with all of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, FieldError, ResultError
from webapp.domain.games import load_games
from webapp.domain.grid import Cells, cells_of
from webapp.domain.logged_lines import lines_as_data, lines_from_data
from webapp.domain.scoring import BattleRoyaleLine, check_match
from webapp.models import Match, Registration, ResultSubmission, Tournament
from webapp.services.files.uploads import receive
from webapp.services.matches import pauses
from webapp.services.matches.lobbies import lock_own
from webapp.services.matches.matches import ensure_live
from webapp.services.matches.reporting import Reported, added, begin_if_needed, checked_note, record_said
from webapp.services.matches.reports import PENDING, open_of
from webapp.services.ranking import standings
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction

_BEFORE_PLAY = ("scheduled", "ready")
_PLAYABLE = (*_BEFORE_PLAY, "live")


class LobbyReport(NamedTuple):
    """The open report of one side. `is_contested`: another side reports the same place."""

    id: int
    participant_id: int
    line: BattleRoyaleLine
    note: str
    has_screenshot: bool
    is_contested: bool


def submit(
    match_id: int,
    *,
    placement: int | None,
    kills: int,
    note: str = "",
    screenshot: bytes | None = None,
    actor: Actor,
    now: datetime,
) -> Reported:
    """A side says where it came (None: it did not finish) and how many kills it had; its report before is put aside.

    The same again changes nothing. Raises NotFound for who speaks for nobody in the lobby, ResultError for what cannot
    have been, Conflict while the lobby cannot be reported: before it is its turn, and once it has its result.
    """
    note = checked_note(note)
    received = None if screenshot is None else receive(screenshot, "screenshot")
    with transaction() as session:
        tournament, match, side_id = lock_own(session, match_id, actor)
        if tournament.format != "battle-royale":
            raise ResultError(f"Match {match.number} is a series of games; report its games.")
        _ensure_open(session, tournament, match, now)
        line = BattleRoyaleLine(side_id, placement, kills)
        _ensure_possible(session, tournament, line)
        entries = lines_as_data([line])
        own = next((report for report in open_of(session, match.id) if report.registration_id == side_id), None)
        if own is not None and (own.entries, own.note) == (entries, note) and received is None:
            return Reported(own.id, match.report_revision, is_agreed=False)
        if own is not None:
            own.state = "superseded"
            session.flush()
        begin_if_needed(session, tournament, match, actor=actor, now=now)
        report = added(session, match, side_id, entries, note, received, actor=actor, now=now)
        record_said(session, tournament, match, report, report.state, actor=actor, now=now)
        return Reported(report.id, match.report_revision, is_agreed=False)


def of_match(session: Session, match: Match) -> tuple[LobbyReport, ...]:
    """The open reports of a lobby: by place, who did not finish last."""
    rows = [(report, lines_from_data(report.entries[0])) for report in _open_reports(session, match)]
    times = Counter(line.placement for _, line in rows if line.placement is not None)
    rows.sort(key=lambda row: (row[1].placement is None, row[1].placement or 0, row[0].id))
    return tuple(
        LobbyReport(
            report.id, report.registration_id, line, report.note, report.screenshot_id is not None,
            line.placement is not None and times[line.placement] > 1,
        )
        for report, line in rows
    )  # fmt: skip


def cells(reports: Sequence[LobbyReport]) -> Mapping[int, Cells]:
    """The rows of a grid that the reports fill, by participant."""
    return {report.participant_id: cells_of(report.line) for report in reports}


def can_report(session: Session, tournament: Tournament, match: Match, now: datetime) -> bool:
    """Whether a side of the lobby can report it now."""
    try:
        _ensure_open(session, tournament, match, now)
    except Conflict:
        return False
    return True


def _open_reports(session: Session, match: Match) -> list[ResultSubmission]:
    return open_of(session, match.id) if match.report_revision and match.side_a_id is None else []


def _ensure_open(session: Session, tournament: Tournament, match: Match, now: datetime) -> None:
    ensure_live(tournament)
    pauses.ensure_not_paused(tournament)
    if match.state not in _PLAYABLE:
        raise Conflict(f"Match {match.number} is {match.state}; nothing can be reported.", code="match_not_live")
    if match.state in _BEFORE_PLAY and not _is_its_turn(session, match, now):
        raise Conflict(f"Match {match.number} has not begun yet.", code="match_not_live")


def _is_its_turn(session: Session, match: Match, now: datetime) -> bool:
    """A lobby that nobody has started is played when its time has come and every one before it is reported or over."""
    if match.scheduled_at is not None and match.scheduled_at > now:
        return False
    reported = select(ResultSubmission.match_id).where(
        ResultSubmission.tournament_id == match.tournament_id, ResultSubmission.state == PENDING
    )
    earlier = select(func.count()).where(
        Match.tournament_id == match.tournament_id,
        Match.number < match.number,
        Match.state.in_(_PLAYABLE),
        Match.id.not_in(reported),
    )
    return not session.scalar(earlier)


def _ensure_possible(session: Session, tournament: Tournament, line: BattleRoyaleLine) -> None:
    """By the rules of a whole lobby, of which this is one line."""
    taking_part = (Registration.tournament_id == tournament.id, Registration.status == "approved")
    field_size = session.scalar(select(func.count()).select_from(Registration).where(*taking_part)) or 1
    places = standings.rules_of(tournament).lobby_size or field_size
    try:
        check_match(
            [line], roster=[line.participant_id], lobby_size=places, rows=["own"],
            side_size=load_games()[tournament.game].players_max, sides=field_size,
        )  # fmt: skip
    except ResultError as error:
        problems = [FieldError(field.path.removeprefix("own: "), field.message) for field in error.fields]
        raise ResultError.listing("The report cannot be taken", problems) from error
