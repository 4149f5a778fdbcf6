"""Reads single values of a rules file, collecting every problem with its path instead of stopping at the first."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from webapp.domain.errors import FieldError
from webapp.domain.ruleset import Band, MatchPoint

# Far above any real table, and low enough that no sum over a tournament leaves 64 bits.
LARGEST = 1_000_000_000
# A table of a hundred thousand places is a mistake, and would be kept in every snapshot.
LONGEST = 1_000
_BAND = re.compile(r"(\d{1,9})\s*(?:(?:[-\u2010-\u2014\u2212]|\.\.\.?|\u2026|to)\s*(\d{1,9})|(\+))?")


class Problems(list[FieldError]):
    """What is wrong so far."""

    def add(self, path: str, message: str) -> None:
        """Notes that the value at `path` is wrong; `message` says what would be right."""
        self.append(FieldError(path, message))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for a near miss, else nothing."""
    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def whole_number(value: object, path: str, problems: Problems, *, least: int = 0) -> int:
    """The integer `value`, at least `least`; else notes the problem and answers `least`."""
    if isinstance(value, bool) or not isinstance(value, int):
        problems.add(path, f"a whole number of {least} or more, not {_shown(value)}")
    elif value < least:
        problems.add(path, f"must be {least} or more, not {value}")
    elif value > LARGEST:
        problems.add(path, f"must be at most {LARGEST}, not {_shown(value)}")
    else:
        return value
    return least


def optional_number(value: object, path: str, problems: Problems, *, least: int) -> int | None:
    """Like whole_number, with None for a rule that is not there."""
    return None if value is None else whole_number(value, path, problems, least=least)


def text(value: object, path: str, problems: Problems, choices: Sequence[str] = ()) -> str:
    """The text `value`, one of `choices` when there are any."""
    if not isinstance(value, str):
        problems.add(path, f"must be text, not {_shown(value)}")
    elif choices and value not in choices:
        problems.add(path, f"must be {' or '.join(choices)}, not {value!r}{did_you_mean(value, choices)}")
    else:
        return value
    return ""


def truth(value: object, path: str, problems: Problems) -> bool:
    """The boolean `value`."""
    if not isinstance(value, bool):
        problems.add(path, f"must be true or false, not {_shown(value)}")
    return value is True


def numbers(value: object, path: str, problems: Problems) -> tuple[int, ...]:
    """A list of whole numbers of 0 or more."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        problems.add(path, f"must be a list of whole numbers, not {_shown(value)}")
        return ()
    if len(value) > LONGEST:
        problems.add(path, f"must have at most {LONGEST} entries, not {len(value)}")
        return ()
    return tuple(whole_number(entry, f"{path}[{index}]", problems) for index, entry in enumerate(value))


def placement_table(value: object, path: str, problems: Problems) -> tuple[int, ...]:
    """Points by placement: a list from the 1st place on, or a table such as {"1": 12, "2-3": 8}; gaps score 0."""
    if not isinstance(value, Mapping):
        return numbers(value, path, problems)
    found = bands(value, path, problems, least=1)
    for band in found:
        if band.high is None or band.high > LONGEST:
            problems.add(path, f"must name places up to {LONGEST} at most; places it does not name score 0")
            return ()
    last = max((band.high or 0 for band in found), default=0)
    return tuple(points_of(found, place, otherwise=0) for place in range(1, last + 1))


def points_of(found: Iterable[Band], number: int, *, otherwise: int) -> int:
    """The points of the band that holds `number`, else `otherwise`."""
    return next((band.points for band in found if band.holds(number)), otherwise)


def bands(value: object, path: str, problems: Problems, *, least: int) -> tuple[Band, ...]:
    """Bands from {"3-4": 1, "5–6": 2, "7+": 3} or [{low, high, points}], in rising order; overlaps are refused."""
    if isinstance(value, Mapping):
        entries = [_band_of_text(key, points, path, problems) for key, points in value.items()]
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        entries = [_band_of_table(entry, f"{path}[{index}]", problems) for index, entry in enumerate(value)]
    else:
        problems.add(path, f'must be a table such as {{"3-4" = 1, "7+" = 3}} or a list of bands, not {_shown(value)}')
        return ()
    found = sorted((band for band in entries if band), key=lambda band: band.low)
    _check_bands(found, path, problems, least)
    return tuple(found)


def _band_of_text(key: object, points: object, path: str, problems: Problems) -> Band | None:
    match = _BAND.fullmatch(str(key).strip())
    place = f'{path}["{key}"]'
    if match is None:
        problems.add(place, "must be a band such as 3, 3-4 or 7+")
        return None
    low = int(match[1])
    high = None if match[3] else int(match[2] or low)
    return Band(low, high, whole_number(points, place, problems))


def _band_of_table(entry: object, path: str, problems: Problems) -> Band | None:
    if not isinstance(entry, Mapping):
        problems.add(path, f"must be a band {{low, high, points}}, not {_shown(entry)}")
        return None
    unknown_keys(entry, ("low", "high", "points"), path, problems)
    missing = [name for name in ("low", "points") if name not in entry]
    if missing:
        problems.add(path, f"needs {' and '.join(missing)}")
        return None
    low = whole_number(entry["low"], f"{path}.low", problems)
    high = optional_number(entry.get("high"), f"{path}.high", problems, least=0)
    return Band(low, high, whole_number(entry["points"], f"{path}.points", problems))


def _check_bands(found: Sequence[Band], path: str, problems: Problems, least: int) -> None:
    for band in found:
        if band.low < least:
            problems.add(path, f"the band {_named(band)} must start at {least} or more")
        if band.high is not None and band.high < band.low:
            problems.add(path, f"the band {_named(band)} must end where it starts or later")
    for before, after in pairwise(found):
        if before.holds(after.low):
            problems.add(path, f"the bands {_named(before)} and {_named(after)} overlap at {after.low}")


def _named(band: Band) -> str:
    return f"{band.low}+" if band.high is None else f"{band.low}-{band.high}"


def match_point(value: object, path: str, problems: Problems) -> MatchPoint | None:
    """The match-point rule from {threshold, cap}; None when there is none."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        problems.add(path, f"must be a table with threshold and, if there is one, cap, not {_shown(value)}")
        return None
    unknown_keys(value, ("threshold", "cap"), path, problems)
    if "threshold" not in value:
        problems.add(f"{path}.threshold", "is missing; it is the total from which a participant is eligible")
        return None
    threshold = whole_number(value["threshold"], f"{path}.threshold", problems, least=1)
    return MatchPoint(threshold, optional_number(value.get("cap"), f"{path}.cap", problems, least=1))


def points_by_name(value: Mapping[Any, Any], path: str, problems: Problems) -> dict[str, int]:
    """Whole numbers by participant name."""
    found: dict[str, int] = {}
    for name, points in value.items():
        place = f'{path}["{name}"]'
        if not isinstance(name, str) or not name.strip():
            problems.add(place, "must be the name of a participant")
        found[str(name)] = whole_number(points, place, problems)
    return found


def unknown_keys(value: Mapping[Any, Any], known: Sequence[str], path: str, problems: Problems) -> None:
    """Notes every key of `value` that is not known."""
    for key in value:
        if key not in known:
            place = f"{path}.{key}" if path else str(key)
            problems.add(place, f"unknown setting{did_you_mean(str(key), known)}; known: {', '.join(known)}")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    written = repr(value)
    return written if len(written) <= 40 else f"{written[:40]}…"
