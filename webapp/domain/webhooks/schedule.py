"""When a delivery that failed is tried again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

SLOW_LANE_S: Final = (300, 1800, 7200, 18_000, 36_000, 36_000)
"""What follows the fast attempts where the slow lane is open: after 5 min, 30 min, 2, 5, 10 and 10 hours."""
JITTER: Final = 0.1
"""The most that is added to a delay, so that not all come back at once.

A fifth is promised; the rest of it is for a sender that is late."""


def next_attempt_at(
    attempts: int, delays_s: Sequence[float], *, now: datetime, chance: float, wait_s: float | None = None
) -> datetime | None:
    """When the next attempt is due after `attempts` have failed, the last one just now; None when that was the last.

    Never earlier than the delay says nor than the receiver asked for (`wait_s`). `chance` is a random number in [0, 1).
    """
    if attempts > len(delays_s):
        return None
    delay = delays_s[attempts - 1]
    return now + timedelta(seconds=max(delay * (1 + JITTER * chance), wait_s or 0.0))
