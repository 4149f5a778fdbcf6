"""Whoever is overridden stands exactly there, everybody else as computed, whatever the cascade and the ties."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.builders import ids, rules
from tests.domain.test_ranking_properties import EXAMPLES, Case, random_case
from webapp.domain.cascades import CascadeKey
from webapp.domain.columns import column
from webapp.domain.explain import explain, rebuilt_order
from webapp.domain.overrides import overridden, positions_taken
from webapp.domain.ranking import ID_KEY, OVERRIDE_KEY, Ranking, decider_name, rank
from webapp.domain.standings import Standings, standings_of

RULES = rules(cascade=["points"])


def board_of(*points: int, champion: int | None = None) -> Standings:
    """Participants 1, 2, 3 … with these points."""
    return standings_of(ids(*range(1, len(points) + 1)), {"points": column(points)}, champion=champion)


def order_of(standings: Standings, ranking: Ranking) -> list[int]:
    order: list[int] = standings.participant_id[ranking.order].tolist()
    return order


def ranks_of(standings: Standings, ranking: Ranking) -> dict[int, int]:
    return dict(zip(standings.participant_id.tolist(), ranking.ranks.tolist(), strict=True))


def moved(standings: Standings, overrides: Mapping[int, int], *, ties: str = "id") -> Ranking:
    computed = rank(standings, RULES.cascade, ties=ties)
    return overridden(computed, overrides, standings, RULES.cascade, ties=ties)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({5: 1}, [5, 1, 2, 3, 4]),
        ({1: 5}, [2, 3, 4, 5, 1]),
        ({3: 3}, [1, 2, 3, 4, 5]),
        ({1: 2, 2: 1}, [2, 1, 3, 4, 5]),
        ({5: 1, 4: 3}, [5, 1, 4, 2, 3]),
        ({1: 5, 2: 4, 3: 3, 4: 2, 5: 1}, [5, 4, 3, 2, 1]),
        # Somebody who has left is passed over, and keeps no place free.
        ({99: 1, 5: 2}, [1, 5, 2, 3, 4]),
        # The board has become shorter than the ranks that were set on it: last ones, in the order of their ranks.
        ({1: 9}, [2, 3, 4, 5, 1]),
        ({1: 9, 2: 8}, [3, 4, 5, 2, 1]),
        ({1: 9, 2: 5}, [3, 4, 5, 2, 1]),
        ({1: 9, 2: 4}, [3, 4, 5, 2, 1]),
        ({1: 9, 2: 3}, [3, 4, 2, 5, 1]),
    ],
)
def test_the_overridden_stand_exactly_there_and_the_others_as_computed(
    overrides: dict[int, int], expected: list[int]
) -> None:
    standings = board_of(50, 40, 30, 20, 10)
    ranking = moved(standings, overrides)
    assert order_of(standings, ranking) == expected
    assert ranks_of(standings, ranking) == {who: place for place, who in enumerate(expected, start=1)}
    assert ranking.computed_ranks.tolist() == [1, 2, 3, 4, 5]
    assert ranking.is_override.tolist() == [who in overrides for who in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("ranks", "size", "expected"),
    [
        ([], 3, []),
        ([1, 2, 3], 3, [0, 1, 2]),
        ([2, 2, 2], 5, [1, 2, 3]),
        ([4, 5, 9], 5, [2, 3, 4]),
        ([7, 8], 2, [0, 1]),
    ],
)
def test_every_rank_has_one_place(ranks: list[int], size: int, expected: list[int]) -> None:
    assert positions_taken(column(ranks), size).tolist() == expected


def test_nobody_shares_a_rank_with_an_overridden_row_and_the_tied_are_parted_by_it() -> None:
    standings = board_of(50, 40, 40, 40, 10)
    computed = rank(standings, RULES.cascade, ties="shared")
    assert ranks_of(standings, computed) == {1: 1, 2: 2, 3: 2, 4: 2, 5: 5}
    # 5 goes between the tied: who stands behind it no longer shares the rank of who stands before it.
    ranking = moved(standings, {5: 3}, ties="shared")
    assert ranks_of(standings, ranking) == {1: 1, 2: 2, 5: 3, 3: 4, 4: 4}
    assert ranking.tied.tolist() == [False, False, True, True, False]
    # One of the tied is set first of them: the two others still share theirs.
    ranking = moved(standings, {4: 2}, ties="shared")
    assert ranks_of(standings, ranking) == {1: 1, 4: 2, 2: 3, 3: 3, 5: 5}
    assert ranking.tied.tolist() == [False, True, True, False, False]


def test_a_decision_of_staff_settles_a_tie() -> None:
    standings = board_of(40, 40)
    assert rank(standings, RULES.cascade).tied.tolist() == [True, True]
    ranking = moved(standings, {2: 1})
    assert (order_of(standings, ranking), ranking.tied.tolist()) == ([2, 1], [False, False])


def test_staff_stand_above_match_point_and_the_champion_stays_one() -> None:
    standings = board_of(10, 30, 20, champion=1)
    assert order_of(standings, rank(standings, RULES.cascade)) == [1, 2, 3]
    ranking = moved(standings, {3: 1})
    assert order_of(standings, ranking) == [3, 1, 2]
    names = [decider_name(value, RULES.cascade) for value in ranking.decided_by.tolist()]
    assert names == [None, OVERRIDE_KEY, "match_point"]
    # Away from the first place: the others stand by their points, in no tie with whom staff have moved.
    ranking = moved(standings, {1: 3})
    assert order_of(standings, ranking) == [2, 3, 1]
    assert standings.champion == 1
    # The champion's rival is taken out from between: match point decides between it and the next one too.
    ranking = moved(standings, {2: 3})
    assert [decider_name(value, RULES.cascade) for value in ranking.decided_by.tolist()] == [
        None, "match_point", OVERRIDE_KEY,
    ]  # fmt: skip


def test_what_decides_between_two_is_found_again_when_one_between_them_has_gone() -> None:
    cascade = rules(cascade=["points", "kills"]).cascade
    standings = standings_of(ids(1, 2, 3, 4), {"points": column([9, 9, 5, 9]), "kills": column([3, 2, 0, 2])})
    computed = rank(standings, cascade)
    assert order_of(standings, computed) == [1, 2, 4, 3]
    ranking = overridden(computed, {2: 4}, standings, cascade)
    assert order_of(standings, ranking) == [1, 4, 3, 2]
    assert [decider_name(value, cascade) for value in ranking.decided_by.tolist()] == [
        None, "kills", "points", OVERRIDE_KEY,
    ]  # fmt: skip
    # Only the id had separated 2 and 4; now nothing of that kind is on the board.
    assert not ranking.tied.any()


def overrides_of(data: st.DataObject, roster: list[int], *, highest: int) -> dict[int, int]:
    who = data.draw(st.lists(st.sampled_from([*roster, 77]), unique=True, max_size=4))
    ranks = data.draw(st.lists(st.integers(1, highest), unique=True, min_size=len(who), max_size=len(who)))
    return dict(zip(who, ranks, strict=True))


def a_case(data: st.DataObject) -> tuple[Case, tuple[CascadeKey, ...], str, Ranking]:
    case, cascade = random_case(data)
    ties = data.draw(st.sampled_from(["id", "shared"]))
    computed = rank(case.standings, cascade, ties=ties, meetings=case.meetings)
    return case, cascade, ties, computed


@given(st.data())
@EXAMPLES
def test_exact_ranks_kept_order_and_nothing_lost(data: st.DataObject) -> None:
    case, cascade, ties, computed = a_case(data)
    standings, size = case.standings, len(case.standings)
    roster = standings.participant_id.tolist()
    overrides = overrides_of(data, roster, highest=max(size, 5) + 3)
    ranking = overridden(computed, overrides, standings, cascade, ties=ties, meetings=case.meetings)
    order, ranks = order_of(standings, ranking), ranks_of(standings, ranking)
    there = {who: wanted for who, wanted in overrides.items() if who in roster}
    assert sorted(order) == roster
    if max(there.values(), default=0) <= size:
        assert {who: ranks[who] for who in there} == there
    assert [who for who in order if who in there] == sorted(there, key=lambda who: there[who])
    others = [who for who in order if who not in there]
    assert others == [who for who in order_of(standings, computed) if who not in there]
    # Ranks never fall along the board, and are shared by the tied alone.
    along = [ranks[who] for who in order]
    assert along == sorted(along)
    shared = {who for who in order if along.count(ranks[who]) > 1}
    assert shared <= {who for who, tied in zip(roster, ranking.tied.tolist(), strict=True) if tied} - there.keys()
    assert ranking.computed_ranks.tolist() == computed.ranks.tolist()
    if ties == "id":
        assert along == list(range(1, size + 1))


@given(st.data())
@EXAMPLES
def test_the_reasons_rebuild_the_order_and_are_those_of_the_cascade(data: st.DataObject) -> None:
    case, cascade, ties, computed = a_case(data)
    standings, roster = case.standings, case.standings.participant_id.tolist()
    overrides = overrides_of(data, roster, highest=len(roster) + 4)
    ranking = overridden(computed, overrides, standings, cascade, ties=ties, meetings=case.meetings)
    traces = [
        explain(standings, cascade, ranking, position, meetings=case.meetings) for position in range(1, len(roster))
    ]
    if traces:
        assert rebuilt_order(data.draw(st.permutations(traces))) == order_of(standings, ranking)
    names = [decider_name(value, cascade) for value in ranking.decided_by.tolist()]
    assert names == [None, *(trace.decided_by for trace in traces)][: len(names)]
    by_id = {trace.ahead_id for trace in traces if trace.decided_by == ID_KEY}
    by_id |= {trace.behind_id for trace in traces if trace.decided_by == ID_KEY}
    assert {who for who, tied in zip(roster, ranking.tied.tolist(), strict=True) if tied} == by_id


@given(st.data())
@EXAMPLES
def test_without_overrides_nothing_changes_and_twice_is_once(data: st.DataObject) -> None:
    case, cascade, ties, computed = a_case(data)
    assert overridden(computed, {}, case.standings, cascade, ties=ties, meetings=case.meetings) is computed
    assert overridden(computed, {77: 1}, case.standings, cascade, ties=ties, meetings=case.meetings) is computed
    overrides = overrides_of(data, case.standings.participant_id.tolist(), highest=10)
    once = overridden(computed, overrides, case.standings, cascade, ties=ties, meetings=case.meetings)
    again = rank(case.standings, cascade, ties=ties, meetings=case.meetings)
    twice = overridden(again, overrides, case.standings, cascade, ties=ties, meetings=case.meetings)
    for name in ("order", "ranks", "tied", "decided_by", "is_override", "computed_ranks"):
        assert np.array_equal(getattr(once, name), getattr(twice, name)), name
