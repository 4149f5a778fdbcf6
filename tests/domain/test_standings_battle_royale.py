"""What a battle-royale standing says, case by case."""

from dataclasses import replace

import numpy as np
import pytest

from tests.domain.builders import Adjusted, Placed, adjustments, battle_royale, ids, row_of, rules
from webapp.domain.columns import MISSING, column
from webapp.domain.presets import preset
from webapp.domain.results import BattleRoyaleResults
from webapp.domain.standings import COLUMNS, Standings, fold_battle_royale

TABLE = rules(points_per_kill=1, placement_points=[10, 6, 5])


def fold(
    rows: list[Placed], *ledger: Adjusted, participants: tuple[int, ...] = (1, 2), **settings: object
) -> Standings:
    own = replace(TABLE, **settings)  # type: ignore[arg-type]  # fields of a Ruleset, by name
    return fold_battle_royale(ids(*participants), battle_royale(rows, own), adjustments(ledger), own)


def test_totals_of_a_participant() -> None:
    rows = [
        Placed(1, 1, 1, 4, alive=1700, at=10),
        Placed(1, 2, 3, 2, alive=1500, at=20),
        Placed(1, 3, None, 1, alive=None, at=30),
        Placed(2, 1, 2, 0, at=10),
    ]

    assert row_of(fold(rows, Adjusted(1, 2, -3), Adjusted(1, None, 5)), 1) == {
        "points": 14 + 7 + 1 - 3 + 5,
        "kills": 7,
        "wins": 1,
        "losses": 2,
        "draws": 0,
        "matches_played": 3,
        "best_placement": 1,
        "avg_placement": 200,
        "placement_points": 15,
        "kill_points": 7,
        "last_match_placement": MISSING,
        "last_completed_at": 30,
        "earliest_win_at": 10,
        "time_alive_s": 3200,
        "avg_kills": 233,
        "score_for": 0,
        "score_against": 0,
        "score_difference": 0,
        "games_won": 0,
        "buchholz": 0,
        "buchholz_difference": 0,
        "sonneborn_berger": 0,
        "adjustment": 2,
        "seed": MISSING,
        "lot": MISSING,
    }


def test_a_participant_without_results_has_a_row_of_nothing() -> None:
    row = row_of(fold([Placed(1, 1, 1, 4, at=10)]), 2)

    none = {
        "best_placement",
        "avg_placement",
        "last_match_placement",
        "last_completed_at",
        "earliest_win_at",
        "seed",
        "lot",
    }
    assert row == {name: MISSING if name in none else 0 for name in COLUMNS}


def test_only_the_best_matches_count_for_points_and_all_for_the_rest() -> None:
    rows = [
        Placed(1, 1, 3, 0, at=10),
        Placed(1, 2, 1, 2, at=20),
        Placed(1, 3, 2, 1, at=30),
        Placed(1, 4, None, 0, at=40),
    ]

    row = row_of(fold(rows, Adjusted(1, None, -1), count_best=2), 1)

    assert (row["points"], row["placement_points"], row["kill_points"]) == (12 + 7 - 1, 16, 3)
    assert (row["kills"], row["matches_played"], row["avg_placement"]) == (3, 4, 200)
    assert row["last_completed_at"] == 30  # the last of the two that brought the points


def test_of_equally_good_matches_the_earlier_ones_count() -> None:
    rows = [Placed(1, 1, 3, 1), Placed(1, 2, 2, 0), Placed(1, 3, 3, 1)]

    row = row_of(fold(rows, count_best=1), 1)

    assert (row["points"], row["placement_points"], row["kill_points"]) == (6, 5, 1)


@pytest.mark.parametrize(
    ("last", "reached_at"),
    [(Placed(1, 2, 2, 0, at=20), 20), (Placed(1, 2, 9, 0, at=20), 10), (Placed(1, 2, None, 0, at=20), 10)],
)
def test_points_are_reached_with_the_last_match_that_brought_any(last: Placed, reached_at: int) -> None:
    assert row_of(fold([Placed(1, 1, 1, 0, at=10), last]), 1)["last_completed_at"] == reached_at


def test_a_total_of_nothing_stands_since_the_last_match() -> None:
    rows = [Placed(1, 1, 9, 0, at=10), Placed(1, 2, 8, 0, at=20)]

    assert row_of(fold(rows), 1)["last_completed_at"] == 20


def test_a_range_of_placements_counts_its_middle_and_is_no_win_of_its_own() -> None:
    rows = [Placed(1, 1, 5, 0, high=7), Placed(1, 2, 1, 0, high=2, at=20), Placed(1, 3, 4, 0)]

    row = row_of(fold(rows), 1)

    assert (row["avg_placement"], row["best_placement"], row["wins"], row["earliest_win_at"]) == (383, 1, 0, MISSING)
    assert row["placement_points"] == 8  # scoring.py gives the mean of 10 and 6 for 1st-2nd


def test_two_rows_in_one_match_are_refused() -> None:
    with pytest.raises(ValueError, match="participant 1 is twice in match 7"):
        fold([Placed(1, 7, 1), Placed(2, 7, 3), Placed(1, 7, 2)])


def test_rows_of_others_are_left_out() -> None:
    rows = [Placed(1, 1, 2, 1), Placed(9, 1, 1, 5), Placed(5, 1, 3)]

    folded = fold(rows, Adjusted(9, None, 4))

    assert folded.participant_id.tolist() == [1, 2]
    assert folded.columns["points"].tolist() == [7, 0]


def test_participants_must_rise() -> None:
    with pytest.raises(ValueError, match="rising order"):
        fold_battle_royale(column([2, 1]), battle_royale([], TABLE), adjustments(), TABLE)


def test_columns_of_results_must_be_equally_long() -> None:
    results = battle_royale([Placed(1, 1, 1)], TABLE)
    with pytest.raises(ValueError, match="equally long"):
        replace(results, kills=column([1, 2]))


def test_no_participants_and_no_results_is_an_empty_board() -> None:
    folded = fold_battle_royale(ids(), BattleRoyaleResults.empty(), adjustments(), preset("algs"))

    assert len(folded) == 0
    assert folded.countback.shape == (0, 0)


def test_countback_is_there_when_the_cascade_asks_for_it() -> None:
    rows = [Placed(1, 1, 3, 0), Placed(1, 2, 1, 1), Placed(2, 3, 2, 0)]

    assert fold(rows).countback.shape == (2, 0)
    asked = fold(rows, cascade=preset("algs").cascade)
    assert asked.countback.tolist() == [[11, 5], [6, 0]]


def test_seeds_and_lots_are_taken_as_given() -> None:
    folded = fold_battle_royale(
        ids(1, 2), BattleRoyaleResults.empty(), adjustments(), TABLE, seed=column([2, None]), lot=column([8, 9])
    )

    assert folded.columns["seed"].tolist() == [2, MISSING]
    assert folded.columns["lot"].tolist() == [8, 9]


def test_large_totals_are_exact() -> None:
    # Sums above 2**53 would be wrong by some as floating point.
    size = 3
    huge = np.full(size, 2**60 + 1, dtype=np.int64)
    rows = battle_royale([Placed(1, match, 1) for match in range(size)], TABLE)

    folded = fold_battle_royale(ids(1), replace(rows, kill_points=huge), adjustments(), TABLE)

    assert folded.columns["kill_points"].tolist() == [3 * (2**60 + 1)]
