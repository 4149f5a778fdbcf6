"""What one version of a board changed against another, and how such changes add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from webapp.domain.columns import MISSING, BoolColumn, IntColumn, filled
from webapp.domain.packing import field_of, sort_by

NO_RANK = 0
"""The rank of who is not on the board."""


@dataclass(frozen=True, slots=True)
class Placings:
    """What a delta speaks of: ids (rising), rank and points of everybody on a board."""

    participant_id: IntColumn
    rank: IntColumn
    points: IntColumn

    def __len__(self) -> int:
        return self.participant_id.size

    @classmethod
    def empty(cls) -> Self:
        """A board before its first version."""
        return cls(filled(0, 0), filled(0, 0), filled(0, 0))


@dataclass(frozen=True, slots=True)
class RankChanges:
    """Changed participants, rising by id: where they were, where they are, and with how many points.

    `previous_rank` NO_RANK is a new entry, `current_rank` NO_RANK one removed, whose points are its last.
    `previous_points` are the points before (MISSING for a new entry, or where a stored delta did not keep them).
    """

    participant_id: IntColumn
    previous_rank: IntColumn
    current_rank: IntColumn
    points: IntColumn
    previous_points: IntColumn

    def __len__(self) -> int:
        return self.participant_id.size

    def as_columns(self) -> dict[str, list[int]]:
        """The columns as JSON-able lists, for events and storage; `from_columns` reads them back."""
        return {name: getattr(self, name).tolist() for name in self.__dataclass_fields__}

    @classmethod
    def from_columns(cls, columns: Mapping[str, Sequence[int]]) -> Self:
        """The changes that `as_columns` wrote; `previous_points` may be left out."""
        size = len(columns["participant_id"])
        unknown = [MISSING] * size
        return cls(
            *(
                np.array(columns.get(name, unknown) if name == "previous_points" else columns[name], dtype=np.int64)
                for name in cls.__dataclass_fields__
            )
        )

    def take(self, rows: IntColumn) -> Self:
        """Only these rows, by index."""
        return type(self)(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def rank_changes(previous: Placings | None, current: Placings) -> RankChanges:
    """Everybody whose rank or points differ between two boards, whoever came and whoever went."""
    previous = Placings.empty() if previous is None else previous
    if np.array_equal(previous.participant_id, current.participant_id):
        full = RankChanges(current.participant_id, previous.rank, current.rank, current.points, previous.points)
        return full.take(np.flatnonzero(_is_change(full)))
    ids = np.union1d(previous.participant_id, current.participant_id)
    was, now = np.searchsorted(ids, previous.participant_id), np.searchsorted(ids, current.participant_id)
    full = RankChanges(ids, *(filled(ids.size, none) for none in (NO_RANK, NO_RANK, MISSING, MISSING)))
    full.previous_rank[was] = previous.rank
    full.previous_points[was] = previous.points
    full.current_rank[now] = current.rank
    full.points[was] = previous.points
    full.points[now] = current.points
    return full.take(np.flatnonzero(_is_change(full)))


def composed(changes: Sequence[RankChanges]) -> RankChanges:
    """Consecutive deltas, oldest first, as one: where everybody was before them and is after them, no-ops left out.

    A change that ends where it began stays when the points before are not known: sending it again does no harm,
    leaving it out would. Raises ValueError when the deltas do not follow upon each other (one between them is
    missing).
    """
    if not changes:
        return rank_changes(None, Placings.empty())
    joined = RankChanges(
        *(np.concatenate([getattr(change, name) for change in changes]) for name in RankChanges.__dataclass_fields__)
    )
    order, difference = sort_by([field_of(joined.participant_id)])
    joined = joined.take(order)
    is_first = difference <= 0
    if (joined.previous_rank[1:] != joined.current_rank[:-1])[~is_first[1:]].any():
        raise ValueError(
            "the deltas do not follow upon each other: a rank before is not the rank after of the delta before"
        )
    is_last = np.append(is_first[1:], True)[: is_first.size]
    first, last = joined.take(np.flatnonzero(is_first)), joined.take(np.flatnonzero(is_last))
    total = RankChanges(last.participant_id, first.previous_rank, last.current_rank, last.points, first.previous_points)
    return total.take(np.flatnonzero(_is_change(total)))


def applied(board: Placings, changes: RankChanges) -> Placings:
    """The board after `changes`, as a client has it that started from `board`."""
    kept = np.isin(board.participant_id, changes.participant_id, invert=True)
    stays = changes.current_rank != NO_RANK
    ids = np.concatenate([board.participant_id[kept], changes.participant_id[stays]])
    order = np.argsort(ids)
    return Placings(
        ids[order],
        np.concatenate([board.rank[kept], changes.current_rank[stays]])[order],
        np.concatenate([board.points[kept], changes.points[stays]])[order],
    )


def _is_change(changes: RankChanges) -> BoolColumn:
    never_there = (changes.previous_rank == NO_RANK) & (changes.current_rank == NO_RANK)
    moved = changes.previous_rank != changes.current_rank
    differs: BoolColumn = (moved | (changes.previous_points != changes.points)) & ~never_there
    return differs
