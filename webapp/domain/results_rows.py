"""Collects the rows of a results file into matches and participants, and what is wrong with them, line by line."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from webapp.domain import results_cells as cells
from webapp.domain.errors import FieldError
from webapp.domain.names import name_key, quoted
from webapp.domain.parsed_results import ParsedMatch, ParsedParticipant, ParsedResults, ResultLine
from webapp.domain.results_cells import CellError, Instant, Placement
from webapp.domain.results_participants import Participants, with_distinct_names

HIGHEST_NUMBER: Final = 999_999
"""Labels that are all numbers from 1 to this are the matches' numbers; else matches are numbered in their order."""

# In the order in which a row is unpacked. What comes before `kills` says where a row belongs: a row that is wrong only
# after it is still compared with the others of its match.
_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "match": cells.match_label,
    "participant": cells.participant_name,
    "participant_id": cells.optional_name,
    "placement": cells.placement,
    "kills": cells.kills,
    "completed_at": cells.completed_at,
    "map": cells.optional_name,
    "time_alive_s": cells.time_alive,
    "penalty": cells.penalty,
}
_INSTEAD_OF_WRONG: Final = {"kills": 0, "completed_at": None, "map": None, "time_alive_s": None, "penalty": 0}


class MatchEnd(NamedTuple):
    """When a match ended according to one line."""

    at: int
    line: int


@dataclass(slots=True)
class CollectedMatch:
    """A match while its rows come in: its lines, and on which line each participant and each place was seen."""

    index: int
    label: str
    line: int
    map: str | None = None
    map_line: int = 0
    first_end: MatchEnd | None = None
    last_end: MatchEnd | None = None
    line_of_participant: dict[int, int] = field(default_factory=dict)
    line_of_placement: dict[int, int] = field(default_factory=dict)
    is_wrong: bool = False
    lines: list[ResultLine] = field(default_factory=list)


