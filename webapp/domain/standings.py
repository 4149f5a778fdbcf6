"""The fold of battle royales, results to standings; and the one door to standings of every format.

No loop runs over rows or participants: 100,000 rows of 10,000 participants fold in a few milliseconds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.domain.columns import (
    MISSING,
    NOWHERE,
    BoolColumn,
    IntColumn,
    column,
    counted,
    filled,
    mean_hundredths,
    positions_of,
)
from webapp.domain.match_point_race import match_point_race
from webapp.domain.packing import field_of, sort_by
from webapp.domain.results import Adjustments, BattleRoyaleResults, SeriesResults
from webapp.domain.ruleset import Ruleset
from webapp.domain.standing_columns import COLUMNS, Standings, check_participants, standings_of
from webapp.domain.standings_series import fold_series
from webapp.domain.tally import Tally, points_brought_at

__all__ = [
    "COLUMNS",
    "Adjustments",
    "BattleRoyaleResults",
    "SeriesResults",
    "Standings",
    "fold_battle_royale",
    "fold_series",
    "standings_of",
]


def fold_battle_royale(
    participants: IntColumn,
    results: BattleRoyaleResults,
    adjustments: Adjustments,
    rules: Ruleset,
    *,
    seed: IntColumn | None = None,
    lot: IntColumn | None = None,
) -> Standings:
    """The standings of `participants` (ids, rising) after `results`; rows of others are left out.

    Points are those of the best `rules.count_best` matches (all without it) plus all adjustments; placement and kill
    points are of the same matches. Kills, wins, placements and times are of all matches. Averages are over placed
    matches (placement) and played ones (kills). Of a range of placements the better end is the best placement, its
    middle counts for the average, and it is a win only when it is 1st place alone. `seed` and `lot` are columns a
    row. Raises ValueError for two rows of a participant in one match.
    """
    check_participants(participants)
    rows = _Rows.sorted_by_participant(participants, results)
    best_first = _best_first(rows, rules)
    is_counted = _counted_matches(rows, best_first, rules.count_best)
    totals = _totals(rows, is_counted)
    totals["adjustment"] = adjustments.by_participant(participants)
    totals["points"] = totals["placement_points"] + totals["kill_points"] + totals["adjustment"]
    totals |= {name: given for name, given in (("seed", seed), ("lot", lot)) if given is not None}
    countback = _countback(rows, best_first) if _wants_countback(rules) else None
    if rules.match_point is None:
        return standings_of(participants, totals, countback=countback)
    race = match_point_race(rules.match_point, participants, rows.results, adjustments, count_best=rules.count_best)
    eligible_since = column(race.eligible_since.get(owner) for owner in participants.tolist())
    return standings_of(
        participants, totals, countback=countback, eligible_since=eligible_since, champion=race.champion
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Results of the participants alone. `order` sorts them by owner and match, each owner's run from `run_starts` on.

    Totals are taken from the rows as they lie: sorting nine columns would cost more than all sums together.
    """

    results: BattleRoyaleResults
    points: IntColumn
    tally: Tally
    order: IntColumn
    run_starts: IntColumn
    run_owners: IntColumn

    @classmethod
    def sorted_by_participant(cls, participants: IntColumn, results: BattleRoyaleResults) -> "_Rows":
        order, difference = sort_by([field_of(results.participant_id), field_of(results.match_number)])
        _check_once_a_match(results, order, difference)
        run_starts = np.flatnonzero(difference <= 0)
        run_owners = positions_of(results.participant_id[order[run_starts]], participants)
        owner = np.empty(order.size, dtype=np.int64)
        owner[order] = np.repeat(run_owners, np.diff(run_starts, append=order.size))
        if (run_owners == NOWHERE).any():
            return cls.sorted_by_participant(participants, results.take(owner != NOWHERE))
        points = results.placement_points + results.kill_points
        return cls(results, points, Tally(owner, participants.size), order, run_starts, run_owners)

    @property
    def run_lengths(self) -> IntColumn:
        return np.diff(self.run_starts, append=self.order.size)

    def place_in_run(self) -> IntColumn:
        """For each row in sorted order how many of its owner's rows stand before it."""
        return counted(self.order.size) - np.repeat(self.run_starts, self.run_lengths)

    def last(self, values: IntColumn) -> IntColumn:
        """The value of each owner's last match; MISSING without matches."""
        final = filled(self.tally.size, MISSING)
        final[self.run_owners] = values[self.order[self.run_starts + self.run_lengths - 1]]
        return final


