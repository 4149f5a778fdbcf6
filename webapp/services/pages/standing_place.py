"""Where a participant stands on a board."""

from typing import NamedTuple

import numpy as np

from webapp.domain.board import Board
from webapp.domain.columns import NOWHERE, positions_of


class Standing(NamedTuple):
    """A participant's row of a board: its index, its position from 0, and what it shows."""

    row: int
    position: int
    rank: int
    points: int
    is_placed_by_staff: bool


def standing_of(board: Board, participant_id: int) -> Standing | None:
    """The participant's row; None where it is not on the board."""
    row = int(positions_of(np.array([participant_id], np.int64), board.standings.participant_id)[0])
    if row == NOWHERE:
        return None
    return Standing(
        row=row,
        position=int(np.flatnonzero(board.ranking.order == row)[0]),
        rank=int(board.ranking.ranks[row]),
        points=int(board.standings.columns["points"][row]),
        is_placed_by_staff=bool(board.ranking.is_override[row]),
    )
