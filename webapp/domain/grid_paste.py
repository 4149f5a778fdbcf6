"""Rows pasted from a spreadsheet into the grid: whose they are, and what stands in which column.

Three forms are read, with tabs, semicolons or commas between values, with or without a header:
participant, placement, kills (and time alive) in the columns that say so; names alone, from the winner on; placement
and kills alone, in the order of the grid.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from webapp.domain.errors import FieldError
from webapp.domain.grid import Cells, Lobby
from webapp.domain.look_alikes import likeness
from webapp.domain.names import UnusableNameError, clean_name, name_key, quoted

LONGEST: Final = 100_000
"""Characters; more than any lobby has."""
MOST_ROWS: Final = 1_000

_HEADERS: Final = {
    "participant": ("participant", "team", "team name", "name", "squad", "player", "clan"),
    "placement": ("placement", "place", "rank", "position", "pos", "#", "finish", "standing"),
    "kills": ("kills", "kill", "elims", "eliminations", "finishes", "frags", "k"),
    "time": ("time_alive_s", "time alive", "time", "survival", "survival time", "alive"),
}
_NUMBERS: Final = ("placement", "kills", "time")
# 3rd, #3, 3., and 3.0 or 3,0 of a column formatted with decimals.
_DECORATED: Final = re.compile(r"#?\s*([0-9]+)\s*(?:st|nd|rd|th|[.]|[.,]0+)?", re.IGNORECASE)
_VALUE: Final = re.compile(r"\s*(#?\s*[0-9]+\s*(st|nd|rd|th)?|[0-9.,:–-]*|DNF|-|–)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pasted:
    """The rows that were found, in the order of the grid, and the lines that could not be taken, each with why."""

    rows: tuple[Cells, ...]
    problems: tuple[FieldError, ...]


def read_paste(text: str, lobby: Lobby, *, first_id: int | None = None) -> Pasted:
    """What a pasted text says; `first_id` is the row where columns without names start, by default the first.

    Values are taken as they stand, so that what is wrong with them is told in the grid, beside them.
    """
    if len(text) > LONGEST:
        return Pasted((), (FieldError("pasted", f"is {len(text):,} characters long; paste one match at a time"),))
    finder = _Finder(lobby)
    lines = _lines(text, finder)
    if not lines:
        return Pasted(
            (), (FieldError("pasted", "holds nothing; copy the rows in the spreadsheet and paste them here"),)
        )
    if len(lines) > MOST_ROWS:
        return Pasted((), (FieldError("pasted", f"holds {len(lines):,} lines; paste one match at a time"),))
    columns = _header(lines[0][1])
    if columns:
        lines = lines[1:]
    else:
        columns = _guessed(lines, finder)
    if columns is None:
        return Pasted((), (FieldError("pasted", _UNCLEAR),))
    if "participant" in columns:
        return _by_name(lines, columns, finder)
    return _by_order(lines, columns, lobby, first_id)


_UNCLEAR: Final = (
    "cannot be told apart into columns; write a first line such as team, placement, kills, or paste "
    "placement and kills alone in the order of the grid"
)

_Line = tuple[int, list[str]]


def _lines(text: str, finder: "_Finder") -> list[_Line]:
    """Numbered lines as values, without blank ones around them; those between stay, for columns in the grid's order."""
    delimiter = next((one for one in "\t;" if one in text), ",")
    if delimiter == "," and _are_names_with_commas(text, finder):
        delimiter = "\t"
    reader = csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline=""), delimiter=delimiter)
    found: list[_Line] = []
    try:
        for values in reader:
            found.append((reader.line_num, [value.strip() for value in values]))  # noqa: PERF401  (an error keeps what came before)
    except csv.Error:
        # A quotation mark that is no quoting: the lines as they stand.
        found = [(n, [v.strip() for v in line.split(delimiter)]) for n, line in enumerate(text.splitlines(), start=1)]
    while found and not any(found[0][1]):
        found.pop(0)
    while found and not any(found[-1][1]):
        found.pop()
    return found


def _are_names_with_commas(text: str, finder: "_Finder") -> bool:
    """Whether the commas belong to names (`Bravo, Inc.`): more lines are a name as a whole than hold one in a part."""
    lines = text.splitlines()[:MOST_ROWS]
    whole = sum(finder.knows(line.strip()) for line in lines)
    in_part = sum(any(finder.knows(part.strip()) for part in line.split(",")) for line in lines) if whole else 0
    return whole > in_part


def _header(values: Sequence[str]) -> dict[str, int] | None:
    """Where each known column is, when the first line names columns."""
    found: dict[str, int] = {}
    for place, value in enumerate(values):
        name = value.lower().rstrip(":")
        for column, names in _HEADERS.items():
            if name in names and column not in found:
                found[column] = place
                break
    is_header = ("participant" in found or "placement" in found or "kills" in found) and not any(
        re.search(r"[0-9]", value) for value in values
    )
    return found if is_header else None


