"""Swiss rounds: the laws hold whatever the results, and small fields are paired as by hand."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain.brackets.settings import PAIRINGS
from webapp.domain.brackets.structure import Node, Section
from webapp.domain.brackets.swiss import (
    HALVES,
    HIGH_LOW,
    Entrant,
    first_round,
    next_round,
    rounds_at_most,
    usual_rounds,
)
from webapp.domain.errors import Conflict

WIN, DRAW = 2, 1


def pairs(nodes: Sequence[Node]) -> list[tuple[int, int]]:
    """Without sides: who is ahead by seed comes first."""
    return [(min(pair), max(pair)) for pair in both_sides(nodes)]


def both_sides(nodes: Sequence[Node]) -> list[tuple[int, int]]:
    return [(int(node.a.of), int(node.b.of)) for node in nodes if node.b.kind == "seed"]


def byes(nodes: Sequence[Node]) -> list[int]:
    return [int(node.a.of) for node in nodes if node.b.kind == "bye"]


class Played:
    """A Swiss that is played with results from dice."""

    def __init__(self, size: int, pairing: str, seed: int) -> None:
        self.size, self.pairing, self.dice = size, pairing, random.Random(seed)
        self.scores: Counter[int] = Counter()
        self.met: dict[int, set[int]] = defaultdict(set)
        self.rested: set[int] = set()
        self.sides: dict[int, list[str]] = defaultdict(list)

    def field(self) -> list[Entrant]:
        order = sorted(range(1, self.size + 1), key=lambda seed: (-self.scores[seed], seed))
        return [
            Entrant(
                seed, self.scores[seed], frozenset(self.met[seed]), seed in self.rested,
                self.sides[seed].count("a"), self.sides[seed].count("b"),
            )
            for seed in order
        ]  # fmt: skip

    def round(self, number: int) -> tuple[Node, ...]:
        nodes = next_round(self.field(), number=number, pairing=self.pairing)
        for seed in byes(nodes):
            self.rested.add(seed)
            self.scores[seed] += WIN
        for a, b in both_sides(nodes):
            self.met[a].add(b)
            self.met[b].add(a)
            self.sides[a].append("a")
            self.sides[b].append("b")
            winner = self.dice.choice((a, b, None))
            for side in (a, b):
                self.scores[side] += DRAW if winner is None else WIN * (side == winner)
        return nodes


@given(st.integers(2, 40), st.sampled_from(PAIRINGS), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_every_round_that_is_promised_is_found_and_keeps_the_laws(size: int, pairing: str, seed: int) -> None:
    played = Played(size, pairing, seed)

    for number in range(1, rounds_at_most(size) + 1):
        met = {person: set(others) for person, others in played.met.items()}
        rested = set(played.rested)
        nodes = played.round(number)
        paired = both_sides(nodes)

        assert sorted([side for pair in paired for side in pair] + byes(nodes)) == list(range(1, size + 1))
        assert all(b not in met.get(a, set()) for a, b in paired)
        assert len(byes(nodes)) == size % 2
        assert not rested & set(byes(nodes))
        assert [node.key for node in nodes] == [f"S{number}-{place}" for place in range(1, len(nodes) + 1)]
        assert {(node.section, node.round) for node in nodes} == {(Section.SWISS, number)}
    # Of 4,300 played with dice 300 came to a difference of three, none to more.
    assert all(abs(sides.count("a") - sides.count("b")) <= 4 for sides in played.sides.values())


@given(st.integers(2, 64).map(lambda half: 2 * half), st.sampled_from(PAIRINGS), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_one_of_a_group_floats_at_most_where_nothing_is_in_the_way(size: int, pairing: str, seed: int) -> None:
    # In the second round nobody has met anybody but one of another score, or one of a draw.
    played = Played(size, pairing, seed)
    played.round(1)
    scores = Counter(played.scores[entrant.seed] for entrant in played.field())
    before = dict(played.scores)
    nodes = played.round(2)

    floats = sum(before.get(a, 0) != before.get(b, 0) for a, b in both_sides(nodes))
    if all(count > 2 for count in scores.values()):
        assert floats <= len(scores) - 1


def test_a_first_round_by_halves_and_by_high_and_low() -> None:
    assert pairs(first_round(8).nodes) == [(1, 5), (2, 6), (3, 7), (4, 8)]
    assert pairs(first_round(8, pairing=HIGH_LOW).nodes) == [(1, 8), (2, 7), (3, 6), (4, 5)]


def test_the_last_of_an_odd_field_rests_and_once_only() -> None:
    first = first_round(5)
    assert byes(first.nodes) == [5]
    assert str(first.nodes[-1].b) == "bye:"

    field = [Entrant(1, 2), Entrant(2, 2), Entrant(3, 0), Entrant(4, 0), Entrant(5, 0, had_bye=True)]
    assert byes(next_round(field, number=2)) == [4]


def test_the_odd_one_of_a_group_floats_and_is_the_lowest_who_can() -> None:
    field = [Entrant(1, 4), Entrant(2, 4), Entrant(3, 4), Entrant(4, 2), Entrant(5, 2), Entrant(6, 2)]
    assert pairs(next_round(field, number=3)) == [(1, 2), (3, 5), (4, 6)]

    # 1 and 2 have met: neither can stay without the other one's floating, so 2 floats, who is lower.
    field[0], field[1] = Entrant(1, 4, frozenset({2})), Entrant(2, 4, frozenset({1}))
    assert pairs(next_round(field, number=3)) == [(1, 3), (2, 5), (4, 6)]


def test_somebody_floats_so_that_those_below_are_not_left_without_a_partner() -> None:
    # 5 and 6 have met, so both need somebody from above though 1 to 4 could be paired among themselves.
    field = [Entrant(seed, 2) for seed in (1, 2, 3, 4)]
    field += [Entrant(5, 0, frozenset({6})), Entrant(6, 0, frozenset({5}))]

    assert pairs(next_round(field, number=2)) == [(1, 2), (3, 5), (4, 6)]


def test_a_rematch_moves_to_the_nearest_other_opponent() -> None:
    field = [Entrant(seed, 0) for seed in range(1, 9)]
    field[0], field[4] = Entrant(1, 0, frozenset({5})), Entrant(5, 0, frozenset({1}))

    assert pairs(next_round(field, number=2)) == [(1, 6), (2, 5), (3, 7), (4, 8)]


def test_sides_change_so_that_each_is_on_both_as_often() -> None:
    field = [Entrant(1, 1, times_a=1), Entrant(2, 1, times_b=1), Entrant(3, 0, times_a=1), Entrant(4, 0, times_a=1)]

    assert both_sides(next_round(field, number=2)) == [(2, 1), (3, 4)]


def test_a_round_that_needs_a_rematch_is_refused() -> None:
    # Two threes that have met all of each other: nobody can be paired in a three.
    other = {seed: frozenset({4, 5, 6} if seed < 4 else {1, 2, 3}) for seed in range(1, 7)}
    field = [Entrant(seed, 0, other[seed]) for seed in range(1, 7)]

    with pytest.raises(Conflict, match="Round 4 cannot be paired") as refused:
        next_round(field, number=4)
    assert refused.value.code == "no_pairing"


def test_a_field_in_which_everybody_has_rested_is_refused() -> None:
    with pytest.raises(Conflict, match="nobody can have the bye"):
        next_round([Entrant(seed, 0, had_bye=True) for seed in (1, 2, 3)], number=4)


def test_a_field_out_of_order_and_an_unknown_pairing_are_mistakes() -> None:
    with pytest.raises(ValueError, match="from the best score"):
        next_round([Entrant(1, 0), Entrant(2, 1)], number=2)
    with pytest.raises(ValueError, match="no pairing"):
        first_round(4, pairing="dice")
    with pytest.raises(ValueError, match="a Swiss has 2 to 1024"):
        first_round(1025)


def test_rounds_that_are_usual_and_that_are_possible() -> None:
    assert [usual_rounds(size) for size in (2, 3, 8, 9, 16, 512, 1024)] == [1, 2, 3, 4, 4, 9, 10]
    assert [rounds_at_most(size) for size in (2, 3, 8, 9, 512)] == [1, 2, 4, 5, 20]


@pytest.mark.parametrize("pairing", [HALVES, HIGH_LOW])
def test_512_are_paired_in_less_than_two_seconds_a_round(pairing: str) -> None:
    played = Played(512, pairing, seed=7)
    worst = 0.0
    for number in range(1, usual_rounds(512) + 1):
        field = played.field()
        started = time.perf_counter()
        next_round(field, number=number, pairing=pairing)
        worst = max(worst, time.perf_counter() - started)
        played.round(number)

    assert worst < 2
