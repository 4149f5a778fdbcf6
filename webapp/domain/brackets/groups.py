"""Groups: the field dealt out in a snake, and a round robin in each group."""

from collections.abc import Mapping
from string import ascii_uppercase
from typing import Final

from webapp.domain.brackets.round_robin import LARGEST, nodes_of_group
from webapp.domain.brackets.structure import Bracket

LARGEST_FIELD: Final = 1024


def group_name(number: int) -> str:
    """The name of the group with that number, from 0: A … Z, AA, AB …"""
    name = ""
    while number >= 0:
        number, letter = divmod(number, len(ascii_uppercase))
        name, number = ascii_uppercase[letter] + name, number - 1
    return name


def members(size: int, groups: int) -> Mapping[str, tuple[int, ...]]:
    """The seeds of each group, strongest first: 1 to A, 2 to B … and back again, so that groups are equally strong.

    Groups differ in size by one at most. Raises ValueError where a group would have fewer than 2 or too many members.
    """
    if not 2 <= size <= LARGEST_FIELD:
        raise ValueError(f"groups are made of 2 to {LARGEST_FIELD} participants, not {size}")
    least, most = -(-size // LARGEST), size // 2
    if not least <= groups <= most:
        raise ValueError(f"{size} participants make {least} to {most} groups of 2 to {LARGEST}, not {groups}")
    dealt: list[list[int]] = [[] for _ in range(groups)]
    for start in range(1, size + 1, groups):
        row = range(start, min(start + groups, size + 1))
        is_back = (start - 1) // groups % 2
        for place, seed in enumerate(row):
            dealt[groups - 1 - place if is_back else place].append(seed)
    return {group_name(number): tuple(seeds) for number, seeds in enumerate(dealt)}


def group_stage(size: int, groups: int, *, legs: int = 1) -> Bracket:
    """A round robin in each group; the matches of a round stand together, group after group. Raises like `members`."""
    nodes = [node for name, seeds in members(size, groups).items() for node in nodes_of_group(name, seeds, legs=legs)]
    # Sorting keeps the groups and what is inside them in order.
    return Bracket(tuple(sorted(nodes, key=lambda node: node.round)), size)
