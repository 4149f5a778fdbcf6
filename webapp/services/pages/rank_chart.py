"""The line of a participant's rank over the versions of a board, as numbers for an SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 240
_LEFT: Final = 66
_RIGHT: Final = 14
_TOP: Final = 16
_BOTTOM: Final = 44
_RANK_LINES: Final = 4
"""At most so many, and the last one."""


@dataclass(frozen=True, slots=True)
class RankLine:
    """A horizontal line with its rank."""

    rank: int
    y: float


@dataclass(frozen=True, slots=True)
class Dot:
    """Where the line is at a version."""

    x: float
    y: float
    version: int
    rank: int


@dataclass(frozen=True, slots=True)
class RankChart:
    """The chart: the best rank is on top, versions go from left to right, and a rank holds until the next version.

    `path` breaks where the participant was not on the board. `dots` mark its beginning, its end and every change.
    """

    width: int
    height: int
    left: int
    right: int
    path: str
    dots: tuple[Dot, ...]
    lines: tuple[RankLine, ...]
    first_version: int
    last_version: int
    best_rank: int
    worst_rank: int


def rank_chart(ranks: Sequence[tuple[int, int | None]]) -> RankChart | None:
    """The chart of (version, rank) from the oldest to the newest; None where there are not two ranks to join."""
    known = [(version, rank) for version, rank in ranks if rank is not None]
    if len(known) < 2:
        return None
    best, worst = min(rank for _, rank in known), max(rank for _, rank in known)
    first, last = ranks[0][0], ranks[-1][0]

    def x_of(version: int) -> float:
        return round(_LEFT + (version - first) / (last - first) * (WIDTH - _LEFT - _RIGHT), 1)

    def y_of(rank: int) -> float:
        share = (rank - best) / (worst - best) if worst > best else 0.5
        return round(_TOP + share * (HEIGHT - _TOP - _BOTTOM), 1)

    return RankChart(
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        right=WIDTH - _RIGHT,
        path=_path([(x_of(version), None if rank is None else y_of(rank)) for version, rank in ranks]),
        dots=tuple(Dot(x_of(version), y_of(rank), version, rank) for version, rank in _turns(ranks)),
        lines=tuple(RankLine(rank, y_of(rank)) for rank in _lined(best, worst)),
        first_version=first,
        last_version=last,
        best_rank=best,
        worst_rank=worst,
    )


def _path(points: Sequence[tuple[float, float | None]]) -> str:
    steps: list[str] = []
    last: float | None = None
    for x, y in points:
        if y is None:
            if last is not None:
                steps.append(f"H{x:g}")
        elif last is None:
            steps.append(f"M{x:g} {y:g}")
        else:
            steps.append(f"H{x:g}" if y == last else f"H{x:g}V{y:g}")
        last = y
    return "".join(steps)


def _turns(ranks: Sequence[tuple[int, int | None]]) -> list[tuple[int, int]]:
    ends = {0, len(ranks) - 1}
    return [
        (version, rank)
        for index, (version, rank) in enumerate(ranks)
        if rank is not None and (index in ends or rank != ranks[index - 1][1])
    ]


def _lined(best: int, worst: int) -> list[int]:
    step = max(1, -(-(worst - best) // _RANK_LINES))
    ranks = list(range(best, worst, step))
    # The last two must not be written over each other.
    if len(ranks) > 1 and 3 * (worst - ranks[-1]) < 2 * step:
        ranks.pop()
    return [*ranks, worst]
