"""Boards that this process holds in memory, so that none is decoded or added up twice."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from webapp.domain.board import Board


class KeptBoards:
    """The boards used last, by a key that never means another board: at most so many, and so many rows together."""

    def __init__(self, *, boards: int, rows: int) -> None:
        self._boards: OrderedDict[Hashable, Board] = OrderedDict()
        self._boards_kept = boards
        self._rows_kept = rows
        self._lock = Lock()

    def get(self, key: Hashable) -> Board | None:
        """The board, if it is here."""
        with self._lock:
            if key in self._boards:
                self._boards.move_to_end(key)
            return self._boards.get(key)

    def put(self, key: Hashable, board: Board) -> None:
        """Keep a board; those not used for the longest time make room."""
        with self._lock:
            self._boards[key] = board
            while len(self._boards) > 1 and self._is_too_much():
                self._boards.popitem(last=False)

    def clear(self) -> None:
        """Keep none of them."""
        with self._lock:
            self._boards.clear()

    def _is_too_much(self) -> bool:
        return len(self._boards) > self._boards_kept or sum(map(len, self._boards.values())) > self._rows_kept
