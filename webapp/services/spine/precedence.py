"""Boards first: what may wait stands back while a ranking is wanted, so that spectators never wait for it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import OutboxItem
from webapp.services.spine.transaction import with_manners

LONGEST_S: Final = 0.25
"""After so long work goes on all the same: what is behind must not stand still while boards move without end."""
LOOK_EVERY_S: Final = 0.01
IN_LINE_S: Final = 1.0
"""How long a process waits for its turn: who has the turn and never gives it back delays the others, no more."""
IN_LINE_FOR_MUCH_S: Final = 3.0
"""The same where each of several before it may rest first."""
RESTS: Final = 9
"""While boards move, a piece of what is much is followed by a rest so many times as long as it took."""
MOVING_S: Final = 5.0
"""Boards move for so long after a ranking."""

TURN: Final = "turn"
MUCH: Final = "turn-of-much"
RANKED: Final = "ranked"
"""Files of the instance folder: the first two are locked, the second is as old as the end of the rest after what was
done last, the third as the last ranking."""

_WANTED: Final = (
    select(OutboxItem.id)
    # One that has failed waits for its next attempt, and nobody waits for that.
    .where(OutboxItem.handler == "rank", OutboxItem.wanted > OutboxItem.done, OutboxItem.attempts == 0)
    .limit(1)
)


class _OfMachine:
    """Where the processes of this machine take turns, and how long who may wait stands back."""

    folder: Path | None = None
    longest_s = LONGEST_S


def connect(folder: Path, *, longest_s: float = LONGEST_S) -> None:
    """Say in which folder the processes of this machine take turns; nothing is made before the first turn."""
    _OfMachine.folder, _OfMachine.longest_s = folder, longest_s


def note_ranking() -> None:
    """Tell the processes of this machine that boards move."""
    if _OfMachine.folder is not None:
        with suppress(OSError):
            _OfMachine.folder.mkdir(parents=True, exist_ok=True)
            (_OfMachine.folder / RANKED).touch()


class Piece:
    """A piece of work. `share`: how full it was, of 1; who did little rests little."""

    share = 0.0


@contextmanager
def sparingly(*, is_much: bool) -> Iterator[Piece]:
    """Do inside, in short transactions, a piece of work that may wait. Each begins once no ranking is wanted, or
    `LONGEST_S` later.

    Of what is much one process of this machine at a time is in such a transaction: a ranking that is wanted next waits
    for one, not for a line of them. While boards move one at a time does a piece of it, and the next one, whoever does
    it, begins after a rest: with one processor of two busy all the time a ranking takes a quarter longer, whatever
    anybody's niceness. What is little waits for nobody but rankings.
    """
    with _turn(MUCH, in_line_s=IN_LINE_FOR_MUCH_S) if is_much and _boards_move() else nullcontext():
        piece, began = Piece(), time.monotonic()
        with with_manners(_BehindBoards(by_turns=is_much)):
            yield piece
        if is_much:
            _rest_until(time.time() + min(RESTS * piece.share * (time.monotonic() - began), _OfMachine.longest_s))


class _BehindBoards:
    def __init__(self, *, by_turns: bool) -> None:
        self._by_turns = by_turns
        self._give_up_at = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        with _turn(TURN, in_line_s=IN_LINE_S) if self._by_turns else nullcontext():
            self._give_up_at = time.monotonic() + _OfMachine.longest_s
            yield

    def gives_way(self, session: Session) -> bool:
        if not self._is_wanted(session):
            return False
        # Without the locks of a transaction that writes.
        session.rollback()
        while self._is_wanted(session):
            session.rollback()
            time.sleep(LOOK_EVERY_S)
        return True

    def _is_wanted(self, session: Session) -> bool:
        return time.monotonic() < self._give_up_at and session.scalar(_WANTED) is not None


def _boards_move() -> bool:
    # A clock that was set back makes it younger than now, and must not make boards move for hours.
    return -MOVING_S < time.time() - _changed(RANKED) < MOVING_S


def _changed(name: str) -> float:
    """When the file was changed, of time.time(); long ago where there is none."""
    if _OfMachine.folder is None:
        return 0.0
    try:
        return (_OfMachine.folder / name).stat().st_mtime
    except OSError:
        return 0.0


def _rest_until(at: float) -> None:
    """Nobody has the next turn of what is much before then: the file of its turns is as old as that."""
    if _OfMachine.folder is not None:
        with suppress(OSError):
            os.utime(_OfMachine.folder / MUCH, times=(at, at))


def _rest_s(name: str) -> float:
    seconds = _changed(name) - time.time()
    # Longer than anybody may wish for it is where a clock was set back.
    return seconds if 0 < seconds <= LONGEST_S else 0.0


@contextmanager
def _turn(name: str, *, in_line_s: float) -> Iterator[None]:
    if _OfMachine.folder is None:
        yield
        return
    with _opened(_OfMachine.folder / name) as file:
        give_up_at = time.monotonic() + in_line_s
        while file is not None and time.monotonic() < give_up_at:
            wait_s = LOOK_EVERY_S
            if _is_locked_by(file.fileno()):
                wait_s = _rest_s(name)
                if not wait_s:
                    break
                # All who are in line rest, and then have the same chance.
                with suppress(OSError):
                    fcntl.flock(file, fcntl.LOCK_UN)
            time.sleep(wait_s)
        yield


def _opened(path: Path) -> AbstractContextManager[IO[bytes] | None]:
    """The file, which the kernel gives back with its process; None where none can be had: turns are a courtesy."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")
    except OSError:
        return nullcontext()


def _is_locked_by(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks: everybody has the turn at any time.
        return True
    return True
