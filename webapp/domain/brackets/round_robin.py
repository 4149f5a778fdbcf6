"""Round robin by the circle method: everybody meets everybody, at home and away in turn."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from webapp.domain.brackets.structure import Bracket, Node, Section, Source

LARGEST: Final = 64
"""How many may play each with each: 2,016 matches."""
ONLY_GROUP: Final = "A"
"""The group of a round robin that is not divided."""


class Meeting(NamedTuple):
    """A match of the schedule, both sides by seed; side a is at home."""

    round: int
    a: int
    b: int


def round_robin(size: int, *, legs: int = 1) -> Bracket:
    """Everybody against everybody, once or twice; raises ValueError outside of 2 to `LARGEST` and of 1 or 2 legs.

    1 meets the last in the first round and 2 in the last one of a leg. With an odd number somebody rests in every
    round. Each is at home as often as away in one leg, give or take one, and exactly as often in two.
    """
    nodes = nodes_of_group(ONLY_GROUP, tuple(range(1, size + 1)), legs=legs)
    return Bracket(tuple(nodes), size)


def nodes_of_group(group: str, seeds: Sequence[int], *, legs: int) -> Iterator[Node]:
    """The nodes of one group in the order of its rounds; `seeds` from the strongest on."""
    position, last_round = 0, 0
    for meeting in schedule(len(seeds), legs=legs):
        position = position + 1 if meeting.round == last_round else 1
        last_round = meeting.round
        yield Node(
            key=f"{group}-{meeting.round}-{position}",
            section=Section.GROUP,
            round=meeting.round,
            position=position,
            a=Source.seed(seeds[meeting.a - 1]),
            b=Source.seed(seeds[meeting.b - 1]),
            group=group,
        )


def schedule(size: int, *, legs: int = 1) -> Iterator[Meeting]:
    """All matches among seeds 1 … `size`, round by round, the best seed's match first; raises like `round_robin`."""
    if not 2 <= size <= LARGEST:
        raise ValueError(f"a round robin has 2 to {LARGEST} participants, not {size}")
    if legs not in (1, 2):
        raise ValueError(f"a round robin has 1 or 2 legs, not {legs}")
    rounds = size - 1 if size % 2 == 0 else size
    for leg in range(legs):
        for turn in range(rounds):
            pairs = sorted(_pairs(size, rounds, turn), key=min)
            # The second leg is the first one with the sides changed.
            yield from (Meeting(leg * rounds + turn + 1, *(pair[::-1] if leg else pair)) for pair in pairs)


def _pairs(size: int, rounds: int, turn: int) -> Iterator[tuple[int, int]]:
    """One round: a circle of `rounds` places turns around a fixed one, which is seed 1's, or the rest of odd numbers.

    Those at the same distance from the top meet. Who stands on the one hand is at home at odd distances, who stands on
    the other at even ones; a participant's distance grows by one a round, so that home and away alternate.
    """
    is_even = size % 2 == 0
    if is_even:
        top = _seed_at(turn, size)
        yield (top, 1) if turn % 2 else (1, top)
    for distance in range(1, (rounds + 1) // 2):
        right = _seed_at((turn + distance) % rounds, size)
        left = _seed_at((turn - distance) % rounds, size)
        yield (right, left) if distance % 2 else (left, right)


def _seed_at(place: int, size: int) -> int:
    """Seeds stand in the circle from the last one on, so that the first ones meet at the end."""
    return size - place
