"""What the end of a match does to a bracket: who takes which place of which next match."""

from collections.abc import Mapping
from typing import NamedTuple

from webapp.domain.brackets.structure import Node, Slot

Sides = tuple[int | None, int | None]


class End(NamedTuple):
    """How a match ended: who goes on as its winner and as its loser; None where nobody does."""

    winner: int | None
    loser: int | None


class Move(NamedTuple):
    """A place, and who takes it; None leaves it empty."""

    slot: Slot
    participant_id: int | None


def end_of(sides: Sides, winner_id: int | None) -> End:
    """The end of a match of these sides; without a winner neither goes on."""
    if winner_id is None:
        return End(None, None)
    first, second = sides
    return End(winner_id, second if winner_id == first else first)


def moves(node: Node, sides: Sides, winner_id: int | None, *, leads_to_reset: bool = False) -> tuple[Move, ...]:
    """Where winner and loser of a node's match go; without a winner those places are empty.

    `leads_to_reset`: the node is a grand final with a second match, which is played only where the one from the losers'
    side (b) has won: else nobody goes there.
    """
    end = end_of(sides, winner_id)
    if leads_to_reset and not needs_reset(sides, winner_id):
        end = End(None, None)
    taken = ((node.winner_to, end.winner), (node.loser_to, end.loser))
    return tuple(Move(slot, who) for slot, who in taken if slot is not None)


def needs_reset(sides: Sides, winner_id: int | None) -> bool:
    """Whether a grand final with these sides (b from the losers' side) is to be played again."""
    return None not in sides and winner_id == sides[1]


def reached(nodes: Mapping[str, Node], key: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The nodes to which winner or loser of one can come, and the sides that they come to, in the nodes' order."""
    sides: dict[str, set[str]] = {}
    waiting = [key]
    while waiting:
        node = nodes[waiting.pop()]
        for slot in (node.winner_to, node.loser_to):
            if slot is None:
                continue
            if slot.node not in sides:
                waiting.append(slot.node)
            sides.setdefault(slot.node, set()).add(slot.side)
    return tuple((found, frozenset(sides[found])) for found in nodes if found in sides)
