"""A pasted list of participants: one a line, a name and, behind a comma, semicolon or tab, a seed."""

import re
from typing import Final, NamedTuple

from webapp.domain.errors import FieldError
from webapp.domain.names import UnusableNameError, clean_name, name_key, quoted

MOST_LINES: Final = 1_000
HIGHEST_SEED: Final = 9_999
# A name may hold commas; only what looks like a number behind the last one is a seed.
_WITH_SEED: Final = re.compile(r"(?P<name>.*?)\s*[,;\t]\s*(?P<seed>[+-]?\d+(?:[.,]\d+)?)?\s*", re.DOTALL)


class ParticipantLine(NamedTuple):
    """A line that can be taken."""

    line: int
    name: str
    seed: int | None


class ParticipantLines(NamedTuple):
    """The lines of a list that can be taken, and what is wrong with the others, by `line 3`."""

    lines: tuple[ParticipantLine, ...]
    problems: tuple[FieldError, ...]


def read_participants(text: str, *, are_handles: bool) -> ParticipantLines:
    """The list in `text`; blank lines say nothing. `are_handles`: names are the same in any case."""
    lines: list[ParticipantLine] = []
    problems: list[FieldError] = []
    line_of_name: dict[str, int] = {}
    line_of_seed: dict[int, int] = {}
    for number, written in enumerate(text.splitlines(), start=1):
        if not written.strip(" \t,;"):
            continue
        if len(lines) == MOST_LINES:
            problems.append(FieldError(f"line {number}", f"only {MOST_LINES:,} are taken at once; add the rest after"))
            break
        try:
            line = _read(number, written)
        except UnusableNameError as error:
            problems.append(FieldError(f"line {number}", str(error)))
            continue
        key = name_key(line.name) if are_handles else line.name
        first = line_of_name.setdefault(key, number)
        if first != number:
            problems.append(FieldError(f"line {number}", f"{quoted(line.name)} is on line {first} already"))
            continue
        if line.seed is not None:
            first = line_of_seed.setdefault(line.seed, number)
            if first != number:
                problems.append(FieldError(f"line {number}", f"seed {line.seed} is given on line {first} already"))
                continue
        lines.append(line)
    return ParticipantLines(tuple(lines), tuple(problems))


def _read(number: int, written: str) -> ParticipantLine:
    found = _WITH_SEED.fullmatch(written)
    name = clean_name(found["name"] if found else written)
    if not name:
        raise UnusableNameError("has no name")
    seed = found["seed"] if found else None
    if seed is None:
        return ParticipantLine(number, name, None)
    if not seed.isdecimal() or not 1 <= int(seed[:9]) <= HIGHEST_SEED or len(seed) > 9:
        raise UnusableNameError(f"{quoted(seed)} is no seed; write a whole number from 1 to {HIGHEST_SEED:,}")
    return ParticipantLine(number, name, int(seed))