def _guessed(lines: Sequence[_Line], finder: "_Finder") -> dict[str, int] | None:
    """The columns of a paste without a header: names are where most values are known ones or no numbers."""
    width = max(len(values) for _, values in lines)
    known = [sum(finder.knows(_at(values, place)) for _, values in lines) for place in range(width)]
    texts = [sum(not _VALUE.fullmatch(_at(values, place)) for _, values in lines) for place in range(width)]
    best = max(range(width), key=lambda place: (known[place], texts[place], -place))
    if not known[best] and not texts[best]:
        return dict(zip(_NUMBERS, range(width), strict=False)) if width <= len(_NUMBERS) else None
    numbers = [place for place in range(width) if place != best]
    if not numbers:
        return {"participant": best}
    if len(numbers) == 1 or len(numbers) > len(_NUMBERS):
        return None  # one number may be the placement as well as the kills
    return {"participant": best} | dict(zip(_NUMBERS, numbers, strict=False))


def _by_name(lines: Sequence[_Line], columns: Mapping[str, int], finder: "_Finder") -> Pasted:
    rows: dict[int, Cells] = {}
    line_of: dict[int, int] = {}
    problems: list[FieldError] = []
    is_finishing_order = set(columns) == {"participant"}
    place = 0
    for number, values in lines:
        if not any(values):
            continue
        place += 1
        found = finder.find(_at(values, columns["participant"]))
        if isinstance(found, str):
            problems.append(FieldError(f"line {number}", found))
        elif found in line_of:
            problems.append(FieldError(f"line {number}", f"is on line {line_of[found]} already"))
        else:
            line_of[found] = number
            rows[found] = Cells(found, placement=str(place)) if is_finishing_order else _cells(found, values, columns)
    in_order = tuple(rows[participant_id] for participant_id in finder.names if participant_id in rows)
    return Pasted(in_order, tuple(problems))


def _by_order(lines: Sequence[_Line], columns: Mapping[str, int], lobby: Lobby, first_id: int | None) -> Pasted:
    ids = list(lobby.names)
    start = ids.index(first_id) if first_id is not None and first_id in lobby.names else 0
    rows = [_cells(who, values, columns) for who, (_, values) in zip(ids[start:], lines, strict=False)]
    surplus = lines[len(ids) - start :]
    problems = [FieldError(f"line {number}", "is beyond the last row of the grid") for number, _ in surplus[:1]]
    return Pasted(tuple(row for row in rows if not row.is_blank), tuple(problems))


def _cells(participant_id: int, values: Sequence[str], columns: Mapping[str, int]) -> Cells:
    placement, kills, time = (_at(values, columns[name]) if name in columns else "" for name in _NUMBERS)
    return Cells(participant_id, _plain(placement), _plain(kills), time)


def _plain(value: str) -> str:
    if value in {"-", "–", "—"}:
        return ""
    decorated = _DECORATED.fullmatch(value)
    return decorated[1] if decorated else value


def _at(values: Sequence[str], place: int) -> str:
    return values[place] if place < len(values) else ""


@dataclass(slots=True)
class _Finder:
    """Finds participants by what was written: the same name, else the same but for case, else one that looks alike."""

    lobby: Lobby
    _levels: tuple[dict[object, list[int]], ...] = field(init=False)

    def __post_init__(self) -> None:
        self._levels = ({}, {}, {})
        for participant_id, name in self.lobby.names.items():
            for level, keys in zip(self._levels, _keys(name), strict=True):
                for key in keys:
                    level.setdefault(key, []).append(participant_id)

    @property
    def names(self) -> Mapping[int, str]:
        """The participants in the order of the grid."""
        return self.lobby.names

    def knows(self, text: str) -> bool:
        """Whether the text names a participant, or several that look alike."""
        return any(self._candidates(text))

    def find(self, text: str) -> int | str:
        """The participant that the text names, or what is wrong with it."""
        if not text:
            return "names nobody; write the participant's name"
        for candidates in self._candidates(text):
            if len(candidates) == 1:
                return candidates[0]
            if candidates:
                alike = ", ".join(quoted(self.names[participant_id]) for participant_id in candidates)
                return f"{quoted(text)} may be {alike}; write the name as it stands in the grid"
        close = get_close_matches(name_key(text), [name_key(name) for name in self.names.values()], n=1)
        meant = next((name for name in self.names.values() if close and name_key(name) == close[0]), None)
        guess = f" (is {quoted(meant)} meant?)" if meant else ""
        return f"{quoted(text)} takes no part in this match{guess}"

    def _candidates(self, text: str) -> Iterator[list[int]]:
        try:
            name = clean_name(text)
        except UnusableNameError:
            return
        for level, keys in zip(self._levels, _keys(name), strict=True):
            yield list(dict.fromkeys(found for key in keys for found in level.get(key, ())))


def _keys(name: str) -> tuple[Sequence[object], Sequence[object], Sequence[object]]:
    return (name,), (name_key(name),), likeness(name)
