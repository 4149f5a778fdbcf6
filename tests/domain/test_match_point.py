import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.match_point import MatchEnd, MatchPointState, match_point_state
from webapp.domain.rules import MatchPoint

FIFTY = MatchPoint(50, None)


def ends(*matches: tuple[dict[int, int], int | None]) -> list[MatchEnd]:
    return [MatchEnd(number, totals, winner) for number, (totals, winner) in enumerate(matches, start=1)]


@pytest.mark.parametrize(
    ("rule", "played", "expected"),
    [
        pytest.param(FIFTY, [], MatchPointState({}, None, None, is_over=False, surplus=()), id="nothing is played"),
        pytest.param(
            FIFTY, [({1: 49, 2: 30}, 1)], MatchPointState({}, None, None, is_over=False, surplus=()), id="below the threshold"
        ),
        pytest.param(
            FIFTY, [({1: 50, 2: 30}, 1)], MatchPointState({1: 2}, None, None, is_over=False, surplus=()),
            id="reaching the threshold and winning in the same match is not enough",
        ),
        pytest.param(
            FIFTY, [({1: 50, 2: 30}, 1), ({1: 60, 2: 40}, 1)],
            MatchPointState({1: 2}, 1, 2, is_over=True, surplus=()), id="an eligible winner is champion",
        ),
        pytest.param(
            FIFTY, [({1: 50, 2: 45}, 1), ({1: 90, 2: 55}, 2), ({1: 95, 2: 67}, 2)],
            MatchPointState({1: 2, 2: 3}, 2, 3, is_over=True, surplus=()), id="first whatever the points say",
        ),
        pytest.param(
            FIFTY, [({1: 50, 2: 10}, 1), ({1: 55, 2: 20}, 2)],
            MatchPointState({1: 2}, None, None, is_over=False, surplus=()), id="somebody else wins",
        ),
        pytest.param(
            FIFTY, [({1: 50}, None), ({1: 55}, None)],
            MatchPointState({1: 2}, None, None, is_over=False, surplus=()), id="no winner is known",
        ),
        pytest.param(
            FIFTY, [({1: 52}, 1), ({1: 48}, 2), ({1: 49}, 1)],
            MatchPointState({}, None, None, is_over=False, surplus=()), id="a penalty takes eligibility away",
        ),
        pytest.param(
            FIFTY, [({1: 52}, 1), ({1: 48}, 2), ({1: 53}, 1), ({1: 60}, 1)],
            MatchPointState({1: 4}, 1, 4, is_over=True, surplus=()), id="and it can be reached anew",
        ),
        pytest.param(
            FIFTY, [({1: 50}, 2), ({1: 60}, 1), ({1: 70}, 1), ({1: 80}, 2)],
            MatchPointState({1: 2}, 1, 2, is_over=True, surplus=(3, 4)), id="matches after the end decide nothing",
        ),
        pytest.param(
            MatchPoint(80, 3), [({1: 20, 2: 10}, 1), ({1: 30, 2: 20}, 1), ({1: 40, 2: 35}, 2)],
            MatchPointState({}, None, 3, is_over=True, surplus=()), id="at the cap the board decides",
        ),
        pytest.param(
            MatchPoint(80, 2), [({1: 80, 2: 10}, 1), ({1: 90, 2: 20}, 1)],
            MatchPointState({1: 2}, 1, 2, is_over=True, surplus=()), id="an eligible winner of the last match is champion",
        ),
        pytest.param(
            MatchPoint(80, 1), [({1: 90}, 1), ({1: 99}, 1)],
            MatchPointState({1: 2}, None, 1, is_over=True, surplus=(2,)), id="a match after the cap crowns nobody",
        ),
    ],
)  # fmt: skip
def test_match_point(
    rule: MatchPoint, played: list[tuple[dict[int, int], int | None]], expected: MatchPointState
) -> None:
    assert match_point_state(rule, ends(*played)) == expected


def test_a_correction_of_an_earlier_match_takes_eligibility_away() -> None:
    before = match_point_state(FIFTY, ends(({1: 50, 2: 30}, 1), ({1: 60, 2: 40}, 1)))
    after = match_point_state(FIFTY, ends(({1: 49, 2: 30}, 1), ({1: 59, 2: 40}, 1)))
    assert (before.champion, before.is_over) == (1, True)
    assert (after.champion, after.is_over, after.eligible_since) == (None, False, {1: 3})


def test_matches_are_named_by_their_numbers_and_the_cap_counts_them() -> None:
    played = [MatchEnd(4, {1: 60}, 2), MatchEnd(9, {1: 70}, 2), MatchEnd(12, {1: 80}, 2)]
    state = match_point_state(MatchPoint(50, 3), played)
    assert state == MatchPointState({1: 9}, None, 12, is_over=True, surplus=())


@given(st.lists(st.tuples(st.dictionaries(st.integers(1, 4), st.integers(0, 80)), st.integers(1, 4)), max_size=12))
def test_a_champion_had_the_threshold_before_the_match_that_it_won(played: list[tuple[dict[int, int], int]]) -> None:
    state = match_point_state(FIFTY, ends(*played))
    hits = [n for n in range(1, len(played)) if played[n - 1][0].get(played[n][1], 0) >= 50]
    assert state.deciding_match == (hits[0] + 1 if hits else None)
    assert state.champion == (played[hits[0]][1] if hits else None)
