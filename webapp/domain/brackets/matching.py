"""Matchings in a graph of those who may meet: as many pairs as there can be (Edmonds' blossoms), and pairs one by one.

Graphs here are nearly complete: nobody has met many others. By Dirac's theorem everybody can be paired wherever each
may still meet at least half of all, so that the search is needed for few and small graphs alone.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence

Partners = dict[int, int]
"""Who is paired with whom, in both directions."""


def all_can_be_paired(people: Sequence[int], barred: Mapping[int, Collection[int]]) -> bool:
    """Whether all of `people` can be paired without a barred pair; `barred` holds in both directions."""
    if len(people) % 2:
        return False
    return surely_makes_pairs(people, barred) or len(most_pairs(people, barred)) == len(people)


def surely_makes_pairs(people: Sequence[int], barred: Mapping[int, Collection[int]]) -> bool:
    """Whether it is certain without a search that at most one of `people` is left over when all others are paired."""
    most_barred = max((len(barred.get(person, ())) for person in people), default=0)
    return 2 * (len(people) - 1 - most_barred) >= len(people) - 1


def most_pairs(people: Sequence[int], barred: Mapping[int, Collection[int]]) -> Partners:
    """As many pairs of `people` as there can be without barred ones."""
    partners: Partners = {}
    for person in people:
        if person not in partners:
            extend(partners, person, people, barred)
    return partners


def extend(partners: Partners, start: int, people: Sequence[int], barred: Mapping[int, Collection[int]]) -> bool:
    """Pairs `start` as well by moving others to new partners (nobody loses theirs); whether that is possible."""
    return _Search(partners, people, barred).run(start)


class _Search:
    """One search for a way from a single person to another one, along pairs that are and pairs that could be."""

    def __init__(self, partners: Partners, people: Sequence[int], barred: Mapping[int, Collection[int]]) -> None:
        self._partners = partners
        self._people = people
        self._barred = barred
        self._came_from: dict[int, int] = {}
        self._base = {person: person for person in people}
        self._queue: deque[int] = deque()
        self._is_even: set[int] = set()

    def run(self, start: int) -> bool:
        self._is_even.add(start)
        self._queue.append(start)
        while self._queue:
            person = self._queue.popleft()
            for other in self._could_meet(person):
                if other == start or (other in self._partners and self._partners[other] in self._came_from):
                    self._contract(person, other)
                elif other not in self._came_from:
                    self._came_from[other] = person
                    if other not in self._partners:
                        self._turn(other)
                        return True
                    self._is_even.add(self._partners[other])
                    self._queue.append(self._partners[other])
        return False

    def _could_meet(self, person: int) -> Iterator[int]:
        barred = self._barred.get(person, ())
        for other in self._people:
            is_inside = self._base[other] == self._base[person] or self._partners.get(person) == other
            if other not in barred and not is_inside:
                yield other

    def _turn(self, person: int | None) -> None:
        """Follow the way back and pair along it."""
        while person is not None:
            before = self._came_from[person]
            following = self._partners.get(before)
            self._partners[person], self._partners[before] = before, person
            person = following

    def _contract(self, one: int, other: int) -> None:
        """A circle of odd length counts as one person from here on."""
        root = self._common_base(one, other)
        blossom: set[int] = set()
        self._mark(one, root, other, blossom)
        self._mark(other, root, one, blossom)
        for person in self._people:
            if self._base[person] in blossom:
                self._base[person] = root
                if person not in self._is_even:
                    self._is_even.add(person)
                    self._queue.append(person)

    def _common_base(self, one: int, other: int) -> int:
        seen = set()
        while True:
            one = self._base[one]
            seen.add(one)
            if one not in self._partners:
                break
            one = self._came_from[self._partners[one]]
        while self._base[other] not in seen:
            other = self._came_from[self._partners[self._base[other]]]
        return self._base[other]

    def _mark(self, person: int, root: int, child: int, blossom: set[int]) -> None:
        while self._base[person] != root:
            partner = self._partners[person]
            blossom |= {self._base[person], self._base[partner]}
            self._came_from[person] = child
            child, person = partner, self._came_from[partner]
