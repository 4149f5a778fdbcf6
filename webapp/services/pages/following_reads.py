"""Reads of the rows that a reader follows: some participants of a board, by their ids."""

from collections.abc import Collection
from datetime import datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Registration, Tournament
from webapp.services.boards import boards
from webapp.services.pages.board_reads import ROWS_A_PAGE, movements_of
from webapp.services.pages.board_view import Movement, medal_of
from webapp.services.pages.following_view import FOLLOWED_AT_MOST, FollowedRow, FollowingView
from webapp.services.pages.standing_place import standing_of
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.ranking.board_store import PublishedBoard
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot

_UNMOVED = Movement(0)


def read_following(tournament_id: int, ids: Collection[int], *, audience: str, now: datetime) -> FollowingView:
    """The rows of these participants, the first FOLLOWED_AT_MOST of them; strangers are left out.

    Raises NotFound for a tournament that the public does not see.
    """
    wanted = tuple(sorted(set(ids))[:FOLLOWED_AT_MOST])
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        published = boards.of_tournament(session, tournament, audience, now=now)
        return FollowingView(
            tournament_id=tournament.id,
            log_number=tournament.log_seq,
            version=published.version,
            ids=wanted,
            rows=_rows(session, tournament, published, wanted),
        )


def _rows(
    session: Session, tournament: Tournament, published: PublishedBoard, wanted: Collection[int]
) -> tuple[FollowedRow, ...]:
    of_tournament = select(Registration.id).where(
        Registration.id.in_(wanted), Registration.tournament_id == tournament.id
    )
    ids = list(session.scalars(of_tournament))
    names = names_of(session, ids)
    movements = movements_of(session, tournament.id, published.version, np.array(ids, np.int64))
    rows = []
    for participant_id in ids:
        standing = standing_of(published.board, participant_id)
        rows.append(
            FollowedRow(
                participant_id=participant_id,
                name=names.get(participant_id, f"#{participant_id}"),
                rank=standing.rank if standing else None,
                points=standing.points if standing else 0,
                medal=medal_of(standing.rank) if standing and standing.points else None,
                movement=movements.get(participant_id, _UNMOVED),
                page=standing.position // ROWS_A_PAGE + 1 if standing else 1,
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.rank is None, row.rank, row.participant_id)))
