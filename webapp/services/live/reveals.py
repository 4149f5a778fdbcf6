"""A frozen board revealed to everybody, step by step: one row from the bottom up, or one match, at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.board import Board
from webapp.domain.errors import Conflict
from webapp.domain.freezes import FREEZE, RevealBy, match_steps, revealed_board, row_steps
from webapp.domain.permissions import Action
from webapp.models import Event, Freeze, Tournament
from webapp.services.boards import frozen_boards, history
from webapp.services.live import freezes
from webapp.services.ranking import board_store, ranking, scopes, standings
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction


class Revealed(NamedTuple):
    """Where a reveal stands: `changed` is False where the request found it elsewhere than it thought, or at its end."""

    step: int
    changed: bool


def start(tournament_id: int, by: RevealBy, *, actor: Actor, now: datetime) -> Revealed:
    """Begin to reveal a frozen board; nothing is shown yet. Raises Conflict where there is nothing to reveal.

    TransitionError for a freeze that is not the frozen one's turn: planned, or being revealed already.
    """
    with transaction() as session:
        tournament, freeze = _frozen(session, tournament_id, actor)
        freeze.state = lifecycle.move(FREEZE, freeze.state, "revealing")
        freeze.reveal_by, freeze.revealed, freeze.is_paused = by.value, 0, False
        board = _officials_board(session, tournament, now)
        if not steps_of(session, tournament, freeze, board):
            raise Conflict("The board has no rows to reveal; end the freeze instead.", code="nothing_to_reveal")
        _show(session, tournament, freeze, board, 0, now=now)
        return _recorded(session, tournament, freeze, "reveal.started", 0, actor=actor, now=now)


def show_next(tournament_id: int, *, seen: int, actor: Actor, now: datetime) -> Revealed:
    """Show the step after `seen`. Who thinks that another one is shown (a second press) changes nothing.

    Raises Conflict while it is paused, and where nothing is being revealed.
    """
    return _stepped(tournament_id, 1, seen=seen, actor=actor, now=now)


def show_previous(tournament_id: int, *, seen: int, actor: Actor, now: datetime) -> Revealed:
    """Hide step `seen` again; else like `show_next`."""
    return _stepped(tournament_id, -1, seen=seen, actor=actor, now=now)


def pause(tournament_id: int, *, actor: Actor, now: datetime) -> Revealed:
    """Hold the reveal: no step goes on or back until it is resumed. Twice is the same as once."""
    return _held(tournament_id, is_paused=True, actor=actor, now=now)


def resume(tournament_id: int, *, actor: Actor, now: datetime) -> Revealed:
    """Let the reveal go on. Twice is the same as once."""
    return _held(tournament_id, is_paused=False, actor=actor, now=now)


def steps_of(session: Session, tournament: Tournament, freeze: Freeze, board: Board) -> Sequence[int]:
    """What is shown after each step: so many rows of the officials' `board`, or the log up to such a number."""
    if freeze.reveal_by == RevealBy.ROW:
        return row_steps(board.ranking.ranks[board.ranking.order].tolist())
    first = func.min(Event.seq)
    completed = session.scalars(
        select(first)
        .where(
            Event.tournament_id == tournament.id,
            Event.type == "match_completed",
            Event.seq > freeze.frozen_seq,
        )
        .group_by(Event.match_id)
        .order_by(first)
    ).all()
    return match_steps(completed, tournament.log_seq)


def _stepped(tournament_id: int, by: int, *, seen: int, actor: Actor, now: datetime) -> Revealed:
    with transaction() as session:
        tournament, freeze = _revealing(session, tournament_id, actor)
        if freeze.revealed != seen:
            return Revealed(freeze.revealed, changed=False)
        if freeze.is_paused:
            raise Conflict("The reveal is paused; resume it first.", code="reveal_paused")
        board = _officials_board(session, tournament, now)
        if not 0 <= seen + by <= len(steps_of(session, tournament, freeze, board)):
            return Revealed(freeze.revealed, changed=False)
        freeze.revealed = seen + by
        version = _show(session, tournament, freeze, board, freeze.revealed, now=now)
        action = "reveal.step_shown" if by > 0 else "reveal.step_hidden"
        return _recorded(session, tournament, freeze, action, version, actor=actor, now=now)