class _Reading(dict[str, Any]):
    """What the cells of one column mean, each distinct text read once; an error stands for what it could not read."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> Any:
        try:
            value = self._read(text)
        except CellError as error:
            value = error
        self[text] = value
        return value


class Rows:
    """The rows of a file so far. `problems` holds each wrong cell with its line number."""

    def __init__(self, columns: Mapping[str, int], roster: Collection[str] | None = None) -> None:
        # A column that is not there is read from a blank cell behind each row.
        self._readings = [(columns.get(name, -1), _Reading(read)) for name, read in _READ.items()]
        self._participants = Participants(roster)
        self._match_of: dict[str, CollectedMatch] = {}
        self._naive_lines: list[int] = []
        self.problems: list[tuple[int, FieldError]] = []

    @property
    def participants(self) -> list[ParsedParticipant]:
        """The participants in order of appearance."""
        return self._participants.listed

    @property
    def matches(self) -> list[CollectedMatch]:
        """The matches in the order in which their first rows came."""
        return list(self._match_of.values())

    def take(self, line: int, values: list[str]) -> None:
        """Adds the row that starts on `line`, or notes what is wrong with it."""
        values.append("")
        read = [reading[values[index]] for index, reading in self._readings]
        if CellError in map(type, read) and not self._mend(line, read):
            return
        label, name, external_id, place, *details = read
        participant = self._participants.identify(name, external_id, line)
        if isinstance(participant, CellError):
            self._refuse(line, "participant", participant)
            return
        match = self._match_of.get(label)
        if match is None:
            match = self._match_of[label] = CollectedMatch(len(self._match_of), label, line)
        self._add(match, line, participant, place, details)

    def _mend(self, line: int, read: list[Any]) -> bool:
        """Notes the wrong cells of a row and puts harmless values there; False where the row belongs nowhere."""
        has_place = True
        for index, name in enumerate(_READ):
            if isinstance(read[index], CellError):
                self._refuse(line, name, read[index])
                has_place = has_place and name in _INSTEAD_OF_WRONG
                read[index] = _INSTEAD_OF_WRONG.get(name)
        return has_place

    def _add(self, match: CollectedMatch, line: int, participant: int, place: Placement, details: list[Any]) -> None:
        kills, ended, map_name, time_alive_s, penalty = details
        if ended is not None:
            self._note_end(match, line, ended)
        if map_name is not None and map_name != match.map:
            self._note_map(match, line, map_name)
        earlier = match.line_of_participant.setdefault(participant, line)
        if earlier != line:
            name = quoted(self.participants[participant].name)
            self._refuse_in(
                match, line, "participant", f"{name} is in match {quoted(match.label)} already, on line {earlier}"
            )
            return
        if place.low is not None and place.high is None:
            earlier = match.line_of_placement.setdefault(place.low, line)
            if earlier != line:
                taken = f"{place.low} is taken in match {quoted(match.label)} already, on line {earlier}"
                self._refuse_in(match, line, "placement", taken)
        match.lines.append(
            ResultLine(line, match.index, participant, place.low, place.high, kills, time_alive_s, penalty)
        )

    def _note_end(self, match: CollectedMatch, line: int, ended: Instant) -> None:
        if ended.is_naive:
            self._naive_lines.append(line)
        if match.first_end is None or ended.at < match.first_end.at:
            match.first_end = MatchEnd(ended.at, line)
        if match.last_end is None or ended.at > match.last_end.at:
            match.last_end = MatchEnd(ended.at, line)

    def _note_map(self, match: CollectedMatch, line: int, map_name: str) -> None:
        if match.map is None:
            match.map, match.map_line = map_name, line
        elif name_key(map_name) != name_key(match.map):
            other = f"line {match.map_line} says {quoted(match.map)}"
            self._refuse_in(match, line, "map", f"{quoted(map_name)}, but {other}; a match is played on one map")

    def _refuse_in(self, match: CollectedMatch, line: int, column: str, message: str) -> None:
        match.is_wrong = True
        self._refuse(line, column, message)

    def _refuse(self, line: int, column: str, message: object) -> None:
        self.problems.append((line, FieldError(f"line {line}: {column}", str(message))))

    def warnings(self) -> list[FieldError]:
        """What was assumed while reading."""
        warnings = []
        if self._naive_lines:
            where = f"line {self._naive_lines[0]}{_and_more(len(self._naive_lines) - 1, 'line')}"
            warnings.append(FieldError(where, "completed_at names no time zone and was taken as UTC"))
        without_end = [match for match in self._match_of.values() if match.last_end is None]
        if 0 < len(without_end) < len(self._match_of):
            where = f"match {quoted(without_end[0].label)}{_and_more(len(without_end) - 1, 'match')}"
            warnings.append(FieldError(where, "no completed_at; put right behind the match before it"))
        return warnings

    def parsed(self, warnings: list[FieldError], *, are_handles: bool) -> ParsedResults:
        """The file's content, its matches by number where all labels are whole numbers, else as they came."""
        participants, name_warnings = with_distinct_names(self.participants, are_handles=are_handles)
        ordered = self.matches
        is_numbered = all(_is_number(match.label) for match in ordered)
        if is_numbered:
            ordered.sort(key=lambda match: int(match.label))
        keeps_numbers = is_numbered and int(ordered[0].label) >= 1 and int(ordered[-1].label) <= HIGHEST_NUMBER
        matches = [
            ParsedMatch(
                number=int(match.label) if keeps_numbers else position,
                label=match.label,
                map=match.map,
                completed_at=match.last_end.at if match.last_end else None,
            )
            for position, match in enumerate(ordered, start=1)
        ]
        lines = [
            line if line.match == index else ResultLine(line.line, index, *line[2:])
            for index, match in enumerate(ordered)
            for line in match.lines
        ]
        return ParsedResults(tuple(matches), tuple(participants), tuple(lines), (*warnings, *name_warnings))


def _is_number(label: str) -> bool:
    return label.isascii() and label.isdecimal()


def _and_more(count: int, what: str) -> str:
    plural = {"line": "lines", "match": "matches"}[what]
    return f" and {count:,} other {what if count == 1 else plural}" if count else ""
