"""Lines of the leaders' ranks over the versions of a board, as numbers for an SVG."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

STYLES: Final = 8
"""How many lines can be told apart: a colour, a mark and a dash each."""
_DEEPEST_RANK: Final = 16
_EVERY_RANK_UP_TO: Final = 8
_EVERY_SECOND_UP_TO: Final = 10
_WIDE_LETTER: Final = 1.0
_USUAL_LETTER: Final = 0.58
"""Of the size of the letters: a little more than the average, so that names are rather cut than written over."""

Ranks = Mapping[int, int]
"""Participant -> rank, as one version showed it."""


class Size(NamedTuple):
    """A drawing's measures, in its own units; `letters` is the size of its text, `most_stops` what it has room for."""

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    letters: int
    ticks: int
    most_stops: int


WIDE: Final = Size("wide", 760, 400, 44, 196, 18, 46, 15, 8, 48)
NARROW: Final = Size("narrow", 340, 400, 32, 130, 16, 44, 14, 4, 16)


@dataclass(frozen=True, slots=True)
class Leader:
    """Whose line it is, and where it stands now."""

    participant_id: int
    name: str
    rank: int
    points: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an edge of the drawing: a rank from above, or a stop from the left."""

    place: float
    label: int


@dataclass(frozen=True, slots=True)
class Line:
    """The line of a leader. `style` counts from 1; its label stands at `label_y` beside the line's end."""

    leader: Leader
    style: int
    path: str
    marks: tuple[tuple[float, float], ...]
    end: tuple[float, float] | None
    label_y: float
    short_name: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The chart in one size. The best rank is on top, stops go from left to right."""

    size: Size
    ranks: tuple[Tick, ...]
    stops: tuple[Tick, ...]
    lines: tuple[Line, ...]
    lower_y: float | None
    """Where the lines of ranks below the last one shown run; None where there are none."""

    @property
    def plot_end(self) -> int:
        """Where the lines end and their labels begin."""
        return self.size.width - self.size.right


def draw(size: Size, leaders: Sequence[Leader], stops: Sequence[tuple[int, Ranks]]) -> Drawing:
    """The lines of the leaders over `stops`: the label of each and the ranks then; at least two of them.

    Of more than there is room for some are drawn, evenly, the first and the last among them.
    """
    stops = [stops[at] for at in evenly(len(stops), size.most_stops)]
    known = [ranks[one.participant_id] for one in leaders for _, ranks in stops if one.participant_id in ranks]
    deepest = max(len(leaders), 2, min(max(known), _DEEPEST_RANK))
    is_lower = max(known) > deepest
    last_y = size.height - size.bottom - (size.letters * 1.4 if is_lower else 0)
    lower_y = round(float(size.height - size.bottom), 1) if is_lower else None
    plot_width = size.width - size.left - size.right - size.letters * 0.8

    def x_of(index: int) -> float:
        return round(size.left + index / (len(stops) - 1) * plot_width, 1)

    def y_of(rank: int) -> float:
        if rank > deepest and lower_y is not None:
            return lower_y
        return round(size.top + (rank - 1) / (deepest - 1) * (last_y - size.top), 1)

    points = [
        [
            (x_of(index), y_of(ranks[leader.participant_id])) if leader.participant_id in ranks else None
            for index, (_, ranks) in enumerate(stops)
        ]
        for leader in leaders
    ]
    shown_stops = _stops_named(len(stops), size.ticks)
    label_ys = apart([y_of(leader.rank) for leader in leaders], gap=size.letters * 1.35, low=size.top, high=last_y)
    lines = tuple(
        Line(
            leader=leader,
            style=style,
            path=_path(places),
            marks=_marks(places, shown_stops),
            end=places[-1],
            label_y=label_y,
            short_name=shortened(leader.name, size.right - size.letters * 2.6, size.letters),
        )
        for style, (leader, places, label_y) in enumerate(zip(leaders, points, label_ys, strict=True), start=1)
    )
    return Drawing(
        size=size,
        ranks=tuple(Tick(y_of(rank), rank) for rank in _ranks_named(deepest)),
        stops=tuple(Tick(x_of(at), stops[at][0]) for at in shown_stops),
        lines=lines,
        lower_y=lower_y,
    )


def evenly(count: int, at_most: int) -> list[int]:
    """At most so many of the numbers 0 … count - 1, evenly, the first and the last among them."""
    if count <= at_most:
        return list(range(count))
    step = (count - 1) / (at_most - 1)
    return [round(index * step) for index in range(at_most)]


def apart(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Places from top to bottom as near to the wanted ones as a distance of `gap` between neighbours allows.

    `wanted` rises; all stay between `low` and `high` where there is room for that.
    """
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + gap) if places else max(place, low))
    limit = high
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], limit)
        limit = places[index] - gap
    return [round(place, 1) for place in places]


def shortened(name: str, width: float, letters: int) -> str:
    """The name, or as much of its beginning as fits beside an ellipsis."""
    room = width / letters
    if sum(map(_width, name)) <= room:
        return name
    taken = 0.0
    for index, letter in enumerate(name):
        taken += _width(letter)
        if taken > room - _WIDE_LETTER:
            return name[:index].rstrip() + "…"
    return name


def _width(letter: str) -> float:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0.0
    is_wide = unicodedata.east_asian_width(letter) in ("W", "F") or letter in "MWmw@"
    return _WIDE_LETTER if is_wide else _USUAL_LETTER


def _path(places: Sequence[tuple[float, float] | None]) -> str:
    """Soft steps from place to place; broken where there is none."""
    steps: list[str] = []
    last: tuple[float, float] | None = None
    for place in places:
        if place is not None:
            x, y = place
            if last is None:
                steps.append(f"M{x:g} {y:g}")
            elif last[1] == y:
                steps.append(f"H{x:g}")
            else:
                middle = round((last[0] + x) / 2, 1)
                steps.append(f"C{middle:g} {last[1]:g} {middle:g} {y:g} {x:g} {y:g}")
        last = place
    return "".join(steps)


def _marks(places: Sequence[tuple[float, float] | None], named: Sequence[int]) -> tuple[tuple[float, float], ...]:
    """The ends of the line, and where the stops are named."""
    known = [at for at, place in enumerate(places) if place is not None]
    marked = {*known[:1], *known[-1:], *(set(named) & set(known))}
    return tuple(place for at, place in enumerate(places) if at in marked and place is not None)


def _ranks_named(deepest: int) -> list[int]:
    """Ranks with a number: all of a few, else the first and every second or fourth."""
    step = 1 if deepest <= _EVERY_RANK_UP_TO else 2 if deepest <= _EVERY_SECOND_UP_TO else 4
    return sorted({1, *range(step, deepest + 1, step)})


def _stops_named(count: int, at_most: int) -> list[int]:
    """Places of the stops with a label, counted from 0: the last one, and others at even distances before it."""
    step = -(-count // at_most)
    return list(range(count - 1, -1, -step))[::-1]
