"""Swiss: each round those with the same score meet, nobody meets anybody twice, and a bye comes once at most.

Score groups are paired from the top. In each as many pairs are made as can be, and who is left over (the lowest, where
there is a choice) floats to the next group and counts as the best there. Inside a group the pairing says who is wanted
for whom; what somebody gets instead is the nearest that leaves everybody else a partner. So a round is found wherever
there is one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, islice
from typing import Final

from webapp.domain.brackets.matching import all_can_be_paired, most_pairs, surely_makes_pairs
from webapp.domain.brackets.settings import PAIRINGS
from webapp.domain.brackets.structure import Bracket, Node, Section, Source
from webapp.domain.errors import Conflict

LARGEST: Final = 1024
HALVES, HIGH_LOW, MAJOR = PAIRINGS
"""The upper half of a score group meets the lower half in its order; or the best meets the last; or, as the Majors of
Counter-Strike have it, the first round is by halves and the best meet the last from then on.
"""
MOST_ROUNDS: Final = 20
_TRIES: Final = 200
"""How many ways to choose those who float are looked at before more of them float."""

Barred = Mapping[int, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody who plays the next round, by seed: the score so far, who was met, and how often on side a and b."""

    seed: int
    score: int = 0
    met: frozenset[int] = frozenset()
    had_bye: bool = False
    times_a: int = 0
    times_b: int = 0


