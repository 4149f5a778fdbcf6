"""Results as columns: what a fold reads. Rows come in any order; the fold's answer does not depend on it."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from webapp.domain.columns import MISSING, NOWHERE, BoolColumn, IntColumn, filled, positions_of


@dataclass(frozen=True, slots=True)
class _Rows:
    def __post_init__(self) -> None:
        sizes = {getattr(self, field.name).shape for field in fields(self)}
        if len(sizes) > 1 or any(len(shape) != 1 for shape in sizes):
            raise ValueError(f"the columns of {type(self).__name__} must be equally long: {sorted(sizes)}")

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(*(np.zeros(0, dtype=np.int64) for _ in fields(cls)))

    def take(self, rows: IntColumn | BoolColumn) -> Self:
        """Only these rows: indices, or a mark on each row to keep."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    def joined(self, others: Self) -> Self:
        """These rows and the others."""
        pairs = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return type(self)(*map(np.concatenate, pairs))


@dataclass(frozen=True, slots=True)
class BattleRoyaleResults(_Rows):
    """Battle-royale results, one row a participant and match; a participant has one row at most in a match.

    `match_number` rises with time. `placement` is MISSING for a DNF. `placement_high` is the end of the range where
    only a range is known (5th to 7th), else MISSING or the placement again. Points are already scored (scoring.py).
    `time_alive_s` and `completed_at` (microseconds) may be MISSING.
    """

    participant_id: IntColumn
    match_number: IntColumn
    placement: IntColumn
    placement_high: IntColumn
    kills: IntColumn
    placement_points: IntColumn
    kill_points: IntColumn
    time_alive_s: IntColumn
    completed_at: IntColumn

    def __len__(self) -> int:
        return self.participant_id.size

    @property
    def placement_end(self) -> IntColumn:
        """The end of each row's range of placements: the placement itself where it is known exactly."""
        return np.where(self.placement_high == MISSING, self.placement, self.placement_high)


@dataclass(frozen=True, slots=True)
class SeriesResults(_Rows):
    """Results of matches of two sides, one row a match.

    `match_number` rises with time (in a Swiss: with the rounds). `winner` is a side's participant id, MISSING for
    nobody. `side_b` MISSING is a round without an opponent. `forfeit` 1 says that the match was decided without being
    played:

    | side_b | winner | forfeit | means |
    | --- | --- | --- | --- |
    | opponent | MISSING | 0 | draw |
    | opponent | a side | 1 | the other side did not play |
    | opponent | MISSING | 1 | neither side played: a loss for both |
    | MISSING | side_a | 0 or 1 | bye with the points of a win |
    | MISSING | MISSING | 0 | bye with the points of a draw |
    | MISSING | MISSING | 1 | absent: a round with the points of a loss |

    `score_*` is what counts for the score difference (goals, rounds or games, as the tournament says), `games_*` the
    games won.
    """

    match_number: IntColumn
    side_a: IntColumn
    side_b: IntColumn
    score_a: IntColumn
    score_b: IntColumn
    winner: IntColumn
    completed_at: IntColumn
    games_a: IntColumn
    games_b: IntColumn
    forfeit: IntColumn

    def __len__(self) -> int:
        return self.side_a.size


@dataclass(frozen=True, slots=True)
class Adjustments(_Rows):
    """Signed points beside the results: penalties, bonuses, head starts.

    `match_number` is the match after which they count, MISSING for the whole tournament (from before its first match).
    """

    participant_id: IntColumn
    match_number: IntColumn
    points: IntColumn

    def __len__(self) -> int:
        return self.participant_id.size

    def by_participant(self, participants: IntColumn) -> IntColumn:
        """The sum of each participant's adjustments (ids, rising); those of others are left out."""
        totals = filled(participants.size, 0)
        places = positions_of(self.participant_id, participants)
        known = places != NOWHERE
        np.add.at(totals, places[known], self.points[known])
        return totals
