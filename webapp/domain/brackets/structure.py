"""What a bracket is made of: nodes, each a place for one match, joined by where sides come from and where they go.

A bye is no node: whoever has one stands in the next round from the start. So every node is a match that is played, but
for the second grand final, which is played only where it is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, Self


class Section(StrEnum):
    """Which part of a stage a node belongs to."""

    WINNERS = "winners"
    LOSERS = "losers"
    FINAL = "final"
    THIRD_PLACE = "third_place"
    GROUP = "group"
    SWISS = "swiss"


class Source(NamedTuple):
    """Where a side comes from: `kind` is `seed` (`of` is its number as text), `winner` or `loser` (`of` is a node).

    `bye` is the side where nobody stands: in leagues a round without an opponent is a node, since it counts.
    """

    kind: str
    of: str

    def __str__(self) -> str:
        """As it is stored: `seed:5`, `winner:W1-3`."""
        return f"{self.kind}:{self.of}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` wrote."""
        kind, _, of = text.partition(":")
        return cls(kind, of)

    @classmethod
    def seed(cls, number: int) -> Self:
        """The participant of that seed, from 1."""
        return cls("seed", str(number))

    @classmethod
    def bye(cls) -> Self:
        """Nobody."""
        return cls("bye", "")


class Slot(NamedTuple):
    """A side of a node: `side` is `a` or `b`."""

    node: str
    side: str

    def __str__(self) -> str:
        """As it is stored: `W2-2:a`."""
        return f"{self.node}:{self.side}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` wrote."""
        node, _, side = text.rpartition(":")
        return cls(node, side)


@dataclass(frozen=True, slots=True)
class Node:
    """A place for one match.

    Keys: `W1-3` winners' round 1, third match; `L2-1` losers' round 2; `GF` and `GF2` the grand final and its reset;
    `3RD`; `A-2-1` group A, round 2, first match; `S3-4` Swiss round 3, fourth match. Rounds and positions count from 1
    within their section (and group).
    """

    key: str
    section: Section
    round: int
    position: int
    a: Source
    b: Source
    winner_to: Slot | None = None
    loser_to: Slot | None = None
    group: str | None = None
    is_conditional: bool = False


@dataclass(frozen=True)
class Bracket:
    """The nodes of a stage in the order in which they are numbered: nobody is in one before they can play it."""

    nodes: tuple[Node, ...]
    size: int
    """How many participants it was made for."""

    @cached_property
    def by_key(self) -> Mapping[str, Node]:
        """Every node by its key."""
        return {node.key: node for node in self.nodes}
