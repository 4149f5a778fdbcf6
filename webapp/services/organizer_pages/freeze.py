"""The freeze of a tournament's board as its officials see it: the plan, what is kept, and the presenter's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.freezes import HOLDING
from webapp.domain.permissions import Action
from webapp.models import Event, Freeze, Match, Tournament
from webapp.services.boards import boards
from webapp.services.boards.frozen_boards import note_of
from webapp.services.live import freezes, reveals, visibility
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.board_reads import board_view
from webapp.services.pages.board_view import BoardView, FrozenNotice
from webapp.services.pages.frozen_reads import frozen_notice
from webapp.services.ranking.board_store import FrozenNote
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeView:
    """Where the freeze stands; `state` None where there is none, `planned`, `frozen` or `revealing` else."""

    head: ManagedHead
    state: str | None
    starts_at: datetime | None
    last_matches: int | None
    notice: FrozenNotice | None
    kept_matches: int
    """How many matches have been completed that the public does not know of."""
    matches_open: int
    board: BoardView
    """As the public sees it."""


@dataclass(frozen=True, slots=True)
class RevealRow:
    """A row of the final board."""

    rank: int
    name: str
    points: int


@dataclass(frozen=True, slots=True)
class RevealStep:
    """What one step shows: rows of the board, or a match with who won it."""

    rows: tuple[RevealRow, ...] = ()
    match_number: int | None = None
    match_label: str | None = None
    winner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealView:
    """The presenter's page: what the public saw last, and what it sees next."""

    head: ManagedHead
    state: str | None
    reveal_by: str | None
    step: int
    steps: int
    is_paused: bool
    last: RevealStep | None
    coming: RevealStep | None
    notice: FrozenNotice | None

    @property
    def is_done(self) -> bool:
        """Whether everybody has seen everything, but for the word that it is over."""
        return self.steps > 0 and self.step >= self.steps


def read_freeze(tournament_id: int, *, actor: Actor, now: datetime) -> FreezeView:
    """The page of a freeze. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.FREEZE_BOARD)
        freeze = freezes.in_force(session, tournament_id)
        note = _note(freeze)
        return FreezeView(
            head=head_of(session, tournament, actor),
            state=None if freeze is None else freeze.state,
            starts_at=None if freeze is None else freeze.starts_at,
            last_matches=None if freeze is None else freeze.last_matches,
            notice=frozen_notice(session, tournament, note),
            kept_matches=len(_completed_after(session, tournament, visibility.known_seq(tournament))),
            matches_open=_open_matches(session, tournament_id),
            board=board_view(session, tournament, audience=visibility.PUBLIC, page=1, now=now),
        )


def read_reveal(tournament_id: int, *, actor: Actor, now: datetime) -> RevealView:
    """The presenter's page. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.FREEZE_BOARD)
        freeze = freezes.in_force(session, tournament_id)
        around: list[RevealStep | None] = [None, None]
        steps: Sequence[int] = ()
        if freeze is not None and freeze.state == "revealing":
            board = boards.of_tournament(session, tournament, "official", now=now).board
            steps = reveals.steps_of(session, tournament, freeze, board)
            wanted = (freeze.revealed, freeze.revealed + 1)
            around = [_step(session, tournament, freeze, board, steps, step) for step in wanted]
        return RevealView(
            head=head_of(session, tournament, actor),
            state=None if freeze is None else freeze.state,
            reveal_by=None if freeze is None else freeze.reveal_by,
            step=0 if freeze is None else freeze.revealed,
            steps=len(steps),
            is_paused=freeze is not None and freeze.is_paused,
            last=around[0],
            coming=around[1],
            notice=frozen_notice(session, tournament, _note(freeze)),
        )


def _note(freeze: Freeze | None) -> FrozenNote | None:
    return note_of(freeze) if freeze is not None and freeze.state in HOLDING else None


def _step(
    session: Session, tournament: Tournament, freeze: Freeze, board: Board, steps: Sequence[int], step: int
) -> RevealStep | None:
    if not 1 <= step <= len(steps):
        return None
    if freeze.reveal_by == "row":
        before = steps[step - 2] if step > 1 else 0
        return RevealStep(rows=_rows(session, board, len(board) - steps[step - 1], len(board) - before))
    matches = _completed_after(session, tournament, freeze.frozen_seq or 0)
    if step > len(matches):
        return RevealStep()
    match = matches[step - 1]
    winner = names_of(session, [match.winner_id]).get(match.winner_id) if match.winner_id else None
    return RevealStep(match_number=match.number, match_label=match.label, winner=winner)


def _rows(session: Session, board: Board, start: int, stop: int) -> tuple[RevealRow, ...]:
    """The rows at these positions of the final board, the best first."""
    at = board.rows_by_rank(start, stop)
    ids = board.standings.participant_id[at].tolist()
    names = names_of(session, ids)
    ranks, points = board.ranking.ranks[at].tolist(), board.standings.columns["points"][at].tolist()
    return tuple(
        RevealRow(rank, names.get(who, f"#{who}"), total) for who, rank, total in zip(ids, ranks, points, strict=True)
    )


def _completed_after(session: Session, tournament: Tournament, seq: int) -> Sequence[Match]:
    """The matches first completed after a number of the log, in the order in which they are revealed."""
    first = (
        select(Event.match_id, func.min(Event.seq).label("seq"))
        .where(Event.tournament_id == tournament.id, Event.type == "match_completed", Event.seq > seq)
        .group_by(Event.match_id)
        .subquery()
    )
    return session.scalars(select(Match).join(first, first.c.match_id == Match.id).order_by(first.c.seq)).all()


def _open_matches(session: Session, tournament_id: int) -> int:
    wanted = select(func.count()).where(Match.tournament_id == tournament_id, Match.state.in_(freezes.OPEN_MATCHES))
    return session.scalar(wanted) or 0
