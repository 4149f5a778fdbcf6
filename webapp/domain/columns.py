"""Columns: int64 arrays with one value a participant or a result row, and one number that means "no value".

Fractions are held in hundredths and instants in microseconds since 1970 (UTC), so that comparing two values never
rounds.
"""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

IntColumn: TypeAlias = NDArray[np.int64]
BoolColumn: TypeAlias = NDArray[np.bool_]

MISSING = int(np.iinfo(np.int64).max)
"""No value: a match not finished, a season without a win. Sorts last in either direction (02: "sorts last")."""

_DENSE_IDS = 16
"""Up to that many numbers an id, a table of all numbers between the ids is small enough to look positions up in."""

NOWHERE = -1
"""The position of what is not there."""

SCALE = 100
"""What a fraction is multiplied by to be held as a whole number."""


def column(values: Iterable[int | None]) -> IntColumn:
    """The values as a column, None as MISSING."""
    return np.array([MISSING if value is None else value for value in values], dtype=np.int64)


def to_optional(values: IntColumn) -> list[int | None]:
    """The column as a list, MISSING as None; the inverse of `column`."""
    return [None if value == MISSING else value for value in values.tolist()]


def filled(size: int, value: int) -> IntColumn:
    """A column that holds `value` `size` times."""
    return np.full(size, value, dtype=np.int64)


def counted(size: int) -> IntColumn:
    """The column 0, 1, … size - 1."""
    return np.arange(size, dtype=np.int64)


def mean_hundredths(total: IntColumn, count: IntColumn, *, of_none: int) -> IntColumn:
    """Totals (0 or more) by counts in hundredths, halves rounded up; `of_none` where nothing was counted."""
    divisor = 2 * np.maximum(count, 1)
    return np.where(count > 0, (2 * SCALE * total + divisor // 2) // divisor, of_none)


def positions_of(wanted: IntColumn, ids: IntColumn) -> IntColumn:
    """Where each of `wanted` stands in `ids` (rising, without doubles); NOWHERE for those that are not there."""
    if ids.size and wanted.size > ids.size and int(ids[-1]) - int(ids[0]) < _DENSE_IDS * ids.size:
        return _positions_by_table(wanted, ids)
    places = np.searchsorted(ids, wanted)
    inside = places < ids.size
    found = np.zeros(wanted.size, dtype=np.bool_)
    found[inside] = ids[places[inside]] == wanted[inside]
    return np.where(found, places, NOWHERE)


def _positions_by_table(wanted: IntColumn, ids: IntColumn) -> IntColumn:
    """Like positions_of, some twenty times as fast for the ids of one tournament, which are near each other."""
    low, high = ids[0], ids[-1]
    table = filled(int(high - low) + 2, NOWHERE)
    table[ids - low] = counted(ids.size)
    # The table's last entry stays NOWHERE and serves whatever lies outside.
    return table[np.where((wanted >= low) & (wanted <= high), wanted - low, table.size - 1)]