def _check_once_a_match(results: BattleRoyaleResults, order: IntColumn, difference: IntColumn) -> None:
    twice = np.flatnonzero(difference == 2)
    if twice.size:
        row = order[twice[0]]
        raise ValueError(f"participant {results.participant_id[row]} is twice in match {results.match_number[row]}")


def _wants_countback(rules: Ruleset) -> bool:
    return any(key.name == "countback" for key in rules.cascade)


def _best_first(rows: _Rows, rules: Ruleset) -> IntColumn | None:
    """The rows by owner, then from best to worst match, the earlier of equals first; None where nobody needs it."""
    if rules.count_best is None and not _wants_countback(rules):
        return None
    owner, points = rows.tally.owner[rows.order], rows.points[rows.order]
    return rows.order[sort_by([field_of(owner), field_of(points, ascending=False)])[0]]


def _counted_matches(rows: _Rows, best_first: IntColumn | None, count_best: int | None) -> BoolColumn | None:
    """A mark on the rows whose points count; None where all do."""
    if count_best is None or best_first is None:
        return None
    is_counted = np.empty(best_first.size, dtype=np.bool_)
    is_counted[best_first] = rows.place_in_run() < count_best
    return is_counted


def _countback(rows: _Rows, best_first: IntColumn | None) -> NDArray[np.int64]:
    """Match points by participant from best to worst; a match not played is worth nothing."""
    matrix = np.zeros((rows.tally.size, int(rows.run_lengths.max(initial=0))), dtype=np.int64)
    if best_first is not None:
        matrix[np.repeat(rows.run_owners, rows.run_lengths), rows.place_in_run()] = rows.points[best_first]
    return matrix


def _totals(rows: _Rows, is_counted: BoolColumn | None) -> dict[str, IntColumn]:
    results, tally = rows.results, rows.tally
    placement_points, kill_points, brought = results.placement_points, results.kill_points, rows.points != 0
    if is_counted is not None:
        placement_points, kill_points = np.where(is_counted, [placement_points, kill_points], 0)
        brought &= is_counted
    return _placement_totals(rows) | {
        "placement_points": tally.sum(placement_points),
        "kill_points": tally.sum(kill_points),
        "last_completed_at": points_brought_at(tally, results.completed_at, brought),
    }


def _placement_totals(rows: _Rows) -> dict[str, IntColumn]:
    results, tally = rows.results, rows.tally
    played = tally.count()
    kills = tally.sum(results.kills)
    is_placed = results.placement != MISSING
    # Twice the middle of the range, so that 5th-6th stays a whole number; the sum wraps for a DNF, which gets 0.
    doubled = np.where(is_placed, results.placement + results.placement_end, 0)
    is_won = doubled == 2
    wins = tally.count(is_won)
    return {
        "kills": kills,
        "wins": wins,
        "losses": played - wins,
        "matches_played": played,
        "best_placement": tally.min(results.placement),
        "avg_placement": mean_hundredths(tally.sum(doubled), 2 * tally.count(is_placed), of_none=MISSING),
        "last_match_placement": rows.last(results.placement),
        "earliest_win_at": tally.min(results.completed_at, is_won),
        "time_alive_s": tally.sum(np.where(results.time_alive_s == MISSING, 0, results.time_alive_s)),
        "avg_kills": mean_hundredths(kills, played, of_none=0),
    }
