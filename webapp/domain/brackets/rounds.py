"""What rounds and matches of a bracket are called: for settings by round, and for people."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from webapp.domain.brackets.structure import Bracket, Node, Section

NAMES: Final = (
    "default", "final", "semi_final", "quarter_final", "winners_final", "losers_final", "third_place",
    "winners", "losers", "group", "swiss",
)  # fmt: skip
"""The names by which rounds can be set, beside those of single ones (`W1`, `L2`, `GF`, `GF2`, `3RD`, `S3`, `R2`)."""
_FROM_THE_END: Final = ("final", "semi_final", "quarter_final")
_IN_WORDS: Final = {
    "final": "Final", "semi_final": "Semi-final", "quarter_final": "Quarter-final", "winners_final": "Winners' final",
    "losers_final": "Losers' final", "third_place": "Third place",
}  # fmt: skip


def names_of(bracket: Bracket) -> dict[str, tuple[str, ...]]:
    """By key of each node the names of its round, the most exact one first."""
    last = _last_rounds(bracket)
    named: dict[str, tuple[str, ...]] = {}
    for node in bracket.nodes:
        special = _special(node, last)
        named[node.key] = (_round_key(node), *((special,) if special else ()), node.section.value)
    return named


def labels_of(bracket: Bracket) -> dict[str, str]:
    """By key of each node what its match is called in English: `Semi-final 1`, `Losers' round 2, match 3`.

    Matches are counted among those of their round, as people count them: a bye is none, and the only one has no number.
    """
    last = _last_rounds(bracket)
    groups = {node.group for node in bracket.nodes}
    in_round = Counter((node.group, _round_key(node)) for node in bracket.nodes)
    seen: Counter[tuple[str | None, str]] = Counter()
    labels = {}
    for node in bracket.nodes:
        place = (node.group, _round_key(node))
        seen[place] += 1
        number = node.position if node.section is Section.SWISS else seen[place]
        of_group = f"Group {node.group}, " if node.group and len(groups) > 1 else ""
        label = of_group + _label(node, last, number, is_alone=in_round[place] == 1)
        labels[node.key] = label[0].upper() + label[1:]
    return labels


def _label(node: Node, last: Mapping[Section, int], number: int, *, is_alone: bool) -> str:
    if node.section is Section.FINAL:
        return "Grand final, second match" if node.is_conditional else "Grand final"
    special = _special(node, last)
    if special:
        return _IN_WORDS[special] if is_alone else f"{_IN_WORDS[special]} {number}"
    is_double = Section.FINAL in last
    part = {Section.WINNERS: "winners' " if is_double else "", Section.LOSERS: "losers' "}.get(node.section, "")
    return f"{part}round {node.round}" + ("" if is_alone else f", match {number}")


def _special(node: Node, last: Mapping[Section, int]) -> str | None:
    """The name of a round that has one of its own."""
    if node.section in (Section.FINAL, Section.THIRD_PLACE):
        return node.section.value
    from_the_end = last[node.section] - node.round
    if node.section is Section.LOSERS:
        return "losers_final" if from_the_end == 0 else None
    if node.section is not Section.WINNERS:
        return None
    if Section.FINAL in last:
        return "winners_final" if from_the_end == 0 else None
    return _FROM_THE_END[from_the_end] if from_the_end < len(_FROM_THE_END) else None


def _last_rounds(bracket: Bracket) -> dict[Section, int]:
    last: dict[Section, int] = {}
    for node in bracket.nodes:
        last[node.section] = max(node.round, last.get(node.section, 0))
    return last


def _round_key(node: Node) -> str:
    """The round's part of the key, the same for all groups."""
    return f"R{node.round}" if node.section is Section.GROUP else node.key.partition("-")[0]
