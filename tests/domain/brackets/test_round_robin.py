"""Round robins and groups: everybody meets everybody, fairly placed; groups are equally strong."""

from collections import Counter
from itertools import combinations, pairwise

import pytest

from webapp.domain.brackets.groups import group_name, group_stage, members
from webapp.domain.brackets.round_robin import LARGEST, Meeting, round_robin, schedule
from webapp.domain.brackets.structure import Node, Section

SIZES = range(2, LARGEST + 1)


def seeds_of(node: Node) -> tuple[int, int]:
    return int(node.a.of), int(node.b.of)


@pytest.mark.parametrize("legs", [1, 2])
def test_everybody_meets_everybody_once_a_leg_and_plays_once_a_round_at_most(legs: int) -> None:
    for size in SIZES:
        matches = list(schedule(size, legs=legs))

        assert Counter(frozenset(match[1:]) for match in matches) == Counter(
            {frozenset(pair): legs for pair in combinations(range(1, size + 1), 2)}
        )
        playing = Counter((match.round, side) for match in matches for side in match[1:])
        assert set(playing.values()) == {1}
        assert max(match.round for match in matches) == legs * (size - 1 + size % 2)


def test_home_and_away_are_as_even_as_they_can_be() -> None:
    for size in SIZES:
        home, away = sides_of(list(schedule(size)))
        # Of an odd number of matches one is left over for somebody's home or away.
        assert {abs(home[seed] - away[seed]) for seed in range(1, size + 1)} == {1 - size % 2}

        home, away = sides_of(list(schedule(size, legs=2)))
        assert home == away


def sides_of(matches: list[Meeting]) -> tuple[Counter[int], Counter[int]]:
    return Counter(match.a for match in matches), Counter(match.b for match in matches)


def test_home_and_away_follow_each_other_as_often_as_they_can() -> None:
    # With an even number of participants n - 2 breaks are the fewest there can be, with an odd number none (de Werra).
    for size in SIZES:
        places: dict[int, list[str]] = {seed: [] for seed in range(1, size + 1)}
        for match in schedule(size):
            places[match.a].append("home")
            places[match.b].append("away")
        breaks = sum(before == after for own in places.values() for before, after in pairwise(own))
        assert breaks == (0 if size % 2 else size - 2)


def test_the_second_leg_is_the_first_with_the_sides_changed() -> None:
    matches = list(schedule(7, legs=2))
    first, second = matches[: len(matches) // 2], matches[len(matches) // 2 :]

    assert [(match.round - 7, match.b, match.a) for match in second] == [tuple(match) for match in first]


def test_the_best_two_meet_in_the_last_round() -> None:
    for size in range(2, LARGEST + 1, 2):
        matches = list(schedule(size))
        assert {*matches[0][1:]} == {1, size}
        assert {*next(match for match in matches if match.round == size - 1)[1:]} == {1, 2}


def test_nodes_are_named_by_group_round_and_place() -> None:
    bracket = round_robin(4)

    assert [node.key for node in bracket.nodes] == ["A-1-1", "A-1-2", "A-2-1", "A-2-2", "A-3-1", "A-3-2"]
    assert {(node.section, node.group) for node in bracket.nodes} == {(Section.GROUP, "A")}
    assert all(node.winner_to is None and node.loser_to is None for node in bracket.nodes)
    assert bracket.size == 4


@pytest.mark.parametrize(("size", "legs"), [(1, 1), (65, 1), (8, 0), (8, 3)])
def test_other_sizes_and_legs_are_refused(size: int, legs: int) -> None:
    with pytest.raises(ValueError, match="a round robin has"):
        round_robin(size, legs=legs)


def test_groups_are_dealt_out_in_a_snake() -> None:
    assert members(10, 3) == {"A": (1, 6, 7), "B": (2, 5, 8), "C": (3, 4, 9, 10)}


def test_groups_hold_everybody_once_and_are_equally_large_and_strong() -> None:
    for size in range(2, 130):
        for groups in range(-(-size // LARGEST), size // 2 + 1):
            dealt = members(size, groups)
            assert sorted(seed for group in dealt.values() for seed in group) == list(range(1, size + 1))
            sizes = {len(group) for group in dealt.values()}
            assert max(sizes) - min(sizes) <= 1
            if size % (2 * groups) == 0:
                assert len({sum(group) for group in dealt.values()}) == 1


def test_a_group_stage_is_a_round_robin_in_each_group_round_by_round() -> None:
    bracket = group_stage(10, 3, legs=2)

    assert [node.round for node in bracket.nodes] == sorted(node.round for node in bracket.nodes)
    assert len({node.key for node in bracket.nodes}) == len(bracket.nodes)
    for name, seeds in members(10, 3).items():
        met = Counter(frozenset(seeds_of(node)) for node in bracket.nodes if node.group == name)
        assert met == Counter({frozenset(pair): 2 for pair in combinations(seeds, 2)})


def test_there_are_names_for_all_groups() -> None:
    assert [group_name(number) for number in (0, 25, 26, 51, 52, 511)] == ["A", "Z", "AA", "AZ", "BA", "SR"]


@pytest.mark.parametrize(("size", "groups"), [(1, 1), (8, 0), (8, 5), (1025, 20), (200, 3)])
def test_groups_that_cannot_be_are_refused(size: int, groups: int) -> None:
    with pytest.raises(ValueError, match=r"groups are made of|participants make"):
        group_stage(size, groups)
