"""Why the rows of a tournament's board stand where they do, from the results as they are now."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.explain import Explanation, explain
from webapp.domain.rules import Ruleset
from webapp.models import Tournament
from webapp.services import ranking


def of_board(
    session: Session, tournament: Tournament, rules: Ruleset, board: Board, positions: Iterable[int]
) -> list[Explanation]:
    """Why the rows at `positions` (1 is the second of the board) stand behind the rows before them.

    `board` must be of the newest results, since keys among the tied are counted from them again.
    """
    meetings = ranking.meetings_of(session, tournament, rules, board.standings.participant_id)
    return [
        explain(board.standings, rules.cascade, board.ranking, position, meetings=meetings)
        for position in positions
        if 0 < position < len(board)
    ]
