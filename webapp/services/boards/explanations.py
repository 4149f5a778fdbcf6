"""Why the rows of a tournament's board stand where they do, from the results that the board was made of."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from webapp.domain.explain import Explanation, explain
from webapp.domain.meetings import Meetings
from webapp.domain.rules import Ruleset
from webapp.models import Tournament
from webapp.services.boards import history
from webapp.services.ranking import ranking
from webapp.services.ranking.board_store import PublishedBoard


def of_published(
    session: Session, tournament: Tournament, rules: Ruleset, published: PublishedBoard, positions: Iterable[int]
) -> list[Explanation]:
    """Why the rows at `positions` (1 is the second of the board) stand behind the rows before them.

    Positions that no row before them has are left out.
    """
    board = published.board
    meetings = _meetings(session, tournament, rules, published)
    return [
        explain(board.standings, rules.cascade, board.ranking, position, meetings=meetings)
        for position in positions
        if 0 < position < len(board)
    ]


def _meetings(session: Session, tournament: Tournament, rules: Ruleset, published: PublishedBoard) -> Meetings | None:
    """The meetings as of the board: those in the log where results have come in since."""
    ids = published.board.standings.participant_id
    if published.seq >= tournament.results_seq:
        return ranking.meetings_of(session, tournament, rules, ids)
    return history.meetings_at(session, tournament, rules, ids, published.seq + 1)
