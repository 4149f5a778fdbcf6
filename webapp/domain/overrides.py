"""Placements set by staff: who is overridden takes exactly that rank, everybody else keeps the computed order.

Staff stand above every rule of the board, match point included: whoever is set before a champion by match point stands
before the champion, who is still marked as such. The totals of nobody change.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from webapp.domain.cascades import CascadeKey
from webapp.domain.columns import NOWHERE, BoolColumn, IntColumn, column, counted, filled, positions_of
from webapp.domain.explain import deciding_key
from webapp.domain.meetings import Meetings
from webapp.domain.ranking import BY_OVERRIDE, FIRST, Ranking, ranked
from webapp.domain.standing_columns import Standings


def positions_taken(ranks: IntColumn, size: int) -> IntColumn:
    """At which position (0 is the first) each of `ranks` (rising) stands on a board of `size` rows.

    A rank beyond the end, since somebody has left after it was set, is the last one that is free: ranks keep their
    order among each other, and each is exact again when the board is long enough again. Of two on one rank, which only
    a half of a change can show, the second stands right behind the first.
    """
    places = counted(ranks.size)
    wanted = np.maximum.accumulate(ranks - 1 - places) + places
    return np.minimum(wanted, size - ranks.size + places)


def overridden(
    ranking: Ranking,
    overrides: Mapping[int, int],
    standings: Standings,
    cascade: Sequence[CascadeKey],
    *,
    ties: str = "id",
    meetings: Meetings | None = None,
) -> Ranking:
    """`ranking` with the participants of `overrides` (id -> rank from 1 on, no rank twice) at exactly these ranks.

    `standings`, `cascade`, `ties` and `meetings` must be those that `ranking` was made of. Who is not on the board is
    passed over. Nobody shares a rank with an overridden row or is tied with it: staff have decided. Where a row has
    moved away from between two others, what decides between those is found again.
    """
    rows, positions = _places(overrides, standings)
    if not rows.size:
        return ranking
    is_override: BoolColumn = np.zeros(len(ranking), dtype=np.bool_)
    is_override[rows] = True
    is_taken: BoolColumn = np.zeros(len(ranking), dtype=np.bool_)
    is_taken[positions] = True
    order = np.empty_like(ranking.order)
    order[positions] = rows
    order[~is_taken] = ranking.order[~is_override[ranking.order]]
    decided_by = _decided_by(ranking, order, is_taken, standings, cascade, meetings)
    return ranked(
        order, decided_by, len(cascade), shared=ties == "shared", computed=ranking.ranks, is_override=is_override
    )


def _places(overrides: Mapping[int, int], standings: Standings) -> tuple[IntColumn, IntColumn]:
    """The rows of those who are on the board, and the position of each, best first."""
    by_rank = sorted(overrides.items(), key=lambda override: override[1])
    rows = positions_of(column(participant_id for participant_id, _ in by_rank), standings.participant_id)
    ranks = column(rank for _, rank in by_rank)
    is_there = rows != NOWHERE
    return rows[is_there], positions_taken(ranks[is_there], len(standings))


def _decided_by(
    ranking: Ranking,
    order: IntColumn,
    is_taken: BoolColumn,
    standings: Standings,
    cascade: Sequence[CascadeKey],
    meetings: Meetings | None,
) -> IntColumn:
    computed_position = np.empty_like(ranking.order)
    computed_position[ranking.order] = counted(order.size)
    before = computed_position[order]
    decided_by = filled(order.size, BY_OVERRIDE)
    decided_by[0] = FIRST
    is_computed = ~is_taken[1:] & ~is_taken[:-1]
    still = np.flatnonzero(is_computed & (before[1:] == before[:-1] + 1)) + 1
    decided_by[still] = ranking.decided_by[before[still]]
    for position in np.flatnonzero(is_computed & (before[1:] != before[:-1] + 1)).tolist():
        decided_by[position + 1] = deciding_key(standings, cascade, order[position : position + 2], meetings)
    return decided_by
