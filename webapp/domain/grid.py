"""The grid of a battle-royale match: what people typed, row by row, as a result (spec 08, item 5).

Paths of errors and warnings are the names of the form's fields (`placement-12` of participant 12), `row-12` for a row
as a whole and `lobby` for the match as a whole, so that each can stand beside what it is about.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from webapp.domain import results_cells
from webapp.domain.errors import FieldError, ResultError
from webapp.domain.names import quoted
from webapp.domain.results_cells import CellError
from webapp.domain.scoring import BattleRoyaleLine, check_match

LOBBY: Final = "lobby"
"""The path of what is said about the match as a whole."""
DNF: Final = "DNF"

_NAMED_AT_MOST: Final = 5
_CLOCK: Final = re.compile(r"([0-9]{1,3}):([0-5][0-9])")
_COLUMN_OF: Final = {
    "placement": "placement",
    "placement_high": "placement",
    "kills": "kills",
    "time_alive_s": "time",
    "participant": "row",
}

Value = TypeVar("Value")


class Cells(NamedTuple):
    """One row as typed. Without any content it says that the participant did not play this match."""

    participant_id: int
    placement: str = ""
    kills: str = ""
    time_alive: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is typed."""
        return not (self.placement.strip() or self.kills.strip() or self.time_alive.strip())


@dataclass(frozen=True, slots=True)
class Lobby:
    """Who may have played a match: names by participant in the order of the grid, places there are, players a side.

    Of `withdrawn` ones no line is expected, though they may have played before they left.
    """

    names: Mapping[int, str]
    places: int
    side_size: int | None
    withdrawn: frozenset[int] = frozenset()

    def missing(self, lines: Iterable[BattleRoyaleLine]) -> list[int]:
        """Of whom a line could still come."""
        played = {line.participant_id for line in lines}
        return [one for one in self.names if one not in played and one not in self.withdrawn]

    def missing_count(self, lines: Sequence[BattleRoyaleLine]) -> int:
        """How many lines are still expected: no more than there are places left."""
        return max(0, min(len(self.missing(lines)), self.places - len(lines)))


@dataclass(frozen=True, slots=True)
class Checked:
    """What the rules say of typed rows; `lines` are of the rows that can be read."""

    lines: tuple[BattleRoyaleLine, ...]
    errors: tuple[FieldError, ...]
    warnings: tuple[FieldError, ...]


class LineChange(NamedTuple):
    """A participant whose line differs between two versions of a result; None where there is none."""

    participant_id: int
    before: BattleRoyaleLine | None
    after: BattleRoyaleLine | None


def check_grid(rows: Sequence[Cells], lobby: Lobby) -> Checked:
    """Reads typed rows and checks them by the rules of a match; blank rows are no lines.

    Warnings are given once there is no error. They can be right (a lobby was not full, players could return), so an
    official may take the result all the same.
    """
    lines: list[BattleRoyaleLine] = []
    placed: list[BattleRoyaleLine] = []
    errors: list[FieldError] = []
    for row in rows:
        if not row.is_blank:
            found = len(errors)
            line = _line_of(row, errors)
            placed += [line] if line else []
            lines += [line] if line and len(errors) == found else []
    if not lines and not errors:
        errors.append(FieldError(LOBBY, "nothing is typed yet; give at least one participant a placement or kills"))
    refused, warnings = _by_the_rules(placed, lobby)
    errors += refused
    if errors:
        return Checked(tuple(lines), _in_row_order(errors, lobby), ())
    return Checked(tuple(lines), (), (*_missing(lines, lobby), *_gaps(lines, lobby), *warnings))


def cells_of(line: BattleRoyaleLine) -> Cells:
    """How a line is typed; `check_grid` reads it back."""
    return Cells(
        line.participant_id,
        DNF if line.placement is None else shown_placement(line.placement, line.placement_high),
        str(line.kills),
        "" if line.time_alive_s is None else f"{line.time_alive_s // 60}:{line.time_alive_s % 60:02}",
    )


def shown_placement(placement: int, high: int | None) -> str:
    """A place, or a range of places: `5`, `5-7`."""
    return str(placement) if high in (None, placement) else f"{placement}-{high}"


def differences(before: Iterable[BattleRoyaleLine], after: Iterable[BattleRoyaleLine]) -> list[LineChange]:
    """Whose lines differ, by participant: replacing these in `before` gives `after`."""
    old, new = ({line.participant_id: _normal(line) for line in lines} for lines in (before, after))
    return [
        LineChange(participant_id, old.get(participant_id), new.get(participant_id))
        for participant_id in sorted(old.keys() | new.keys())
        if old.get(participant_id) != new.get(participant_id)
    ]