def rounds_at_most(size: int) -> int:
    """How many rounds a field can play such that each of them is sure to be found, whatever the results."""
    return min(MOST_ROUNDS, -(-size // 2))


def rounds_without_rematch(size: int) -> int:
    """How many rounds a field can play before all have met; past `rounds_at_most` one may have to be paired by hand."""
    return size - 1 if size % 2 == 0 else size


def usual_rounds(size: int) -> int:
    """How many rounds leave one participant unbeaten at most: the binary logarithm, rounded up."""
    return min(rounds_at_most(size), max(1, (size - 1).bit_length()))


def first_round(size: int, *, pairing: str = HALVES) -> Bracket:
    """The first round of seeds 1 … `size`, all with the same score. Raises ValueError outside of 2 to `LARGEST`."""
    if not 2 <= size <= LARGEST:
        raise ValueError(f"a Swiss has 2 to {LARGEST} participants, not {size}")
    field = [Entrant(seed) for seed in range(1, size + 1)]
    return Bracket(next_round(field, number=1, pairing=pairing), size)


def next_round(field: Sequence[Entrant], *, number: int, pairing: str = HALVES) -> tuple[Node, ...]:
    """Round `number` of those who play on, given from first to last by the board; the bye is its last node.

    Raises Conflict (`no_pairing`) where nobody is left who may have the bye, or everybody cannot be paired without a
    rematch; ValueError for an unknown pairing or a field that is not in the order of its scores.
    """
    if pairing not in PAIRINGS:
        raise ValueError(f"{pairing!r} is no pairing; pairings: {', '.join(PAIRINGS)}")
    scores = [entrant.score for entrant in field]
    if scores != sorted(scores, reverse=True):
        raise ValueError("the field must be given from the best score to the lowest")
    if pairing == MAJOR:
        pairing = HALVES if number == 1 else HIGH_LOW
    met = {entrant.seed: entrant.met for entrant in field}
    resting = _with_bye(field, met)
    playing = [entrant for entrant in field if entrant is not resting]
    if not all_can_be_paired([entrant.seed for entrant in playing], met):
        raise Conflict(
            f"Round {number} cannot be paired: too many of the {len(field)} who play on have met already; "
            f"pair it by hand.",
            code="no_pairing",
        )
    entrants = {entrant.seed: entrant for entrant in field}
    pairs = [_sides(entrants[one], entrants[other]) for one, other in _pairs(playing, met, pairing)]
    return nodes_of(pairs, number=number, bye=None if resting is None else resting.seed)


def is_possible(field: Sequence[Entrant]) -> bool:
    """Whether a round can be paired without a rematch and without a second bye."""
    met = {entrant.seed: entrant.met for entrant in field}
    rests = [None] if len(field) % 2 == 0 else [entrant for entrant in field if not entrant.had_bye]
    return any(all_can_be_paired([entrant.seed for entrant in field if entrant is not rest], met) for rest in rests)


def nodes_of(pairs: Sequence[tuple[int, int]], *, number: int, bye: int | None) -> tuple[Node, ...]:
    """The nodes of round `number` with these pairs (seeds of side a and side b), and of the seed that has the bye."""
    nodes = [_node(number, position, a, Source.seed(b)) for position, (a, b) in enumerate(pairs, start=1)]
    if bye is not None:
        nodes.append(_node(number, len(nodes) + 1, bye, Source.bye()))
    return tuple(nodes)


def _node(number: int, position: int, a: int, b: Source) -> Node:
    return Node(f"S{number}-{position}", Section.SWISS, number, position, Source.seed(a), b)


def _sides(one: Entrant, other: Entrant) -> tuple[int, int]:
    """Side a is for the one who was there less often beside side b; else for the better one."""
    is_owed = other.times_a - other.times_b < one.times_a - one.times_b
    return (other.seed, one.seed) if is_owed else (one.seed, other.seed)


def _with_bye(field: Sequence[Entrant], met: Barred) -> Entrant | None:
    """Of an odd field the lowest who had no bye yet and without whom the others can be paired."""
    if len(field) % 2 == 0:
        return None
    for candidate in reversed(field):
        others = [entrant.seed for entrant in field if entrant is not candidate]
        if not candidate.had_bye and all_can_be_paired(others, met):
            return candidate
    raise Conflict(
        f"One of the {len(field)} who play on would have to rest, but nobody can have the bye without a second one "
        f"or a rematch; pair the round by hand.",
        code="no_pairing",
    )


def _pairs(playing: Sequence[Entrant], met: Barred, pairing: str) -> Iterator[tuple[int, int]]:
    groups = [[entrant.seed for entrant in group] for _, group in groupby(playing, key=lambda entrant: entrant.score)]
    pool: list[int] = []
    for place, group in enumerate(groups):
        pool += group
        below = [seed for lower in groups[place + 1 :] for seed in lower]
        floating = _floating(pool, below, met)
        yield from _pairs_of_group([seed for seed in pool if seed not in floating], met, pairing)
        pool = [seed for seed in pool if seed in floating]


def _floating(pool: Sequence[int], below: Sequence[int], met: Barred) -> frozenset[int]:
    """Who of a score group goes to the next one: as few as can be, the lowest where there is a choice."""
    fewest = len(pool) % 2 if surely_makes_pairs(pool, met) else len(pool) - len(most_pairs(pool, met))
    for count in range(fewest, len(pool), 2):
        for chosen in islice(combinations(reversed(pool), count), _TRIES):
            floating = frozenset(chosen)
            staying = [seed for seed in pool if seed not in floating]
            if all_can_be_paired(staying, met) and all_can_be_paired([*chosen, *below], met):
                return floating
    return frozenset(pool)


def _pairs_of_group(group: Sequence[int], met: Barred, pairing: str) -> Iterator[tuple[int, int]]:
    """Pairs of a group that can be paired: each from the top gets the first one wanted who leaves the rest a way."""
    left = list(group)
    while left:
        best, others = left[0], left[1:]
        wanted, left = next(
            (wanted, rest)
            for wanted in _wanted(others, pairing)
            if wanted not in met[best] and all_can_be_paired(rest := [seed for seed in others if seed != wanted], met)
        )
        yield best, wanted


def _wanted(others: Sequence[int], pairing: str) -> Sequence[int]:
    """Opponents for the first of a group, the most wanted first."""
    if pairing == HIGH_LOW:
        return others[::-1]
    middle = len(others) // 2
    return [others[place] for place in sorted(range(len(others)), key=lambda place: (abs(place - middle), -place))]