def _held(tournament_id: int, *, is_paused: bool, actor: Actor, now: datetime) -> Revealed:
    with transaction() as session:
        tournament, freeze = _revealing(session, tournament_id, actor)
        if freeze.is_paused == is_paused:
            return Revealed(freeze.revealed, changed=False)
        freeze.is_paused = is_paused
        action = "reveal.paused" if is_paused else "reveal.resumed"
        return _recorded(session, tournament, freeze, action, 0, actor=actor, now=now)


def _show(session: Session, tournament: Tournament, freeze: Freeze, board: Board, step: int, *, now: datetime) -> int:
    """Bring the public's board to a step; returns the version that it shows from then on, 0 where that stays.

    The last step by match shows everything up to its own event, which is the next number of the log.
    """
    steps = steps_of(session, tournament, freeze, board)
    if freeze.reveal_by == RevealBy.ROW:
        freeze.places, freeze.shown_rows = len(board), steps[step - 1] if step else 0
        by_id = len(standings.rules_of(tournament).cascade)
        freeze.revealed_rows = revealed_board(board, freeze.shown_rows, by_id=by_id).to_bytes()
        return 0
    assert freeze.frozen_seq is not None
    is_last = step == len(steps)
    known = freeze.frozen_seq if step == 0 else tournament.log_seq + 1 if is_last else steps[step - 1]
    if known == tournament.frozen_seq:
        return 0
    tournament.frozen_seq = known
    ranking.want_wider_boards(session, tournament, now=now)
    if not ranking.is_engine_on():
        return 0
    scope = scopes.tournament(tournament.id)
    return board_store.show_what_officials_see(session, scope) if is_last else _show_fold(session, tournament, now)


def _show_fold(session: Session, tournament: Tournament, now: datetime) -> int:
    assert tournament.frozen_seq is not None
    rules = standings.rules_of(tournament)
    board = history.board_from_log(session, tournament, tournament.frozen_seq + 1)
    version = frozen_boards.version_at(session, tournament.id, tournament.frozen_seq)
    seq = min(tournament.results_seq, tournament.frozen_seq)
    about = board_store.Version(version, seq, rules.hash, frozen_boards.FOLDED, now, 0)
    board_store.show_fold(session, scopes.tournament(tournament.id), board, about)
    return version


def _officials_board(session: Session, tournament: Tournament, now: datetime) -> Board:
    return ranking.final_board(session, tournament, standings.rules_of(tournament), now=now)


def _recorded(
    session: Session, tournament: Tournament, freeze: Freeze, action: str, version: int, *, actor: Actor, now: datetime
) -> Revealed:
    data = {"freeze_id": freeze.id, "step": freeze.revealed, "version": version}
    log.record(session, tournament, "board_revealed", data, actor=actor, now=now)
    audit.record(
        session, actor, action, now=now, tournament_id=tournament.id, freeze_id=freeze.id, step=freeze.revealed,
        reveal_by=freeze.reveal_by,
    )  # fmt: skip
    return Revealed(freeze.revealed, changed=True)


def _frozen(session: Session, tournament_id: int, actor: Actor) -> tuple[Tournament, Freeze]:
    tournament = log.lock_tournament(session, tournament_id)
    permissions.ensure(session, actor, Action.FREEZE_BOARD, tournament)
    freeze = freezes.in_force(session, tournament_id)
    if freeze is None:
        raise Conflict("Nothing is frozen; freeze the board first.", code="not_frozen")
    return tournament, freeze


def _revealing(session: Session, tournament_id: int, actor: Actor) -> tuple[Tournament, Freeze]:
    tournament, freeze = _frozen(session, tournament_id, actor)
    if freeze.state != "revealing":
        raise Conflict("Nothing is being revealed; start the reveal first.", code="not_revealing")
    return tournament, freeze
