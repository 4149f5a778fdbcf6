"""What officials do in the grid of a battle-royale match: look, check, preview, confirm, correct, void.

A submission is known by its match, the revision that it was typed over and its content. The log tells whether that very
submission was saved before, so that sending it again, after a double click or a lost connection, changes nothing and
says so.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import grid
from webapp.domain.errors import Conflict, ResultError
from webapp.domain.grid import Cells, Checked
from webapp.domain.grid_paste import read_paste
from webapp.domain.logged_lines import lines_as_data
from webapp.domain.scoring import BattleRoyaleLine
from webapp.models import Event, Match, Tournament
from webapp.services.boards import board_previews
from webapp.services.boards.history import RESULT_EVENTS
from webapp.services.disputes import corrections
from webapp.services.disputes.corrections import Change, Corrected
from webapp.services.matches import lobby_reports, results
from webapp.services.matches.confirmation import MatchOutcome
from webapp.services.matches.grid_reads import Sheet, changes_of, head_of, next_open_match, open_sheet, view_of
from webapp.services.matches.grid_view import ConflictView, GridMode, GridView, Saved, Typed
from webapp.services.ranking import standings
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

MEANWHILE = frozenset({"stale_revision", "already_confirmed"})
"""Codes of Conflict that say that somebody else has saved another result."""


class UnacceptedWarnings(ResultError):
    """A result that can be right but looks wrong, and that nobody has said is right."""

    default_code = "warnings_not_accepted"


def read_grid(match_id: int, *, actor: Actor) -> GridView:
    """The grid with the result that counts now, empty before there is one."""
    with read_snapshot() as session:
        sheet = open_sheet(session, match_id, actor)
        rows = [grid.cells_of(line) for line in sheet.stored]
        checked = Checked(sheet.stored, (), ())
        return view_of(sheet, rows, sheet.match.revision, checked)


def read_reported(match_id: int, *, actor: Actor) -> GridView:
    """The grid filled with what the sides report of themselves, with everything that is wrong with it together.

    Where something counts already it is as in `read_grid`.
    """
    with read_snapshot() as session:
        sheet = open_sheet(session, match_id, actor)
        if sheet.mode is not GridMode.ENTER:
            rows = [grid.cells_of(line) for line in sheet.stored]
            return view_of(sheet, rows, sheet.match.revision, Checked(sheet.stored, (), ()))
        rows = _known_rows(sheet, list(lobby_reports.cells(lobby_reports.of_match(session, sheet.match)).values()))
        return view_of(sheet, rows, sheet.match.revision, grid.check_grid(rows, sheet.lobby))


def read_typed(match_id: int, typed: Typed, *, actor: Actor) -> GridView:
    """The grid as it was typed, with what was pasted filled in, and everything that is wrong with it."""
    with read_snapshot() as session:
        sheet = open_sheet(session, match_id, actor)
        rows = _known_rows(sheet, typed.rows)
        more: dict[str, Any] = {}
        if typed.pasted.strip():
            found = read_paste(typed.pasted, sheet.lobby, first_id=typed.first_id)
            rows = _merged(rows, found.rows)
            more = {"paste_problems": found.problems, "paste_count": len(found.rows)}
            # What could not be read stays to be mended.
            more |= {"pasted": typed.pasted if found.problems else ""}
        return view_of(sheet, rows, typed.revision, grid.check_grid(rows, sheet.lobby), **more)


def preview(match_id: int, typed: Typed, *, actor: Actor, now: datetime) -> GridView:
    """The grid as it was typed, and the board as it would be with it; no board while something is wrong."""
    with read_snapshot() as session:
        sheet = open_sheet(session, match_id, actor)
        rows = _known_rows(sheet, typed.rows)
        checked = grid.check_grid(rows, sheet.lobby)
        board = None
        if not checked.errors:
            board = board_previews.of_result(session, sheet.tournament, sheet.match, checked.lines, now=now)
        return view_of(sheet, rows, typed.revision, checked, preview=board)


def preview_void(match_id: int, *, actor: Actor, now: datetime) -> GridView:
    """The grid as it is, and the board as it would be if the match had never been played."""
    with read_snapshot() as session:
        sheet = open_sheet(session, match_id, actor)
        board = board_previews.of_result(session, sheet.tournament, sheet.match, (), now=now)
        rows = [grid.cells_of(line) for line in sheet.stored]
        return view_of(sheet, rows, sheet.match.revision, Checked(sheet.stored, (), ()), preview=board)


def read_conflict(match_id: int, typed: Typed, *, actor: Actor) -> ConflictView:
    """What was typed beside the result that somebody else has saved meanwhile."""
    with read_snapshot() as session:
        sheet = open_sheet(session, match_id, actor)
        rows = _known_rows(sheet, typed.rows)
        checked = grid.check_grid(rows, sheet.lobby)
        return ConflictView(
            head=head_of(sheet),
            typed=typed._replace(rows=rows),
            changes=changes_of(sheet, sheet.stored, checked.lines),
            errors=checked.errors,
            may_correct=sheet.may_correct and sheet.mode is not GridMode.CLOSED,
            mode=sheet.mode,
        )


def confirm(match_id: int, typed: Typed, *, actor: Actor, now: datetime) -> Saved:
    """Confirm what was typed.

    Raises ResultError with every wrong field, UnacceptedWarnings, Conflict (a code of MEANWHILE where somebody else was
    quicker); the same submission again is `was_saved_before`.
    """
    lines = _checked_lines(match_id, typed, actor)

    def write() -> MatchOutcome:
        return results.confirm(match_id, lines, actor=actor, now=now, expected_revision=typed.revision)

    return _save(match_id, write, typed.revision, lines)


def correct(match_id: int, typed: Typed, *, reason: str, actor: Actor, now: datetime) -> Saved:
    """Put what was typed in the place of a confirmed or voided result; raises like `confirm`."""
    lines = _checked_lines(match_id, typed, actor)

    change = Change("correct", lines_as_data(lines))
    return _save(match_id, _correction(match_id, change, typed.revision, reason, actor, now), typed.revision, lines)


def void(match_id: int, *, revision: int, reason: str, actor: Actor, now: datetime) -> Saved:
    """Take the result out; raises Conflict like `confirm`."""
    with read_snapshot() as session:
        open_sheet(session, match_id, actor)
    return _save(match_id, _correction(match_id, Change("void"), revision, reason, actor, now), revision, None)


def _correction(
    match_id: int, change: Change, revision: int, reason: str, actor: Actor, now: datetime
) -> Callable[[], Corrected]:
    """A change of what counts already, which can be undone like any other correction."""
    return lambda: corrections.apply(match_id, change, reason=reason, expected_revision=revision, actor=actor, now=now)


def _checked_lines(match_id: int, typed: Typed, actor: Actor) -> Sequence[BattleRoyaleLine]:
    with read_snapshot() as session:
        sheet = open_sheet(session, match_id, actor)
        checked = grid.check_grid(_known_rows(sheet, typed.rows), sheet.lobby)
    if checked.errors:
        raise ResultError.listing("The result cannot be taken", checked.errors)
    if checked.warnings and not typed.accepts_warnings:
        raise UnacceptedWarnings.listing("Look at this before the result is taken", checked.warnings)
    return checked.lines


def _save(
    match_id: int,
    write: Callable[[], MatchOutcome | Corrected],
    revision: int,
    lines: Sequence[BattleRoyaleLine] | None,
) -> Saved:
    try:
        outcome = write()
    except Conflict as conflict:
        if conflict.code != "stale_revision":
            raise
        with read_snapshot() as session:
            match = session.get_one(Match, match_id)
            if not _was_saved_before(session, match, revision, lines):
                raise
            return _saved(session, match, revision + 1, was_saved_before=True)
    with read_snapshot() as session:
        match = session.get_one(Match, match_id)
        return _saved(session, match, outcome.revision, was_saved_before=not outcome.changed)


def _saved(session: Session, match: Match, revision: int, *, was_saved_before: bool) -> Saved:
    return Saved(
        tournament_id=match.tournament_id,
        match_id=match.id,
        number=match.number,
        revision=revision,
        was_saved_before=was_saved_before,
        newest_revision=match.revision,
        next_match_id=None if _is_decided(session, match) else next_open_match(session, match),
    )


def _is_decided(session: Session, match: Match) -> bool:
    """Whether the tournament has ended by its match-point rule, so that no match follows."""
    return standings.deciding_match_of(session, session.get_one(Tournament, match.tournament_id)) is not None


def _was_saved_before(session: Session, match: Match, revision: int, lines: Sequence[BattleRoyaleLine] | None) -> bool:
    """Whether the change that followed upon `revision` was this very one; without lines, a voiding."""
    events = session.execute(
        select(Event.type, Event.data).where(
            Event.tournament_id == match.tournament_id, Event.match_id == match.id, Event.type.in_(RESULT_EVENTS)
        )
    )
    following = next(((kind, data) for kind, data in events if data["revision"] == revision + 1), None)
    if following is None:
        return False
    kind, data = following
    return kind == "result_voided" if lines is None else _holds(data, lines)


def _holds(data: Mapping[str, Any], lines: Sequence[BattleRoyaleLine]) -> bool:
    return bool(data.get("results") == lines_as_data(lines))


def _known_rows(sheet: Sheet, rows: Sequence[Cells]) -> list[Cells]:
    """A row of each participant in the order of the grid, blank where none was sent; those of others are dropped."""
    sent = {row.participant_id: row for row in rows}
    return [sent.get(participant_id, Cells(participant_id)) for participant_id in sheet.lobby.names]


def _merged(rows: Sequence[Cells], pasted: Sequence[Cells]) -> list[Cells]:
    found = {row.participant_id: row for row in pasted}
    return [found.get(row.participant_id, row) for row in rows]
