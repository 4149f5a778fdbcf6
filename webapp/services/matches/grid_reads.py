"""Reads of the grid: the match, who may have played it, what counts of it now, who changed it last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from webapp.domain import grid, lifecycle
from webapp.domain.errors import NotFound
from webapp.domain.games import load_games
from webapp.domain.grid import Cells, Checked, Lobby
from webapp.domain.permissions import Action, allows
from webapp.domain.rules import Ruleset
from webapp.domain.scoring import BattleRoyaleLine, score_match
from webapp.models import Event, Match, Registration, Result, Team, Tournament, User
from webapp.services.boards.boards import find_tournament
from webapp.services.boards.history import RESULT_EVENTS
from webapp.services.matches import lobby_reports, results
from webapp.services.matches.grid_view import Change, GridMode, GridRow, GridView, LastChange, MatchHead
from webapp.services.pages.match_reads import card_of
from webapp.services.pages.match_view import PHASES
from webapp.services.ranking import standings
from webapp.services.registration.participant_names import name_column
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor

MOST_ROWS: Final = 250
"""Of a larger field no lobby can be typed in one grid; its results are imported."""

_WHAT: Final = dict(zip(RESULT_EVENTS, ("confirmed", "corrected", "voided"), strict=True))
_SCORED_BY: Final = (
    "placement_points", "points_per_kill", "kill_cap", "kill_bands", "points_per_kill_by_placement",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a match's grid is made of, as it is in the database."""

    session: Session
    tournament: Tournament
    match: Match
    rules: Ruleset
    lobby: Lobby
    stored: tuple[BattleRoyaleLine, ...]
    may_correct: bool
    may_manage: bool
    is_too_large: bool
    deciding_match: int | None
    """The number of the match that has ended the tournament by its match-point rule."""

    @property
    def mode(self) -> GridMode:
        """What can be done now."""
        if self.closed_because:
            return GridMode.CLOSED
        if self.match.revision and self.match.state == "cancelled":
            return GridMode.RESTORE
        return GridMode.CORRECT if self.match.state == "completed" else GridMode.ENTER

    @property
    def closed_because(self) -> str | None:
        """Why nothing can be entered; None when something can."""
        match, tournament = self.match, self.tournament
        if self.is_too_large:
            return f"More than {MOST_ROWS} participants do not fit into one grid; import the result as a file."
        if match.revision and match.state in {"completed", "cancelled"}:
            is_closed = tournament.status == "archived"
            return "The tournament is archived; its results can be corrected no more." if is_closed else None
        if tournament.status != "live":
            return f"The tournament is {tournament.status.replace('_', ' ')}; results are entered while it is live."
        if self.deciding_match and match.number > self.deciding_match:
            return f"Match {self.deciding_match} has decided the tournament by match point; this one is not played."
        if "completed" not in lifecycle.MATCH.moves_from(match.state, official=True):
            return f"The match is {match.state}; no result can be entered."
        return None


def open_sheet(session: Session, match_id: int, actor: Actor) -> Sheet:
    """The sheet of a battle-royale match for somebody who may enter results.

    Raises NotFound where there is no such match, or none of the actor's; Forbidden as the table of permissions says.
    """
    match = session.get(Match, match_id, populate_existing=True)
    if match is None:
        raise NotFound(f"There is no match {match_id}.", code="match_not_found")
    tournament = find_tournament(session, match.tournament_id)
    permissions.ensure(session, actor, Action.ENTER_RESULTS, tournament)
    if tournament.format != "battle-royale":
        raise NotFound(f"Match {match.number} is a series of games; it has no grid.", code="match_has_no_grid")
    rules = standings.rules_of(tournament)
    relation = permissions.relation_of(session, actor, tournament)
    lobby, is_too_large = _lobby(session, tournament, match, rules)
    return Sheet(
        session=session,
        tournament=tournament,
        match=match,
        rules=rules,
        lobby=lobby,
        stored=tuple(results.stored_lines(session, match_id)),
        may_correct=allows(actor.role, relation, Action.CORRECT_RESULTS),
        may_manage=allows(actor.role, relation, Action.MANAGE_TOURNAMENT),
        is_too_large=is_too_large,
        deciding_match=standings.deciding_match_of(session, tournament),
    )


def head_of(sheet: Sheet) -> MatchHead:
    """Which match it is and who changed it last."""
    match, tournament = sheet.match, sheet.tournament
    return MatchHead(
        tournament_id=tournament.id,
        tournament_name=tournament.name,
        match_id=match.id,
        number=match.number,
        title=card_of(sheet.session, match).title,
        map=match.map,
        phase=PHASES[match.state],
        is_forfeit=match.state == "forfeit",
        revision=match.revision,
        is_tournament_over=tournament.status in {"completed", "archived"},
        completed_at=match.completed_at,
        scheduled_at=match.scheduled_at,
        may_manage=sheet.may_manage,
        last_change=_last_change(sheet.session, match) if match.revision else None,
        previous_id=_neighbour(sheet, Match.number < match.number, Match.number.desc()),
        following_id=_neighbour(sheet, Match.number > match.number, Match.number.asc()),
    )


