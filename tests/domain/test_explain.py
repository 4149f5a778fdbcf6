"""Why am I 5th: the steps with both sides' values, through comparisons among the tied and restarts."""

import pytest

from tests.domain.builders import Duel, Placed, adjustments, battle_royale, ids, rules, series
from webapp.domain.columns import column
from webapp.domain.explain import Explanation, Step, explain, rebuilt_order, shown
from webapp.domain.meetings import SeriesMeetings
from webapp.domain.ranking import rank
from webapp.domain.standings import fold_battle_royale, fold_series, standings_of


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("points", 12, 12),
        ("avg_placement", 425, 4.25),
        ("buchholz", 1250, 12.5),
        ("earliest_win_at", 1_700_000_000_000_000, "2023-11-14T22:13:20+00:00"),
        ("last_completed_at", 1_700_000_000_000_001, "2023-11-14T22:13:20.000001+00:00"),
        ("best_placement", None, None),
    ],
)
def test_values_are_shown_in_their_units(key: str, value: int | None, expected: object) -> None:
    assert shown(key, value) == expected


def test_steps_go_to_the_key_that_decided_and_no_further() -> None:
    own = rules(points_per_kill=1, placement_points=[5, 3], cascade=["points", "countback", "avg_placement"])
    rows = [Placed(1, 1, 1, 0), Placed(1, 2, 2, 1), Placed(2, 1, 2, 2), Placed(2, 2, 3, 4), Placed(3, 1, 3, 0)]
    standings = fold_battle_royale(ids(1, 2, 3), battle_royale(rows, own), adjustments(), own)
    ranking = rank(standings, own.cascade)

    explanation = explain(standings, own.cascade, ranking, 1)

    assert explanation.as_data() == {
        "ahead_id": 1,
        "behind_id": 2,
        "decided_by": "participant_id",
        "steps": [
            {"key": "points", "direction": "desc", "ahead": 9, "behind": 9, "decided": False, "attempt": 1},
            {
                "key": "countback",
                "direction": "desc",
                "ahead": 5,
                "behind": 5,
                "decided": False,
                "attempt": 1,
                "nth_best": 1,
            },
            {"key": "avg_placement", "direction": "asc", "ahead": 1.5, "behind": 2.5, "decided": True, "attempt": 1},
        ],
    } | {"decided_by": "avg_placement"}


def test_a_countback_says_which_best_match_decided() -> None:
    own = rules(points_per_kill=1, cascade=["points", "countback"])
    rows = [Placed(1, 1, 9, 4), Placed(1, 2, 9, 1), Placed(1, 3, 9, 1), Placed(2, 1, 8, 4), Placed(2, 2, 8, 2)]
    standings = fold_battle_royale(ids(1, 2), battle_royale(rows, own), adjustments(), own)

    step = explain(standings, own.cascade, rank(standings, own.cascade), 1).steps[-1]

    assert (step.key, step.ahead, step.behind, step.nth_best) == ("countback", 2, 1, 2)


def test_a_restart_shows_as_a_new_attempt_among_fewer() -> None:
    circle = [Duel(1, 1, 2, 1, 1, 0), Duel(2, 2, 3, 2, 1, 0), Duel(3, 3, 1, 3, 3, 2)]
    own = rules(cascade=["points", "head_to_head", {"key": "score_for", "among": "tied", "restart": True}])
    standings = fold_series(ids(1, 2, 3), series(circle), adjustments(), own)
    meetings = SeriesMeetings(ids(1, 2, 3), series(circle), own)
    ranking = rank(standings, own.cascade, meetings=meetings)

    explanation = explain(standings, own.cascade, ranking, 1, meetings=meetings)

    assert explanation == Explanation(
        ahead_id=3,
        behind_id=1,
        decided_by="head_to_head",
        steps=(
            Step("points", False, 3, 3),
            Step("head_to_head", False, 3, 3, among=(1, 2, 3)),
            Step("score_for", False, 3, 3, among=(1, 2, 3)),
            Step("head_to_head", False, 3, 0, among=(1, 3), attempt=2),
        ),
    )


def test_behind_a_match_point_champion_there_is_nothing_to_compare() -> None:
    standings = standings_of(ids(1, 2, 3), {"points": column([50, 60, 10])}, champion=3)
    cascade = rules(cascade=["points"]).cascade
    ranking = rank(standings, cascade)

    assert explain(standings, cascade, ranking, 1) == Explanation(3, 2, "match_point", ())
    assert explain(standings, cascade, ranking, 2).decided_by == "points"


@pytest.mark.parametrize("position", [-1, 0, 2])
def test_positions_without_a_neighbour_are_refused(position: int) -> None:
    standings = standings_of(ids(1, 2), {})
    cascade = rules().cascade

    with pytest.raises(ValueError, match="has no neighbour before it; positions go from 1 to 1"):
        explain(standings, cascade, rank(standings, cascade), position)


def test_comparing_the_tied_needs_their_meetings() -> None:
    standings = standings_of(ids(1, 2), {})
    own = rules(cascade=["points", "head_to_head"])
    meetings = SeriesMeetings(ids(1, 2), series([]), own)
    ranking = rank(standings, own.cascade, meetings=meetings)

    with pytest.raises(ValueError, match="needs the meetings"):
        explain(standings, own.cascade, ranking, 1)


def by_points(ahead_id: int, behind_id: int, ahead: int | None, behind: int | None) -> Explanation:
    return Explanation(ahead_id, behind_id, "points", (Step("points", False, ahead, behind),))


def test_traces_that_contradict_the_order_are_refused() -> None:
    assert rebuilt_order([by_points(2, 3, 4, None), by_points(1, 2, 5, 4)]) == [1, 2, 3]
    for wrong in (by_points(1, 2, 4, 5), by_points(1, 2, None, 5), by_points(2, 1, 4, 4)):
        with pytest.raises(ValueError, match="says the opposite"):
            rebuilt_order([wrong])
    with pytest.raises(ValueError, match="do not form one chain"):
        rebuilt_order([by_points(1, 2, 5, 4), by_points(3, 4, 5, 4)])
