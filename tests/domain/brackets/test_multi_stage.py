"""From groups into a bracket: winners first, and nobody meets the own group before it has to be."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.brackets.multi_stage import (
    Cut,
    advancing,
    changed_seats,
    cut,
    meeting_round,
    seated_around,
    seeds_of,
)
from webapp.domain.errors import BracketError, Conflict


def groups_of(count: int, each: int) -> list[list[int]]:
    """Participant 203 is second of the third group."""
    return [[100 * place + group for place in range(1, each + 1)] for group in range(1, count + 1)]


def earliest_of_same_group(seeds: tuple[int, ...]) -> int:
    same = [
        (one, other) for one, other in combinations(range(1, len(seeds) + 1), 2) if not (seeds[one - 1] - seeds[other - 1]) % 100
    ]  # fmt: skip
    return min(meeting_round(one, other, len(seeds)) for one, other in same)


def test_seeds_meet_when_the_standard_bracket_says() -> None:
    assert [meeting_round(1, other, 8) for other in range(2, 9)] == [3, 3, 2, 2, 3, 3, 1]
    assert meeting_round(4, 5, 6) == 1
    assert meeting_round(1, 2, 2) == 1


@pytest.mark.parametrize("count", [2, 4, 8, 16, 32])
def test_winner_and_second_of_a_group_meet_in_the_final_alone(count: int) -> None:
    seeds = advancing(groups_of(count, 2))

    assert seeds[:count] == tuple(100 + group for group in range(1, count + 1))
    assert set(seeds[count:]) == {200 + group for group in range(1, count + 1)}
    assert earliest_of_same_group(seeds) == count.bit_length()


@pytest.mark.parametrize("count", range(2, 20))
@pytest.mark.parametrize("each", [1, 2, 3, 4])
def test_everybody_goes_on_once_and_better_places_get_better_seeds(count: int, each: int) -> None:
    seeds = advancing(groups_of(count, each))

    assert [participant // 100 for participant in seeds] == [
        place for place in range(1, each + 1) for _ in range(count)
    ]
    assert sorted(seeds) == sorted(participant for group in groups_of(count, each) for participant in group)
    if each == 2:
        assert earliest_of_same_group(seeds) > 1


def test_four_of_two_groups_cross_over() -> None:
    assert advancing([[11, 12], [21, 22]]) == (11, 21, 12, 22)


@pytest.mark.parametrize("groups", [[], [[]], [[1, 2], [3]]])
def test_groups_that_send_different_numbers_are_refused(groups: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="every group sends as many"):
        advancing(groups)


TABLE = [(1, 11), (2, 12), (2, 13), (4, 14)]


def test_the_line_is_drawn_after_those_who_advance() -> None:
    assert cut("A", TABLE, 1) == Cut("A", 1, (11,), ())
    assert cut("A", TABLE, 3) == Cut("A", 3, (11, 12, 13), ())
    assert cut(None, TABLE, 4) == Cut(None, 4, (11, 12, 13, 14), ())


def test_who_is_level_across_the_line_is_left_to_a_person() -> None:
    cuts = [cut("A", TABLE, 2), cut("B", [(1, 21), (2, 22), (3, 23)], 2)]
    assert cuts[0] == Cut("A", 2, (11,), (12, 13))

    with pytest.raises(Conflict, match="participants 12, 13 are level") as refused:
        seeds_of(cuts)
    assert refused.value.code == "tie_at_cut"
    assert refused.value.fields[0].path == "group A"
    assert seeds_of(cuts, [11, 21, 22, 13]) == (11, 21, 22, 13)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([11, 12, 13, 21, 22], "group A: 1 of the participants 12, 13 advance, not 2"),
        ([11, 21, 22], "group A: 1 of the participants 12, 13 advance, not 0"),
        ([12, 21, 22], "group A: participants 11 advance and are missing"),
        ([11, 12, 21, 22, 23], "order: participant 23 does not advance"),
        ([11, 11, 12, 21, 22], "order: participant 11 is there 2 times"),
    ],
)
def test_an_order_of_others_is_refused(order: list[int], message: str) -> None:
    cuts = [cut("A", TABLE, 2), cut("B", [(1, 21), (2, 22), (3, 23)], 2)]

    with pytest.raises(BracketError) as refused:
        seeds_of(cuts, order)
    assert message in refused.value.message


def test_without_ties_the_seeds_follow_from_the_tables() -> None:
    cuts = [cut("A", [(1, 11), (2, 12), (3, 13)], 2), cut("B", [(1, 21), (2, 22)], 2)]

    assert seeds_of(cuts) == (11, 21, 12, 22)


@pytest.mark.parametrize(
    ("drawn", "before", "after", "expected"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 4], [2, 1, 3, 5], (2, 1, 3, 5)),
        ([4, 3, 2, 1], [1, 2, 3, 4], [1, 2, 5, 4], (4, 5, 2, 1)),
        ([4, 3, 2, 1], None, [1, 2, 3, 4], (4, 3, 2, 1)),
    ],
)  # fmt: skip
def test_a_drawn_bracket_is_seated_by_the_rules_or_as_a_person_ordered_it(
    drawn: list[int], before: list[int] | None, after: list[int], expected: tuple[int, ...]
) -> None:
    assert changed_seats(drawn, before, after) == expected


@given(st.data())
def test_whatever_is_kept_nobody_stands_twice_and_only_who_comes_is_left_out(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 12))
    drawn = data.draw(st.permutations(range(size)))
    wanted = data.draw(st.lists(st.integers(0, size + 3), min_size=size, max_size=size, unique=True))
    kept = data.draw(st.sets(st.integers(1, size)))
    seats = seated_around(drawn, wanted, kept)
    staying = {drawn[seed - 1] for seed in kept}
    assert len(set(seats)) == size
    assert all(seats[seed - 1] == drawn[seed - 1] for seed in kept)
    assert set(seats) <= {*wanted, *staying}
    assert set(wanted) & set(drawn) <= set(seats)
    if not kept:
        assert seats == tuple(wanted)
