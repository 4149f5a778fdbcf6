from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.board import Board
from webapp.domain.cascades import ENGINE
from webapp.domain.columns import MISSING, column
from webapp.domain.ranking import rank
from webapp.domain.seasons import SEASON_SLUG, fold_rounds
from webapp.domain.standing_columns import standings_of

Round = dict[int, int]
"""Points by subject."""
rounds_strategy = st.lists(st.dictionaries(st.integers(1, 8), st.integers(-5, 40), max_size=6), max_size=6)


def board_of(points: Round, **columns: list[int | None]) -> Board:
    """A tournament's board of these subjects; whose participant ids are not those of the subjects."""
    subjects = sorted(points)
    ids = column(100 + place for place in range(len(subjects)))
    totals = {"points": column(points[subject] for subject in subjects)}
    totals |= {name: column(values) for name, values in columns.items()}
    standings = standings_of(ids, totals)
    return Board(standings, rank(standings, ENGINE), column(10 * subject for subject in subjects), column(subjects))


def best(points: list[int], count: int | None) -> int:
    return sum(sorted(points, reverse=True)[:count])


@given(rounds_strategy, st.none() | st.integers(1, 4))
def test_points_are_those_of_the_best_rounds(rounds: list[Round], count_best: int | None) -> None:
    totals, teams = fold_rounds([board_of(points) for points in rounds], count_best=count_best)
    expected: dict[int, list[int]] = defaultdict(list)
    for points in rounds:
        for subject, won in points.items():
            expected[subject].append(won)
    assert dict(zip(totals.participant_id.tolist(), totals.columns["points"].tolist(), strict=True)) == {
        subject: best(points, count_best) for subject, points in sorted(expected.items())
    }
    assert teams.tolist() == [10 * subject for subject in sorted(expected)]


def test_sums_extremes_and_weighted_averages_are_of_all_rounds() -> None:
    first = board_of(
        {1: 10, 2: 5}, kills=[4, 1], wins=[1, 0], matches_played=[3, 3], best_placement=[1, 4], avg_placement=[200, 500],
        earliest_win_at=[50, None], last_completed_at=[90, 90], time_alive_s=[60, 30],
    )  # fmt: skip
    second = board_of(
        {1: 2, 3: 7}, kills=[2, 9], wins=[0, 1], matches_played=[1, 1], best_placement=[6, 1], avg_placement=[600, None],
        earliest_win_at=[None, 20], last_completed_at=[70, 95], time_alive_s=[5, 5],
    )  # fmt: skip
    totals, _ = fold_rounds([first, second], count_best=1)
    columns = totals.columns
    assert totals.participant_id.tolist() == [1, 2, 3]
    assert columns["points"].tolist() == [10, 5, 7]
    assert columns["kills"].tolist() == [6, 1, 9]
    assert columns["wins"].tolist() == [1, 0, 1]
    assert columns["matches_played"].tolist() == [4, 3, 1]
    assert columns["best_placement"].tolist() == [1, 4, 1]
    # (3 x 2.00 + 1 x 6.00) / 4
    assert columns["avg_placement"].tolist() == [300, 500, MISSING]
    assert columns["avg_kills"].tolist() == [150, 33, 900]
    assert columns["earliest_win_at"].tolist() == [50, MISSING, 20]
    assert columns["last_completed_at"].tolist() == [90, 90, 95]
    assert columns["time_alive_s"].tolist() == [65, 30, 5]


def test_no_round_no_subject() -> None:
    totals, teams = fold_rounds([], count_best=None)
    assert (len(totals), teams.size) == (0, 0)
    assert np.array_equal(rank(totals, ENGINE).order, np.zeros(0, np.int64))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2025_S1", True), ("s", True), ("a.b-c_d", True), ("", False), ("_x", False), ("a b", False), ("ä", False), ("x" * 41, False)],
)  # fmt: skip
def test_a_season_is_named_by_letters_digits_and_few_signs(text: str, expected: bool) -> None:
    assert bool(SEASON_SLUG.fullmatch(text)) is expected
