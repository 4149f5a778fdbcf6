"""Playing a bracket out without a database: seeds are the participants."""

from collections.abc import Callable
from typing import NamedTuple

from webapp.domain.brackets.progress import End, Sides, end_of, moves, needs_reset
from webapp.domain.brackets.structure import Bracket, Node


class Played(NamedTuple):
    node: Node
    sides: tuple[int, int]
    end: End

    @property
    def winner(self) -> int:
        assert self.end.winner is not None
        return self.end.winner

    @property
    def loser(self) -> int:
        assert self.end.loser is not None
        return self.end.loser


def play(bracket: Bracket, winner: Callable[[int, int], int]) -> list[Played]:
    """Every match in its order; `winner` says who of two wins. A second grand final only where it is needed."""
    sides: dict[str, list[int | None]] = {
        node.key: [int(source.of) if source.kind == "seed" else None for source in (node.a, node.b)]
        for node in bracket.nodes
    }
    found = []
    for node in bracket.nodes:
        a, b = sides[node.key]
        if node.is_conditional and a is None and b is None:
            continue
        assert a is not None, node
        assert b is not None, node
        both: Sides = (a, b)
        won = winner(a, b)
        leads_to_reset = node.key == "GF" and "GF2" in bracket.by_key
        for slot, who in moves(node, both, won, leads_to_reset=leads_to_reset):
            sides[slot.node]["ab".index(slot.side)] = who
        assert not leads_to_reset or needs_reset(both, won) == (sides["GF2"] == [a, b])
        found.append(Played(node, (a, b), end_of(both, won)))
    return found
