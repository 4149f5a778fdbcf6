"""Match point from columns: everybody's total after every match, as the rule of match_point.py wants it."""

import numpy as np

from webapp.domain.columns import MISSING, NOWHERE, IntColumn, positions_of
from webapp.domain.match_point import MatchEnd, MatchPointState, match_point_state
from webapp.domain.results import Adjustments, BattleRoyaleResults
from webapp.domain.ruleset import MatchPoint


def match_point_race(
    rule: MatchPoint,
    participants: IntColumn,
    results: BattleRoyaleResults,
    adjustments: Adjustments,
    *,
    count_best: int | None = None,
) -> MatchPointState:
    """Who is eligible since which match, and who won; `participants` (ids, rising) holds every id of `results`.

    The matches that have results are the matches played, in the order of their numbers. Adjustments of the whole
    tournament count from its start, those of a match from that match on. With `count_best` a total is that of the
    best so many matches.
    """
    matches = np.unique(results.match_number)
    totals = _totals_after(matches, participants, results, count_best) + _adjustments_after(
        matches, participants, adjustments
    )
    won = (results.placement == 1) & (results.placement_end == 1)
    winners = dict(zip(results.match_number[won].tolist(), results.participant_id[won].tolist(), strict=True))
    ids = participants.tolist()
    return match_point_state(
        rule,
        [
            MatchEnd(number, dict(zip(ids, after.tolist(), strict=True)), winners.get(number))
            for number, after in zip(matches.tolist(), totals, strict=True)
        ],
    )


def _totals_after(
    matches: IntColumn, participants: IntColumn, results: BattleRoyaleResults, count_best: int | None
) -> IntColumn:
    """Points from matches (matches x participants) after each match."""
    points = np.zeros((matches.size, participants.size), dtype=np.int64)
    match_rows = np.searchsorted(matches, results.match_number)
    points[match_rows, positions_of(results.participant_id, participants)] = (
        results.placement_points + results.kill_points
    )
    if count_best is None:
        return points.cumsum(axis=0)
    best = [np.sort(points[: played + 1], axis=0)[-count_best:].sum(axis=0) for played in range(matches.size)]
    return np.array(best, dtype=np.int64).reshape(points.shape)


def _adjustments_after(matches: IntColumn, participants: IntColumn, adjustments: Adjustments) -> IntColumn:
    """Adjustments in force (matches x participants) after each match."""
    places = positions_of(adjustments.participant_id, participants)
    first = np.where(adjustments.match_number == MISSING, 0, np.searchsorted(matches, adjustments.match_number))
    in_force = (places != NOWHERE) & (first < matches.size)
    points = np.zeros((matches.size, participants.size), dtype=np.int64)
    np.add.at(points, (first[in_force], places[in_force]), adjustments.points[in_force])
    return points.cumsum(axis=0)
