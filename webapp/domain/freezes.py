"""Freezes of a board for the public, and how they end: all at once, or revealed from the bottom up.

While a board is frozen the public knows what happened up to one number of the tournament's log. A reveal by match moves
that number on from match to match; a reveal by row shows the rows of the final board, the last first. No step tells
anything of a row that it does not show: neither its name, its points and marks, nor that it is level with the row below
it. The last step shows the first two places together, for whoever is left alone is known without being named.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from webapp.domain.board import Board
from webapp.domain.columns import MISSING, IntColumn, filled
from webapp.domain.events import CATALOGUE
from webapp.domain.lifecycle import Machine
from webapp.domain.ranking import FIRST, Ranking
from webapp.domain.standing_columns import Standings


class FreezeState(StrEnum):
    """Where a freeze stands."""

    PLANNED = "planned"
    FROZEN = "frozen"
    REVEALING = "revealing"
    ENDED = "ended"
    CALLED_OFF = "called_off"


class RevealBy(StrEnum):
    """What one step of a reveal shows."""

    ROW = "row"
    MATCH = "match"


FREEZE: Final = Machine(
    "freeze",
    {
        "planned": ("frozen", "called_off"),
        "frozen": ("revealing", "ended"),
        "revealing": ("ended",),
        "ended": (),
        "called_off": (),
    },
)
IN_FORCE: Final = ("planned", "frozen", "revealing")
"""The states of a freeze that is not over: a tournament has at most one."""
HOLDING: Final = ("frozen", "revealing")
"""The states in which it keeps something from the public."""

TOLD_WHILE_FROZEN: Final = frozenset(name for name, event in CATALOGUE.items() if event.told_while_frozen)
"""Events that tell nothing of a result. Of every other one the public hears the number alone while the board is frozen:
what nobody has thought about is hidden."""

_LEAST_HIDDEN: Final = 2
_COUNTED_FROM_OTHERS: Final = ("buchholz", "buchholz_difference", "sonneborn_berger")
"""Columns that add up what others have: from some of them the others' totals could be worked out."""


class Plan(NamedTuple):
    """When a freeze is to begin by itself: at an instant, or when no more than so many matches are to be played."""

    starts_at: datetime | None = None
    last_matches: int | None = None


def begins(plan: Plan, *, now: datetime, open_matches: int) -> bool:
    """Whether a planned freeze is due, so many matches of a live tournament being still to be played."""
    if plan.starts_at is not None:
        return plan.starts_at <= now
    return plan.last_matches is not None and open_matches <= plan.last_matches


def is_told(event_type: str, seq: int, known_seq: int | None) -> bool:
    """Whether the public may hear what an event says, knowing the log up to `known_seq` (None: all of it)."""
    return known_seq is None or seq <= known_seq or event_type in TOLD_WHILE_FROZEN


def row_steps(ranks: Sequence[int]) -> tuple[int, ...]:
    """How many rows, counted from the last, are shown after each step; `ranks` stand in the order of the board.

    Who shares a rank is shown together, and so are the first two places.
    """
    size = len(ranks)
    if not size:
        return ()
    between = (size - place for place in range(size - 1, 0, -1) if ranks[place] != ranks[place - 1])
    return (*(shown for shown in between if size - shown >= _LEAST_HIDDEN), size)


def match_steps(completed: Sequence[int], newest: int) -> tuple[int, ...]:
    """Up to which number the public knows the log after each step.

    `completed` are the numbers, rising, with which matches were completed since the freeze; `newest` is the log's last
    one. A step shows a match with all that followed it until the next one.
    """
    return (*(seq - 1 for seq in completed[1:]), newest)


def revealed_board(board: Board, shown: int, *, by_id: int) -> Board:
    """The last `shown` rows with the ranks and points they have on the whole board, and nothing of the others.

    `by_id` is the `decided_by` of rows that only the id separates: the length of the cascade. All rows shown, it is the
    board itself.
    """
    if shown >= len(board):
        return board
    order = board.ranking.order[len(board) - shown :]
    rows: IntColumn = np.sort(order)
    ids = board.standings.participant_id[rows]
    champion = board.standings.champion
    standings = Standings(
        ids,
        {name: _own(name, values[rows]) for name, values in board.standings.columns.items()},
        board.standings.countback[rows],
        board.standings.eligible_since[rows],
        champion if champion in ids else None,
    )
    return Board(standings, _revealed_ranking(board.ranking, order, rows, by_id), board.team_id[rows],
                 board.subject_id[rows])  # fmt: skip


def _own(name: str, values: IntColumn) -> IntColumn:
    return filled(values.size, MISSING) if name in _COUNTED_FROM_OTHERS else values


def _revealed_ranking(ranking: Ranking, order: IntColumn, rows: IntColumn, by_id: int) -> Ranking:
    decided_by = ranking.decided_by[len(ranking) - order.size :].copy()
    tied = ranking.tied[rows]
    if order.size:
        # What parts the first shown row from the one above it, which is hidden, would tell of that one.
        decided_by[0] = FIRST
        first = np.searchsorted(rows, order[0])
        tied[first] = order.size > 1 and decided_by[1] == by_id
    ranks = ranking.ranks[rows]
    return Ranking(
        np.searchsorted(rows, order).astype(np.int64), ranks, tied, decided_by, ranking.is_override[rows], ranks
    )
