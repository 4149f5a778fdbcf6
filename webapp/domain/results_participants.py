"""Who takes part according to a file of results: told apart by the file's own ids where it has them, else by name."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

from webapp.domain.errors import FieldError
from webapp.domain.names import name_key, quoted
from webapp.domain.parsed_results import ParsedParticipant
from webapp.domain.results_cells import CellError


class HandleRoster(Collection[str]):
    """Handles of players, which are the same in whatever case."""

    def __init__(self, handles: Iterable[str]) -> None:
        self._handle_of = {name_key(handle): handle for handle in handles}

    def __contains__(self, handle: object) -> bool:
        return isinstance(handle, str) and name_key(handle) in self._handle_of

    def __iter__(self) -> Iterator[str]:
        return iter(self._handle_of.values())

    def __len__(self) -> int:
        return len(self._handle_of)


class Participants:
    """The participants so far, in order of appearance; `listed` holds each with the line on which it stands first."""

    def __init__(self, roster: Collection[str] | None) -> None:
        self._roster = roster
        self._known: dict[tuple[str, str | None], int | CellError] = {}
        self._named: dict[str, list[int]] = {}
        self._with_id: dict[str, int] = {}
        self.listed: list[ParsedParticipant] = []

    def identify(self, name: str, external_id: str | None, line: int) -> int | CellError:
        """The index of the participant of a row, or why the row's participant cannot be told."""
        known = self._known.get((name, external_id))
        if known is None:
            known = self._find(name, external_id, line)
            self._known[name, external_id] = known
        return known

    def _find(self, name: str, external_id: str | None, line: int) -> int | CellError:
        namesakes = self._named.get(name, [])
        if external_id is None:
            # A second one of that name, which only a file with ids can have, puts an error here.
            return namesakes[0] if namesakes else self._add(name, None, line)
        if external_id in self._with_id:
            owner = self.listed[self._with_id[external_id]]
            return CellError(f"{quoted(name)} has the id of {quoted(owner.name)} on line {owner.line}")
        if namesakes and self.listed[namesakes[0]].external_id is None:
            self.listed[namesakes[0]] = replace(self.listed[namesakes[0]], external_id=external_id)
            self._with_id[external_id] = namesakes[0]
            return namesakes[0]
        if namesakes:
            both = f"{quoted(self.listed[namesakes[0]].external_id or '')} or {quoted(external_id)}"
            self._known[name, None] = CellError(f"{quoted(name)} can be the one with the id {both}; write which")
        return self._add(name, external_id, line)

    def _add(self, name: str, external_id: str | None, line: int) -> int | CellError:
        if self._roster is not None and name not in self._roster:
            close = get_close_matches(name, self._roster, n=1)
            meant = f"; is {quoted(close[0])} meant?" if close else ""
            return CellError(f"{quoted(name)} does not take part in this tournament{meant}")
        index = len(self.listed)
        self._named.setdefault(name, []).append(index)
        if external_id is not None:
            self._with_id[external_id] = index
        self.listed.append(ParsedParticipant(name, external_id, line))
        return index


def with_distinct_names(
    participants: Iterable[ParsedParticipant], *, are_handles: bool
) -> tuple[list[ParsedParticipant], list[FieldError]]:
    """The participants with names of their own, and a warning for each that had to be numbered to have one.

    Two with different ids may share a name, and handles are the same in any case; to join them would add up the results
    of two, so the later one is called `name (2)`.
    """
    distinct: list[ParsedParticipant] = []
    warnings: list[FieldError] = []
    first: dict[str, ParsedParticipant] = {}
    for participant in participants:
        name = _free_name(participant.name, first, are_handles=are_handles)
        if name != participant.name:
            namesake = first[_identity(participant.name, are_handles=are_handles)]
            told = f"{quoted(participant.name)} cannot be told from {quoted(namesake.name)} on line {namesake.line}"
            warnings.append(
                FieldError(f"line {participant.line}: participant", f"{told}; it is taken as {quoted(name)}")
            )
        distinct.append(replace(participant, name=name))
        first[_identity(name, are_handles=are_handles)] = participant
    return distinct, warnings


def _free_name(name: str, taken: Collection[str], *, are_handles: bool) -> str:
    number, free = 1, name
    while _identity(free, are_handles=are_handles) in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _identity(name: str, *, are_handles: bool) -> str:
    return name_key(name) if are_handles else name
