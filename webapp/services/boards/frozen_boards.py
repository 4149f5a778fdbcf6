"""The public's board while it is frozen: the version of then, its fold from the log, the rows revealed so far."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, undefer

from webapp.domain.board import Board
from webapp.domain.freezes import HOLDING
from webapp.domain.rules import Ruleset
from webapp.models import Event, Freeze, Tournament
from webapp.services.boards import history
from webapp.services.boards.kept_boards import KeptBoards
from webapp.services.live import visibility
from webapp.services.operations import flags
from webapp.services.ranking import board_store, scopes
from webapp.services.ranking.board_store import FrozenNote, PublishedBoard

FOLDED: Final = "snapshot"
"""The source of a board that no version was published of as it is shown."""
_LIVE: Final = "live"

_folded = KeptBoards(boards=32, rows=100_000)
"""By the event that they are folds up to, and the rules."""
_revealed = KeptBoards(boards=32, rows=100_000)
"""By their bytes."""


def of_public(session: Session, tournament: Tournament, rules: Ruleset, *, now: datetime) -> PublishedBoard:
    """The board as of when the public's knowledge of the tournament stopped; its tournament must be frozen.

    It is the stored version of the public where that has everything in it that the public knows, else (the engine was
    switched off for a while) a fold of the log.
    """
    freeze = in_force(session, tournament.id)
    note = None if freeze is None else note_of(freeze)
    if flags.is_on("LEADERBOARDS_ENGINE_V2_ENABLED"):
        stored = board_store.load(session, scopes.tournament(tournament.id), visibility.PUBLIC)
        if stored is not None and visibility.has_everything(session, tournament, stored.seq):
            return replace(stored, frozen=note)
        version, source = version_at(session, tournament.id, visibility.known_seq(tournament)), FOLDED
    else:
        version, source = 0, _LIVE
    seq = visibility.results_seq(tournament)
    board = folded(session, tournament, rules)
    scope = str(scopes.tournament(tournament.id))
    at = note.at if note else now
    return PublishedBoard(scope, visibility.PUBLIC, version, seq, rules.hash, source, at, 0, board, note)


def with_revealed(session: Session, published: PublishedBoard, tournament: Tournament) -> PublishedBoard:
    """`published` as a reader of the board has it: while rows are revealed, those alone that were shown."""
    note = published.frozen
    if note is None or note.reveal_by != "row":
        return published
    freeze = session.scalar(_in_force(tournament.id).options(undefer(Freeze.revealed_rows)))
    if freeze is None or freeze.revealed_rows is None:
        return published
    board = _revealed.get(freeze.revealed_rows)
    if board is None:
        board = Board.from_bytes(freeze.revealed_rows)
        _revealed.put(freeze.revealed_rows, board)
    return replace(published, board=board, source=FOLDED)


def in_force(session: Session, tournament_id: int) -> Freeze | None:
    """The freeze that keeps something from the public now."""
    return session.scalar(_in_force(tournament_id))


def note_of(freeze: Freeze) -> FrozenNote:
    """What is said of a freeze beside the board."""
    assert freeze.frozen_seq is not None
    assert freeze.frozen_at is not None
    is_revealing = freeze.state == "revealing"
    by_row = is_revealing and freeze.reveal_by == "row"
    hidden = (freeze.places or 0) - freeze.shown_rows if by_row else 0
    reveal_by = freeze.reveal_by if is_revealing else None
    return FrozenNote(freeze.frozen_seq, freeze.frozen_at, reveal_by, hidden, freeze.is_paused)


def folded(session: Session, tournament: Tournament, rules: Ruleset) -> Board:
    """The board of everything that the public knows, from the log, kept in memory: what is behind never changes."""
    known = visibility.known_seq(tournament)
    key = (_event_at(session, tournament.id, known), rules.hash)
    board = _folded.get(key)
    if board is None:
        board = history.board_from_log(session, tournament, known + 1)
        _folded.put(key, board)
    return board


def version_at(session: Session, tournament_id: int, seq: int) -> int:
    """The last version that was published up to a number of the log; 0 for none."""
    published = select(func.count()).where(
        Event.tournament_id == tournament_id, Event.type == "rank_update", Event.seq <= seq
    )
    return session.scalar(published) or 0


def _in_force(tournament_id: int) -> Select[Freeze]:
    return select(Freeze).where(Freeze.tournament_id == tournament_id, Freeze.state.in_(HOLDING))


def _event_at(session: Session, tournament_id: int, seq: int) -> UUID | None:
    return session.scalar(select(Event.id).where(Event.tournament_id == tournament_id, Event.seq == seq))
