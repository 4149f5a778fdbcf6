"""Match point in the fold: eligibility, champion and cap from results, adjustments and corrections."""

from tests.domain.builders import Adjusted, Placed, adjustments, battle_royale, ids, rules
from webapp.domain.columns import to_optional
from webapp.domain.ranking import BY_MATCH_POINT, rank
from webapp.domain.standings import Standings, fold_battle_royale


def fold(rows: list[Placed], *ledger: Adjusted, cap: int | None = None, count_best: int | None = None) -> Standings:
    own = rules(
        points_per_kill=1,
        placement_points=[10, 5],
        match_point={"threshold": 20, "cap": cap},
        cascade=["points"],
        count_best=count_best,
    )
    return fold_battle_royale(ids(1, 2, 3), battle_royale(rows, own), adjustments(ledger), own)


def match(number: int, *finish: int, kills: int = 0) -> list[Placed]:
    """The participants from first to last."""
    return [Placed(one, number, place, kills) for place, one in enumerate(finish, start=1)]


def race(standings: Standings) -> tuple[list[int | None], int | None]:
    return to_optional(standings.eligible_since), standings.champion


def test_reaching_the_threshold_and_winning_in_one_match_does_not_end_it() -> None:
    assert race(fold([*match(1, 1, 2, 3), *match(2, 1, 2, 3)])) == ([3, None, None], None)


def test_an_eligible_winner_is_champion_and_first_whatever_the_points() -> None:
    third = [Placed(2, 3, 1, 30), Placed(3, 3, 2), Placed(1, 3, 3)]

    standings = fold([*match(1, 1, 2, 3), *match(2, 1, 3, 2), *third, *match(4, 1, 2, 3)])

    assert race(standings) == ([3, 4, None], 1)
    ranking = rank(standings, rules(cascade=["points"]).cascade)
    assert standings.columns["points"].tolist() == [30, 50, 10]
    assert ranking.order.tolist() == [0, 1, 2]
    assert ranking.decided_by[1] == BY_MATCH_POINT


def test_the_order_of_match_numbers_counts_and_not_that_of_rows() -> None:
    rows = [*match(1, 1, 2, 3), *match(2, 1, 3, 2), *match(10, 1, 2, 3)]

    assert race(fold(rows[::-1])) == race(fold(rows)) == ([10, None, None], 1)


def test_a_correction_takes_eligibility_and_the_title_away() -> None:
    rows = [*match(1, 1, 2, 3), *match(2, 1, 3, 2), *match(3, 1, 2, 3)]
    assert race(fold(rows)) == ([3, None, None], 1)

    corrected = [*match(1, 2, 1, 3), *match(2, 1, 3, 2), *match(3, 1, 2, 3)]

    assert race(fold(corrected)) == ([4, None, None], None)


def test_a_head_start_counts_from_the_start_and_a_penalty_from_its_match() -> None:
    rows = [*match(1, 1, 2, 3), *match(2, 1, 2, 3), *match(3, 1, 2, 3)]

    assert race(fold(rows)) == ([3, None, None], 1)
    assert race(fold(rows, Adjusted(1, None, 10))) == ([2, None, None], 1)
    assert race(fold(rows, Adjusted(1, 2, -1))) == ([4, None, None], None)
    assert race(fold(rows, Adjusted(1, 3, -1))) == ([3, None, None], 1)


def test_at_the_cap_the_highest_total_is_first_by_the_cascade() -> None:
    standings = fold([*match(1, 1, 2, 3), *match(2, 1, 2, 3), *match(3, 2, 1, 3)], cap=3)

    assert standings.champion is None
    assert rank(standings, rules(cascade=["points"]).cascade).order.tolist() == [0, 1, 2]


def test_with_best_matches_the_total_of_the_best_so_far_must_reach_the_threshold() -> None:
    rows = [*match(1, 1, 2, 3, kills=5), *match(2, 2, 1, 3, kills=4), *match(3, 1, 3, 2)]

    assert race(fold(rows, count_best=1)) == ([None, None, None], None)
    assert race(fold(rows))[0] == [3, 3, None]
    one_great_match = [*match(1, 1, 2, 3, kills=10), *match(2, 2, 3, 1), *match(3, 1, 3, 2)]
    assert race(fold(one_great_match, count_best=1)) == ([2, None, None], 1)


def test_a_shared_first_place_wins_nothing() -> None:
    rows = [*match(1, 1, 2, 3), *match(2, 1, 2, 3), Placed(1, 3, 1, high=2), Placed(2, 3, 1, high=2)]

    assert race(fold(rows))[1] is None


def test_without_the_rule_nobody_is_eligible() -> None:
    own = rules(placement_points=[30])
    standings = fold_battle_royale(ids(1), battle_royale([Placed(1, 1, 1), Placed(1, 2, 1)], own), adjustments(), own)

    assert race(standings) == ([None], None)


def test_no_match_yet() -> None:
    assert race(fold([], Adjusted(1, None, 50))) == ([None, None, None], None)