def view_of(sheet: Sheet, rows: Sequence[Cells], revision: int, checked: Checked, **more: Any) -> GridView:
    """The grid with these rows in it, and what the rules say of them."""
    points = {line.participant_id: line.points for line in score_match(checked.lines, sheet.rules)}
    cells = {row.participant_id: row for row in rows}
    errors = _by_row(checked)
    shows_time = any(row.time_alive for row in rows) or any(key.name == "time_alive_s" for key in sheet.rules.cascade)
    return GridView(
        head=head_of(sheet),
        mode=sheet.mode,
        closed_because=sheet.closed_because,
        may_correct=sheet.may_correct,
        rows=tuple(
            GridRow(
                participant_id=participant_id,
                name=name,
                is_withdrawn=participant_id in sheet.lobby.withdrawn,
                cells=cells.get(participant_id, Cells(participant_id)),
                points=points.get(participant_id),
                errors=errors.get(participant_id, {}),
            )
            for participant_id, name in sheet.lobby.names.items()
        ),
        lines=checked.lines,
        stored=tuple(grid.cells_of(line) for line in sheet.stored),
        revision=revision,
        places=sheet.lobby.places,
        side_size=sheet.lobby.side_size,
        rules={name: value for name, value in sheet.rules.to_mapping().items() if name in _SCORED_BY},
        rules_title=sheet.rules.title or sheet.rules.name,
        errors=checked.errors,
        warnings=checked.warnings,
        changes=changes_of(sheet, sheet.stored, checked.lines) if sheet.mode is not GridMode.ENTER else (),
        reports=lobby_reports.of_match(sheet.session, sheet.match) if sheet.mode is GridMode.ENTER else (),
        **{"shows_time": shows_time} | more,
    )


def changes_of(
    sheet: Sheet, before: Sequence[BattleRoyaleLine], after: Sequence[BattleRoyaleLine]
) -> tuple[Change, ...]:
    """How one version differs from another, in the order of the grid."""
    found = {change.participant_id: change for change in grid.differences(before, after)}
    return tuple(
        Change(
            name,
            None if (was := found[participant_id].before) is None else grid.cells_of(was),
            None if (now := found[participant_id].after) is None else grid.cells_of(now),
        )
        for participant_id, name in sheet.lobby.names.items()
        if participant_id in found
    )


def next_open_match(session: Session, match: Match) -> int | None:
    """The match whose result is entered next: the one after this, else the first that is still open."""
    can_end = [state for state in lifecycle.MATCH.moves if _is_open(state)]
    waiting = select(Match.id).where(Match.tournament_id == match.tournament_id, Match.state.in_(can_end))
    later = waiting.where(Match.number > match.number).order_by(Match.number).limit(1)
    return session.scalar(later) or session.scalar(waiting.order_by(Match.number).limit(1))


def _is_open(state: str) -> bool:
    return state not in {"completed", "forfeit", "cancelled"}


def _lobby(session: Session, tournament: Tournament, match: Match, rules: Ruleset) -> tuple[Lobby, bool]:
    rows = session.execute(
        select(Registration.id, name_column().label("name"), Registration.status)
        .outerjoin(Team, Team.id == Registration.team_id)
        .outerjoin(User, User.id == Registration.user_id)
        .where(
            Registration.tournament_id == tournament.id,
            or_(
                Registration.status.in_(results.PLAYED_STATUSES),
                Registration.id.in_(select(Result.registration_id).where(Result.match_id == match.id)),
            ),
        )
        .order_by(Registration.id)
        .limit(MOST_ROWS + 1)
    ).all()
    is_too_large = len(rows) > MOST_ROWS
    listed = [] if is_too_large else sorted(rows, key=lambda row: (row.status != "approved", row.name.casefold()))
    lobby = Lobby(
        names={row.id: row.name for row in listed},
        places=rules.lobby_size or max(len(listed), 1),
        side_size=load_games()[tournament.game].players_max,
        withdrawn=frozenset(row.id for row in listed if row.status != "approved"),
    )
    return lobby, is_too_large


def _last_change(session: Session, match: Match) -> LastChange | None:
    found = session.execute(
        select(Event.type, User.handle, Event.created_at)
        .outerjoin(User, User.id == Event.actor_id)
        .where(
            Event.tournament_id == match.tournament_id,
            Event.match_id == match.id,
            Event.type.in_(RESULT_EVENTS),
        )
        .order_by(Event.seq.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else LastChange(_WHAT[found.type], found.handle, found.created_at)


def _neighbour(sheet: Sheet, is_there: ColumnElement[bool], order: ColumnElement[int]) -> int | None:
    beside = select(Match.id).where(Match.tournament_id == sheet.tournament.id, is_there)
    return sheet.session.scalar(beside.order_by(order).limit(1))


def _by_row(checked: Checked) -> Mapping[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for path, message in (*checked.errors, *checked.warnings):
        column, _, participant_id = path.rpartition("-")
        if column:
            found.setdefault(int(participant_id), {}).setdefault(column, message)
    return found
