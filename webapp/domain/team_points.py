"""Ranking points of teams: what places in tournaments earn, and how they fade. In hundredths throughout."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

EARNED: Final = (100, 60, 40, 30, 20, 15, 10, 8)
"""Points of the first eight places."""
OFFICIAL_FACTOR: Final = 2
HALF_LIFE: Final = timedelta(days=180)
FORGOTTEN_AFTER: Final = 12 * HALF_LIFE
"""By then the most that there is has faded to less than a tenth of a point."""


class Finish(NamedTuple):
    """The place that a team reached in a tournament; those who share a place have the best of it."""

    tournament_id: int
    placement: int
    is_official: bool
    completed_at: datetime


def earned(placement: int, *, is_official: bool) -> int:
    """What a place earns on the day."""
    if placement > len(EARNED):
        return 0
    return EARNED[placement - 1] * 100 * (OFFICIAL_FACTOR if is_official else 1)


def faded(points: int, age: timedelta) -> int:
    """What is left of points after so long: half after every half-life, and evenly in between."""
    return round(points * math.pow(0.5, max(age, timedelta()) / HALF_LIFE))


def breakdown(finishes: Iterable[Finish], *, now: datetime) -> list[dict[str, Any]]:
    """Every place that counts, the newest first: what it earned and what of it counts now."""
    parts = []
    for finish in sorted(finishes, key=lambda one: (one.completed_at, one.tournament_id), reverse=True):
        points = earned(finish.placement, is_official=finish.is_official)
        counted = faded(points, now - finish.completed_at)
        if counted:
            parts.append(
                {
                    "tournament_id": finish.tournament_id, "placement": finish.placement, "earned": points,
                    "is_official": finish.is_official, "completed_at": finish.completed_at.isoformat(),
                    "counted": counted,
                }
            )  # fmt: skip
    return parts
