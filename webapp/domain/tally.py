"""Totals by owner: sums, counts and extremes of rows that each belong to one of 0 … size - 1 owners, in any order."""

from dataclasses import dataclass

import numpy as np

from webapp.domain.columns import MISSING, BoolColumn, IntColumn, filled

_BEFORE_ALL = int(np.iinfo(np.int64).min)


@dataclass(frozen=True, slots=True)
class Tally:
    """Whose each row is: `owner` has one entry a row."""

    owner: IntColumn
    size: int

    def sum(self, values: IntColumn) -> IntColumn:
        """The sum by owner; 0 for an owner without rows."""
        totals = filled(self.size, 0)
        np.add.at(totals, self.owner, values)
        return totals

    def count(self, of: BoolColumn | None = None) -> IntColumn:
        """The number of rows (those that `of` marks) by owner."""
        owner = self.owner if of is None else self.owner[of]
        return np.bincount(owner, minlength=self.size).astype(np.int64, copy=False)

    def min(self, values: IntColumn, of: BoolColumn | None = None) -> IntColumn:
        """The smallest value by owner (of the rows `of` marks); MISSING for an owner without any."""
        smallest = filled(self.size, MISSING)
        owner, values = (self.owner, values) if of is None else (self.owner[of], values[of])
        np.minimum.at(smallest, owner, values)
        return smallest

    def max(self, values: IntColumn, of: BoolColumn | None = None) -> IntColumn:
        """The largest value by owner (of the rows `of` marks) that is not MISSING; MISSING for an owner without any."""
        largest = filled(self.size, _BEFORE_ALL)
        usable = values != MISSING if of is None else of & (values != MISSING)
        np.maximum.at(largest, self.owner[usable], values[usable])
        largest[largest == _BEFORE_ALL] = MISSING
        return largest


def points_brought_at(tally: Tally, completed_at: IntColumn, brought_points: BoolColumn) -> IntColumn:
    """When each owner had reached its points (02, `last_completed_at`): the end of the last match that brought any.

    A total of nothing stands since the owner's last match; MISSING without matches or without their times.
    """
    reached = tally.max(completed_at, brought_points)
    return np.where(reached == MISSING, tally.max(completed_at), reached)
