"""How an elimination is drawn: columns of equal rows, and the lines between one column and the next.

Every column of a drawing is as high as the others and its rows share that height, so that a row stands midway between
the two of the column before it that lead to it. A row without a match keeps a place where somebody had a bye.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Final, NamedTuple

from webapp.domain.brackets.structure import Node, Section, Source


class Leaves(StrEnum):
    """Where the line goes that leads a winner out of a row."""

    NOWHERE = ""
    AHEAD = "ahead"
    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a column: the key of its node, None where nothing is played."""

    key: str | None = None
    is_entered: bool = False
    """Whether a line comes in from the column before."""
    leaves: Leaves = Leaves.NOWHERE


@dataclass(frozen=True, slots=True)
class Column:
    """A round, its rows from the top down."""

    round: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A section of a bracket, its rounds from left to right."""

    section: Section
    columns: tuple[Column, ...]

    def last_rounds(self, most_rows: int) -> "Drawing":
        """The rounds with at most so many rows."""
        return replace(self, columns=tuple(column for column in self.columns if len(column.rows) <= most_rows))

    def part(self, number: int, parts: int) -> "Drawing":
        """The `number`th (from 1) of so many equal parts, one below the other, as far as rounds can be parted."""
        return replace(
            self,
            columns=tuple(
                replace(column, rows=_share(column.rows, number, parts))
                for column in self.columns
                if len(column.rows) >= parts
            ),
        )


_DRAWN: Final = (Section.WINNERS, Section.LOSERS, Section.FINAL, Section.THIRD_PLACE)


def drawings(nodes: Iterable[Node]) -> tuple[Drawing, ...]:
    """The sections of an elimination that have nodes, in the order in which they are looked at."""
    by_section = {section: [node for node in nodes if node.section is section] for section in _DRAWN}
    return tuple(_Sheet(section, found).drawing() for section, found in by_section.items() if found)


def by_round(nodes: Iterable[Node]) -> tuple[tuple[int, tuple[Node, ...]], ...]:
    """The nodes of a league by their rounds, each round in the order of its positions."""
    in_order = sorted(nodes, key=lambda node: (node.round, node.position))
    return tuple((round_, tuple(of_round)) for round_, of_round in groupby(in_order, key=lambda node: node.round))


def _share(rows: Sequence[Row], number: int, parts: int) -> tuple[Row, ...]:
    size = len(rows) // parts
    return tuple(rows[(number - 1) * size : number * size])


class _Step(NamedTuple):
    """A node that is still to be put into its row."""

    node: Node
    column: int
    row: int
    leaves: Leaves


class _Sheet:
    """A section while it is being drawn, from its last round back to the first."""

    def __init__(self, section: Section, nodes: Sequence[Node]) -> None:
        self.section = section
        self.nodes: Mapping[str, Node] = {node.key: node for node in nodes}
        self.rounds = sorted({node.round for node in nodes})
        self.column_of = {round_: column for column, round_ in enumerate(self.rounds)}
        self.roots = self._roots()
        self.widths = self._widths()
        self.rows: list[list[Row]] = [[Row()] * (width * len(self.roots)) for width in self.widths]

    def drawing(self) -> Drawing:
        """The section with every node in its row."""
        steps = []
        for place, root in enumerate(self.roots):
            column = self.column_of[root.round]
            leaves = Leaves.AHEAD if root.winner_to else Leaves.NOWHERE
            steps.append(_Step(root, column, place * self.widths[column], leaves))
        while steps:
            steps += self._put(steps.pop())
        columns = (Column(round_, tuple(rows)) for round_, rows in zip(self.rounds, self.rows, strict=True))
        return Drawing(self.section, tuple(columns))

    def _put(self, step: _Step) -> list[_Step]:
        """Put a node into its row; those that lead to it are next."""
        node = step.node
        feeders = self._feeders(node)
        comes_from_elsewhere = self.section is Section.FINAL and any(side.kind == "winner" for side in (node.a, node.b))
        self.rows[step.column][step.row] = Row(node.key, bool(feeders) or comes_from_elsewhere, step.leaves)
        return [self._back(step, side, feeder) for side, feeder in feeders.items()]

    def _back(self, step: _Step, side: str, feeder: Node) -> _Step:
        """The row of a feeder; through rounds that it does not play its line goes on."""
        column, row, leaves = step.column, step.row, Leaves.AHEAD
        while column > self.column_of[feeder.round]:
            if column < step.column:
                self.rows[column][row] = Row(None, is_entered=True, leaves=leaves)
            if self._halves(column):
                is_lower = column == step.column and side == "b"
                row, leaves = row * 2 + is_lower, Leaves.UP if is_lower else Leaves.DOWN
            else:
                leaves = Leaves.AHEAD
            column -= 1
        return _Step(feeder, column, row, leaves)

    def _feeders(self, node: Node) -> dict[str, Node]:
        """The nodes of this section whose winners meet here, by side."""
        return {side: self.nodes[source.of] for side, source in _sides(node) if self._is_within(source)}

    def _is_within(self, source: Source) -> bool:
        return source.kind == "winner" and source.of in self.nodes

    def _roots(self) -> list[Node]:
        """Nodes whose winner leaves the section, from the top down."""
        inner = {source.of for node in self.nodes.values() for _, source in _sides(node) if self._is_within(source)}
        return sorted((node for node in self.nodes.values() if node.key not in inner), key=lambda node: node.position)

    def _halves(self, column: int) -> bool:
        """Whether two rows of the column before become one here."""
        return self.widths[column - 1] == 2 * self.widths[column]

    def _widths(self) -> list[int]:
        """Rows that each column has below one root."""
        is_halved = {
            self.column_of[node.round]
            for node in self.nodes.values()
            if sum(map(self._is_within, (node.a, node.b))) > 1
        }
        widths = [1]
        for column in range(len(self.rounds) - 1, 0, -1):
            widths.insert(0, widths[0] * (2 if column in is_halved else 1))
        return widths


def _sides(node: Node) -> tuple[tuple[str, Source], ...]:
    return (("a", node.a), ("b", node.b))
