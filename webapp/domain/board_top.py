"""The first places of a board, as a board of their own."""

import numpy as np

from webapp.domain.board import Board
from webapp.domain.columns import IntColumn
from webapp.domain.ranking import Ranking
from webapp.domain.standing_columns import Standings


def top_of(board: Board, places: int) -> Board:
    """The board's first `places` rows with the ranks and marks they have on the whole board, without the countback."""
    order = board.ranking.order[:places]
    rows: IntColumn = np.sort(order)
    standings = Standings(
        board.standings.participant_id[rows],
        {name: values[rows] for name, values in board.standings.columns.items()},
        np.zeros((rows.size, 0), np.int64),
        board.standings.eligible_since[rows],
        board.standings.champion,
    )
    ranking = Ranking(
        np.searchsorted(rows, order).astype(np.int64),
        board.ranking.ranks[rows],
        board.ranking.tied[rows],
        board.ranking.decided_by[:places],
        board.ranking.is_override[rows],
        board.ranking.computed_ranks[rows],
    )
    return Board(standings, ranking, board.team_id[rows], board.subject_id[rows])
