"""Boards of past versions: the stored snapshot where there is one, else a fold of the log, each made once."""

import threading
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.errors import TooMany
from webapp.domain.wording import worded
from webapp.models import Event, Snapshot, Tournament
from webapp.services.boards import history
from webapp.services.boards.kept_boards import KeptBoards
from webapp.services.ranking import scopes, standings

_kept: Final = KeptBoards(boards=128, rows=100_000)
"""By the event that published the version: neither it nor what came before it ever changes."""


_folding: Final = threading.Lock()
_PATIENCE_S: Final = 1.5


def at(session: Session, tournament: Tournament, event: Event) -> Board:
    """The whole board that the `rank_update` `event` published.

    Snapshots grow thin with age and go; the log stays, so that a version is told whole however old it is. One is put
    together at a time, since a large one takes half a second: raises TooMany where others are too long before this one.
    """
    key = event.id, standings.rules_of(tournament).hash
    board = _kept.get(key)
    if board is not None:
        return board
    if not _folding.acquire(timeout=_PATIENCE_S):
        raise TooMany(worded("Many past boards are being put together. Ask again in a moment."), code="replay_busy")
    try:
        board = (
            _kept.get(key)
            or _stored(session, tournament.id, event.data["version"])
            or history.board_from_log(session, tournament, event.seq)
        )
        _kept.put(key, board)
        return board
    finally:
        _folding.release()


def forget() -> None:
    """Read or fold again what is asked for next."""
    _kept.clear()


def _stored(session: Session, tournament_id: int, version: int) -> Board | None:
    payload = session.scalar(
        select(Snapshot.payload)
        .where(
            Snapshot.scope == str(scopes.tournament(tournament_id)),
            Snapshot.version == version,
            Snapshot.is_compacted.is_(False),
        )
        .limit(1)
    )
    return None if payload is None else Board.from_bytes(payload)
