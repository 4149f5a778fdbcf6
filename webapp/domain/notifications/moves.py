"""Which moves on a board a participant is told of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

TOP: Final = 3
FAR: Final = 5
AT_MOST_ONCE_IN: Final = timedelta(minutes=10)
_NO_RANK: Final = 0


class Move(NamedTuple):
    """Where a participant was, and where it is now."""

    previous_rank: int
    new_rank: int

    @property
    def is_told(self) -> bool:
        """Into or out of the first three, or far; who comes onto a board or leaves it has not moved."""
        before, after = self
        if _NO_RANK in (before, after):
            return False
        return (before <= TOP) != (after <= TOP) or abs(before - after) >= FAR


def told_moves(deltas: Iterable[Mapping[str, Sequence[int]]]) -> dict[int, Move]:
    """The moves that are told, by participant: those of several deltas, oldest first, count as one.

    A delta is as `rank_update` has it: columns `participant_id`, `previous_rank`, `current_rank`.
    """
    moves: dict[int, Move] = {}
    for delta in deltas:
        columns = (delta["participant_id"], delta["previous_rank"], delta["current_rank"])
        for participant_id, before, after in zip(*columns, strict=True):
            first = moves.get(participant_id)
            moves[participant_id] = Move(first.previous_rank if first else before, after)
    return {participant_id: move for participant_id, move in moves.items() if move.is_told}
