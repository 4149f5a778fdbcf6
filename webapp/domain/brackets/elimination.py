"""Elimination brackets: who meets whom in single and double elimination, from 2 to 1,024 participants.

Brackets are drawn as the next power of two. A bye is a pair with one seed: the best seeds have them, and whoever has
one stands in the next round from the start, as everywhere where one side of a pair can never come.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, NamedTuple

from webapp.domain.brackets.seeding import standard_order
from webapp.domain.brackets.structure import Bracket, Node, Section, Slot, Source

FEWEST: Final = 2
MOST: Final = 1024

_HALVES: Final = ((0, 0), (1, 1), (0, 1), (1, 0))
_WITHIN: Final = (0, 1, 1, 0)


class _Met(NamedTuple):
    """Who comes out of a pair: None where that is nobody. A pair of less than two is no match."""

    winner: Source | None
    loser: Source | None


@dataclass
class _Draft:
    """Rounds as they are drawn. `moment` is the winners' round that they wait for; by it matches are numbered."""

    rounds: list[tuple[int, list[Node]]] = field(default_factory=list)

    def add(self, moment: int, nodes: list[Node]) -> None:
        if nodes:
            self.rounds.append((moment, nodes))

    def bracket(self, size: int) -> Bracket:
        in_order = sorted(self.rounds, key=lambda drawn: drawn[0])
        return Bracket(linked(node for _, nodes in in_order for node in nodes), size)


def single(size: int, *, third_place: bool = False) -> Bracket:
    """Who loses is out; with `third_place` the losers of the semi-finals meet, where there are two of them."""
    _check(size)
    draft = _Draft()
    met = _winners(draft, _entries(size))
    if third_place and len(met) > 1:
        a, b = (pair.loser for pair in met[-2])
        if a and b:
            node = Node("3RD", Section.THIRD_PLACE, 1, 1, a, b)
            # Played before the final, so it stands before it in the numbers.
            draft.rounds.insert(len(draft.rounds) - 1, (len(met), [node]))
    return draft.bracket(size)


def double(size: int, *, reset: bool = True, in_losers: int = 0) -> Bracket:
    """Who loses twice is out; with `reset` the grand final is played again where its loser has lost once.

    The last `in_losers` seeds begin in the losers' bracket, with a loss from an earlier stage. Whoever drops from the
    winners' bracket is sent to another part of the losers' bracket than those come to whom they have met before: they
    meet again as late as the number of matches in a round allows.
    """
    _check(size)
    if not 0 <= in_losers <= size - FEWEST:
        raise ValueError(f"{in_losers} of {size} cannot begin in the losers' bracket")
    draft = _Draft()
    met = _winners(draft, _entries(size - in_losers))
    last = _losers(draft, met, _entries(in_losers, first=size - in_losers + 1) if in_losers else [])
    champion = met[-1][0].winner
    assert champion is not None
    assert last is not None
    finals = [Node("GF", Section.FINAL, 1, 1, champion, last)]
    if reset:
        again = Node("GF2", Section.FINAL, 2, 1, Source("loser", "GF"), Source("winner", "GF"), is_conditional=True)
        finals.append(again)
    draft.add(len(met) + 1, finals)
    return draft.bracket(size)


def linked(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes with where winners and losers go, as their sources say."""
    known = tuple(nodes)
    winner_to: dict[str, Slot] = {}
    loser_to: dict[str, Slot] = {}
    for node in known:
        for side, source in (("a", node.a), ("b", node.b)):
            if source.kind == "winner":
                winner_to[source.of] = Slot(node.key, side)
            elif source.kind == "loser":
                loser_to[source.of] = Slot(node.key, side)
    return tuple(replace(node, winner_to=winner_to.get(node.key), loser_to=loser_to.get(node.key)) for node in known)


def _check(size: int) -> None:
    if not FEWEST <= size <= MOST:
        raise ValueError(f"a bracket has {FEWEST} to {MOST} participants, not {size}")


def _entries(size: int, *, first: int = 1) -> list[Source | None]:
    """Seeds in the order in which they stand in the first round, the pairs side by side; None for a bye."""
    full = 1 << (size - 1).bit_length()
    return [Source.seed(first + seed - 1) if seed <= size else None for seed in standard_order(full)]


def _winners(draft: _Draft, entries: list[Source | None]) -> list[list[_Met]]:
    """Draws the winners' rounds; the pairs of each."""
    rounds: list[list[_Met]] = []
    places = entries
    while len(places) > 1:
        number = len(rounds) + 1
        pairs, nodes = _played(Section.WINNERS, "W", number, places[::2], places[1::2])
        draft.add(number, nodes)
        rounds.append(pairs)
        places = [pair.winner for pair in pairs]
    return rounds


def _losers(draft: _Draft, met: list[list[_Met]], starters: list[Source | None]) -> Source | None:
    """Draws the losers' rounds; who comes out of them.

    Those who are in it meet each other until there are as many as drop from the next winners' round, then those.
    """
    numbers = count(1)
    number = next(numbers)

    def play(moment: int, some: Sequence[Source | None], others: Sequence[Source | None]) -> list[Source | None]:
        nonlocal number
        pairs, nodes = _played(Section.LOSERS, "L", number, some, others)
        draft.add(moment, nodes)
        # A round without any match is none.
        number = next(numbers) if nodes else number
        return [pair.winner for pair in pairs]

    in_it = starters or [pair.loser for pair in met[0]]
    begun = 0 if starters else 1
    if starters:
        in_it += [None] * (len(met[0]) - len(in_it))
    for moment in range(begun + 1, len(met) + 1):
        dropping = [pair.loser for pair in met[moment - 1]]
        while len(in_it) > len(dropping):
            in_it = play(moment, in_it[::2], in_it[1::2])
        mask = _mask(moment + 1 if starters else moment - 1, len(dropping))
        in_it = play(moment, [dropping[place ^ mask] for place in range(len(dropping))], in_it)
    return in_it[0]


def _mask(turn: int, places: int) -> int:
    """How the places of those who drop are crossed, as bits to be turned over, at the `turn`-th time.

    Two who have met are kept apart for as long as the leading bits of two turns differ. The first two bits are all four
    different in four turns in a row, the opposite half in neighbouring ones; later turns differ in the bits behind.
    """
    width = places.bit_length() - 1
    lap, turn = divmod(turn, len(_HALVES))
    deeper = [_WITHIN[turn] ^ (lap >> bit & 1) for bit in range(max(0, width - 2))]
    bits = [*_HALVES[turn], *deeper][:width]
    return int("".join(map(str, bits)) or "0", 2)


def _played(
    section: Section, letter: str, number: int, some: Sequence[Source | None], others: Sequence[Source | None]
) -> tuple[list[_Met], list[Node]]:
    """One round: what comes of each pair, and the matches in it."""
    pairs, nodes = [], []
    for position, (a, b) in enumerate(zip(some, others, strict=True), start=1):
        if a and b:
            key = f"{letter}{number}-{position}"
            nodes.append(Node(key, section, number, position, a, b))
            pairs.append(_Met(Source("winner", key), Source("loser", key)))
        else:
            pairs.append(_Met(a or b, None))
    return pairs, nodes
