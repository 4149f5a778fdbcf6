"""The first places of every version of a tournament's board: little enough to keep all of them and to read many."""

from collections.abc import Collection
from typing import Final, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from webapp.domain import column_bytes
from webapp.domain.board import Board
from webapp.domain.columns import IntColumn
from webapp.models import BoardTop

PLACES: Final = 100
"""A chart of the leaders has room for fewer; who came from further down begins where it came in."""


class Top(NamedTuple):
    """The first places of a version, the best first."""

    participant_id: IntColumn
    rank: IntColumn
    points: IntColumn


def keep(session: Session, tournament_id: int, version: int, board: Board) -> None:
    """Store the first places of a new version, in the transaction that publishes it."""
    top = top_of(board)
    session.execute(
        insert(BoardTop).values(
            tournament_id=tournament_id, version=version, payload=column_bytes.to_bytes(top._asdict(), {})
        )
    )


def top_of(board: Board) -> Top:
    """The first places of a board."""
    rows = board.rows_by_rank(0, PLACES)
    return Top(board.standings.participant_id[rows], board.ranking.ranks[rows], board.standings.columns["points"][rows])


def of_versions(session: Session, tournament_id: int, versions: Collection[int]) -> dict[int, Top]:
    """The tops of these versions, read at once; versions older than the table have none."""
    stored = session.execute(
        select(BoardTop.version, BoardTop.payload).where(
            BoardTop.tournament_id == tournament_id, BoardTop.version.in_(sorted(versions))
        )
    )
    return {version: Top(**column_bytes.from_bytes(payload)[0]) for version, payload in stored}
