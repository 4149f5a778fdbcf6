"""Matches that were decided without being played out: how, and what that means for the table."""

from typing import Final

FORFEIT: Final = "forfeit"
"""A side gave it up."""
WALK_OVER: Final = "walk_over"
"""A side did not come."""
FORCE_WIN: Final = "force_win"
"""An official said who won; for the table it was played."""
DISPUTE: Final = "dispute"
"""It was taken from a side by the decision about a dispute."""
WAYS: Final = (FORFEIT, WALK_OVER, FORCE_WIN, DISPUTE)

NOT_PLAYED: Final = (FORFEIT, WALK_OVER, DISPUTE)
"""After these the match is a forfeit: the table counts it as a round that was not played."""


def state_after(way: str) -> str:
    """The state of a match that was decided in this way."""
    return "forfeit" if way in NOT_PLAYED else "completed"
