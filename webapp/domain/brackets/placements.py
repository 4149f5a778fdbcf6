"""Places in an elimination: whoever is out has one, shared by all who went out in the same round."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final, NamedTuple

from webapp.domain.brackets.progress import End
from webapp.domain.brackets.structure import Bracket, Node, Section

_OPEN: Final = End(None, None)


class Placement(NamedTuple):
    """The places that a participant shares: 5 to 8 for the losers of quarter-finals, `first` = `last` for one alone."""

    participant_id: int
    first: int
    last: int


def placements(bracket: Bracket, ends: Mapping[str, End]) -> tuple[Placement, ...]:
    """The places that are known, the best ones first.

    `ends` holds the matches that are over, by key of their node; a second grand final that is not needed has ended
    without winner and loser. Who can still play on has no place yet.
    """
    nodes = [node for node in bracket.nodes if not (node.is_conditional and ends.get(node.key) == _OPEN)]
    champion = ends.get(nodes[-1].key, _OPEN).winner
    found = [] if champion is None else [Placement(champion, 1, 1)]
    place = 2
    for matches in _rounds_from_the_end(nodes):
        last = place + len(matches) - 1
        if matches[0].section is Section.THIRD_PLACE:
            both = ends.get(matches[0].key, _OPEN)
            found += [Placement(who, at, at) for at, who in enumerate(both, start=place) if who is not None]
            last = place + 1
        else:
            found += [Placement(who, place, last) for who in sorted(_losers(matches, ends))]
        place = last + 1
    return tuple(found)


def _rounds_from_the_end(nodes: list[Node]) -> list[list[Node]]:
    """The nodes whose loser is out, by round, the last round first."""
    keys = {node.key for node in nodes}
    out = [node for node in nodes if node.loser_to is None or node.loser_to.node not in keys]
    return [list(matches) for _, matches in groupby(reversed(out), key=lambda node: (node.section, node.round))]


def _losers(matches: list[Node], ends: Mapping[str, End]) -> Iterator[int]:
    for node in matches:
        loser = ends.get(node.key, _OPEN).loser
        if loser is not None:
            yield loser
