"""Who won, by which rules, and when an official is asked."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.winners import PODIUM, TIE_RULES, Finish, Method, determine

NOTHING: Mapping[str, Mapping[int, int | None]] = {}


def finish(
    places: Sequence[Sequence[int]],
    values: Mapping[str, Mapping[int, int | None]] = NOTHING,
    *,
    way: Sequence[bool] = (False, False),
    **more: Any,
) -> Finish:
    def values_of(rule: str, group: Sequence[int]) -> dict[int, int | None]:
        return {who: values.get(rule, {}).get(who) for who in group}

    return Finish(source="board", places=places, values_of=values_of, way_of=lambda _winner: way, **more)


def outcomes(found: Finish) -> list[tuple[str, str]]:
    return [(step.rule, step.outcome) for step in determine(found).steps]


def test_places_that_nobody_shares_need_no_rule() -> None:
    verdict = determine(finish([[7], [3], [5], [9]]))
    assert verdict.podium == (7, 3, 5)
    assert (verdict.method, verdict.requires_review) == (Method.NORMAL, False)
    assert [step.to_mapping() for step in verdict.steps] == [
        {"rule": "board", "data": {"places": [[7], [3], [5]]}, "outcome": "decided"},
        {"rule": "forfeit_chain", "data": {"participant_id": 7, "matches": 2, "forfeits": 0}, "outcome": "passed"},
    ]


@pytest.mark.parametrize(
    ("values", "winner", "said"),
    [
        ({"head_to_head": {1: 0, 2: 3}, "seed": {1: 1, 2: 2}}, 2, ["decided"]),
        ({"head_to_head": {1: 1, 2: 1}, "score_difference": {1: 4, 2: 6}}, 2, ["level", "decided"]),
        ({"score_difference": {1: 4, 2: 4}, "seed": {1: 2, 2: 1}}, 2, ["not_applicable", "level", "decided"]),
        (
            {"seed": {1: None, 2: 1}, "completion_time": {1: 50, 2: 40}},
            2,
            ["not_applicable", "not_applicable", "not_applicable", "decided"],
        ),
    ],
)
def test_the_tie_rules_are_asked_in_their_order_until_one_decides(
    values: Mapping[str, Mapping[int, int | None]], winner: int, said: list[str]
) -> None:
    found = finish([[1, 2], [3]], values)
    verdict = determine(found)
    assert (verdict.podium[0], verdict.method, verdict.requires_review) == (winner, Method.TIEBREAK, False)
    assert outcomes(found)[1:-1] == [(rule.name, outcome) for rule, outcome in zip(TIE_RULES, said, strict=False)]


def test_what_no_rule_separates_waits_for_an_official_and_names_who_is_level() -> None:
    verdict = determine(finish([[4, 2], [3]]))
    assert verdict.requires_review
    assert verdict.podium == (2, 4, 3)
    assert verdict.method is Method.NORMAL
    review = next(step for step in verdict.steps if step.rule == "review")
    assert review.data == {"place": 1, "participants": [2, 4]}


def test_a_rule_that_separates_some_leaves_the_rest_to_the_next() -> None:
    values = {"head_to_head": {1: 2, 2: 5, 3: 2}, "seed": {1: 9, 3: 4}}
    found = finish([[1, 2, 3]], values)
    assert determine(found).podium == (2, 3, 1)
    assert outcomes(found)[1:-1] == [
        ("head_to_head", "narrowed"), ("score_difference", "not_applicable"), ("seed", "decided")
    ]  # fmt: skip


def test_a_tie_behind_the_first_does_not_make_the_win_a_tiebreak() -> None:
    verdict = determine(finish([[1], [2], [3, 4]], {"seed": {3: 4, 4: 3}}))
    assert (verdict.podium, verdict.method) == ((1, 2, 4), Method.NORMAL)


def test_a_tie_behind_the_third_place_asks_nobody() -> None:
    found = finish([[1], [2], [3], [4, 5]])
    assert not determine(found).requires_review
    assert [rule for rule, _ in outcomes(found)] == ["board", "forfeit_chain"]


@pytest.mark.parametrize(("way", "asks"), [([True, False, False], False), ([True, False], True), ([True], True)])
def test_half_a_way_of_forfeits_asks_for_review(way: list[bool], asks: bool) -> None:
    verdict = determine(finish([[1], [2]], way=way))
    assert verdict.requires_review is asks
    assert verdict.method is (Method.FORFEIT_CHAIN if asks else Method.NORMAL)
    assert verdict.podium == (1, 2, None)


def test_the_first_place_is_shared_only_where_that_is_allowed() -> None:
    values = {"seed": {1: 2, 2: 1}}
    shared = finish([[1, 2], [3]], values, may_share=frozenset({1, 2, 3}))
    assert (determine(shared).podium, determine(shared).requires_review) == ((1, 2, 3), False)
    assert ("shared_place", "shared") in outcomes(shared)
    apart = finish([[1, 2], [3, 4]], values, may_share=frozenset({2, 3}))
    assert (determine(apart).podium, determine(apart).method) == ((2, 1, 3), Method.TIEBREAK)


def test_nothing_played_is_never_settled_by_the_seed() -> None:
    verdict = determine(finish([[1, 2]], {"seed": {1: 1, 2: 2}}, was_played=False))
    assert verdict.requires_review
    assert determine(finish([])).podium == (None, None, None)


@pytest.mark.parametrize(
    ("more", "method", "asks"),
    [
        ({"is_set_by_staff": True}, Method.MANUAL, False),
        ({"has_match_point": True}, Method.MATCH_POINT, False),
        ({"is_race_open": True}, Method.NORMAL, True),
    ],
)
def test_staff_and_match_point_stand_above_the_board(more: dict[str, Any], method: Method, asks: bool) -> None:
    verdict = determine(finish([[1], [2], [3]], **more))
    assert (verdict.method, verdict.requires_review) == (method, asks)
    is_race_won = method is Method.MATCH_POINT
    assert [step.rule for step in verdict.steps][:1] == ["match_point" if is_race_won else "board"]


ids = st.lists(st.integers(1, 40), unique=True, min_size=1, max_size=12)


@given(ids=ids, cuts=st.lists(st.booleans(), min_size=12, max_size=12), data=st.data())
def test_whatever_is_tied_the_verdict_is_the_same_again_and_respects_the_places(
    ids: list[int], cuts: list[bool], data: st.DataObject
) -> None:
    places: list[list[int]] = []
    for who, cut in zip(ids, cuts, strict=False):
        if cut or not places:
            places.append([])
        places[-1].append(who)
    numbers = st.one_of(st.none(), st.integers(0, 2))
    values = {rule.name: {who: data.draw(numbers) for who in ids} for rule in TIE_RULES}
    verdict = determine(finish(places, values))
    assert verdict == determine(finish([sorted(group, reverse=True) for group in places], values))
    podium = [who for who in verdict.podium if who is not None]
    assert len(podium) == min(PODIUM, len(ids))
    group_of = {who: number for number, group in enumerate(places) for who in group}
    assert [group_of[who] for who in podium] == sorted(group_of[who] for who in ids)[: len(podium)]