def _normal(line: BattleRoyaleLine) -> BattleRoyaleLine:
    """A range of one place is that place."""
    return line._replace(placement_high=None) if line.placement_high == line.placement else line


def _line_of(row: Cells, errors: list[FieldError]) -> BattleRoyaleLine | None:
    """The line, None without a placement that can be read; every cell that cannot is noted.

    Kills still to be typed are none meanwhile: that a place is taken already must not wait for them.
    """

    def read(column: str, reader: Callable[[str], Value], text: str) -> Value | None:
        try:
            return reader(text)
        except CellError as error:
            errors.append(FieldError(f"{column}-{row.participant_id}", str(error)))
            return None

    placement = read("placement", results_cells.placement, row.placement)
    kills = read("kills", results_cells.kills, row.kills)
    time_alive = read("time", _time_alive, row.time_alive)
    if placement is None:
        return None
    return BattleRoyaleLine(row.participant_id, placement.low, kills or 0, placement.high, time_alive)


def _time_alive(text: str) -> int | None:
    """Seconds from `1394` or `23:14`."""
    clock = _CLOCK.fullmatch(text.strip())
    if clock:
        return int(clock[1]) * 60 + int(clock[2])
    try:
        return results_cells.time_alive(text)
    except CellError as error:
        raise CellError(f"{quoted(text)} is no time; write minutes and seconds such as 23:14") from error


def _by_the_rules(lines: Sequence[BattleRoyaleLine], lobby: Lobby) -> tuple[list[FieldError], list[FieldError]]:
    """Errors and warnings of the rules. Rows that are wrong by themselves are set aside and the others checked again:
    a placement beyond the lobby must not hide two others that are the same.
    """
    errors: list[FieldError] = []
    while True:
        labels = [lobby.names.get(line.participant_id, f"#{line.participant_id}") for line in lines]
        path_of = _paths(lines, labels)
        try:
            warnings = check_match(
                lines,
                roster=lobby.names,
                lobby_size=lobby.places,
                side_size=lobby.side_size,
                sides=len(lines) + lobby.missing_count(lines),
                rows=labels,
            )
        except ResultError as refusal:
            refused = [FieldError(path_of[field.path], field.message) for field in refusal.fields]
        else:
            return errors, [FieldError(path_of.get(field.path, LOBBY), field.message) for field in warnings]
        errors += refused
        wrong = {_participant_of(path) for path, _ in refused}
        lines = [line for line in lines if line.participant_id not in wrong]


def _paths(lines: Sequence[BattleRoyaleLine], labels: Sequence[str]) -> dict[str, str]:
    """The form's field for each path that `check_match` can name."""
    found = {}
    for line, label in zip(lines, labels, strict=True):
        found[label] = f"row-{line.participant_id}"
        found |= {f"{label}: {part}": f"{column}-{line.participant_id}" for part, column in _COLUMN_OF.items()}
    return found


def _participant_of(path: str) -> int:
    return int(path.rpartition("-")[2])


def _in_row_order(errors: Iterable[FieldError], lobby: Lobby) -> tuple[FieldError, ...]:
    place_of = {participant_id: place for place, participant_id in enumerate(lobby.names)}

    def place(error: FieldError) -> int:
        return -1 if error.path == LOBBY else place_of.get(_participant_of(error.path), len(place_of))

    return tuple(sorted(errors, key=place))


def _missing(lines: Sequence[BattleRoyaleLine], lobby: Lobby) -> Iterator[FieldError]:
    count = lobby.missing_count(lines)
    if count == 0:
        return
    names = [lobby.names[participant_id] for participant_id in lobby.missing(lines)]
    named = f" ({_listed(names)})" if len(names) == count else ""
    yield FieldError(
        LOBBY,
        f"{count} of {len(lines) + count} without a line{named}: taken as not having played; "
        f"write {DNF} for who played and did not finish",
    )


def _gaps(lines: Sequence[BattleRoyaleLine], lobby: Lobby) -> Iterator[FieldError]:
    """Places that nobody holds though a worse one is held: mostly a slip of the finger, sometimes a team that left."""
    if lobby.missing_count(lines) or any(line.placement_high is not None for line in lines):
        return
    held = {line.placement for line in lines if line.placement is not None}
    free = [str(place) for place in range(1, max(held, default=0)) if place not in held]
    if free:
        yield FieldError(LOBBY, f"nobody holds place {_listed(free)}")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
