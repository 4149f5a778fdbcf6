"""Reads single cells of a results file; what a cell cannot mean is told in words that help to mend it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from webapp.domain.names import UnusableNameError, clean_name, quoted

LARGEST: Final = 1_000_000
"""Greater numbers are slips: no lobby, kill count or penalty comes near, and sums of them stay far inside 64 bits."""

_WHOLE: Final = re.compile(r"[0-9]+")
_RANGE: Final = re.compile(r"([0-9]+)\s*[-\u2010-\u2015\u2212]\s*([0-9]+)")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS: Final = range(1990, 2101)


class CellError(ValueError):
    """A cell that cannot be read; its text follows the column's name in the list of problems."""


class Placement(NamedTuple):
    """A place, or the range `low` to `high` when only that is known; both None for a participant who did not finish."""

    low: int | None
    high: int | None


class Instant(NamedTuple):
    """Microseconds since 1970, UTC; `is_naive` when the cell named no time zone and UTC was assumed."""

    at: int
    is_naive: bool


def match_label(text: str) -> str:
    """The match's label; whole numbers without leading zeros, so that 01 and 1 are one match."""
    label = _name(text, "write the match's number or label")
    return label.lstrip("0") or "0" if _WHOLE.fullmatch(label) else label


def participant_name(text: str) -> str:
    """The team's name or the player's handle."""
    return _name(text, "write the team's name or the player's handle")


def optional_name(text: str) -> str | None:
    """A map's name or an outside id; None when blank."""
    return _name(text) or None


def kills(text: str) -> int:
    """Kills: 0, 1, 2 …"""
    return _whole_number(text, least=0, wanted="write 0, 1, 2 …")


def placement(text: str) -> Placement:
    """A place, a range of places such as 5-7, or blank (also DNF) for a participant who did not finish."""
    text = text.strip()
    if not text or text.upper() == "DNF":
        return Placement(None, None)
    wanted = "write 1, 2, 3 …, a range such as 5-7, or nothing for a participant who did not finish"
    found = _RANGE.fullmatch(text)
    if not found:
        return Placement(_whole_number(text, least=1, wanted=wanted), None)
    low, high = (_whole_number(end, least=1, wanted=wanted) for end in found.groups())
    if low > high:
        raise CellError(f"{quoted(text)} ends before it begins; write {high}-{low}")
    return Placement(low, high if high > low else None)


def time_alive(text: str) -> int | None:
    """Whole seconds; None when blank."""
    return _whole_number(text, least=0, wanted="write whole seconds or nothing") if text.strip() else None


def penalty(text: str) -> int:
    """Points taken off, 0 when blank. People write 5 and -5 for the same penalty, so the sign does not matter."""
    unsigned = text.strip().removeprefix("-").removeprefix("\u2212")
    return _whole_number(unsigned, least=0, wanted="write the points taken off as a whole number") if unsigned else 0


def completed_at(text: str) -> Instant | None:
    """An ISO 8601 instant, None when blank; without a time zone it is taken as UTC."""
    text = text.strip()
    if not text:
        return None
    wanted = "write it like 2025-03-01T18:30:00Z"
    try:
        moment = datetime.fromisoformat(text)
        is_naive = moment.tzinfo is None
        moment = moment.replace(tzinfo=UTC) if is_naive else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CellError(f"{quoted(text)} is not an ISO 8601 date and time; {wanted}") from error
    if moment.year not in _YEARS:
        raise CellError(f"{quoted(text)} lies in the year {moment.year}; {wanted}")
    return Instant((moment - _EPOCH) // timedelta(microseconds=1), is_naive)


def _name(text: str, if_empty: str = "") -> str:
    try:
        name = clean_name(text)
    except UnusableNameError as error:
        raise CellError(f"{quoted(text)} {error}") from error
    if not name and if_empty:
        raise CellError(f"is empty; {if_empty}")
    return name


def _whole_number(text: str, *, least: int, wanted: str) -> int:
    digits = text.strip()
    if not digits:
        raise CellError(f"is empty; {wanted}")
    if not _WHOLE.fullmatch(digits):
        is_negative = _WHOLE.fullmatch(digits.lstrip("-\u2212"))
        raise CellError(f"{quoted(text)} is {'negative' if is_negative else 'not a whole number'}; {wanted}")
    significant = digits.lstrip("0")
    if len(significant) > len(str(LARGEST)) or int(significant or "0") > LARGEST:
        raise CellError(f"{quoted(text)} is too large; the largest number taken is {LARGEST:,}")
    if int(digits[-7:]) < least:
        raise CellError(f"{quoted(text)} is below {least}; {wanted}")
    return int(significant or "0")
