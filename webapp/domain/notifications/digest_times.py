"""When a person's daily digest is due: at a minute of the local day, whatever the clocks do that night."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from webapp.domain.notifications.zones import zone_of

_DAY: Final = timedelta(days=1)


class Due(NamedTuple):
    """A digest: the local day that it is for, and the instant at which it fell due."""

    day: date
    at: datetime


def last_due(zone: str, minute: int, now: datetime) -> Due:
    """The newest digest that has fallen due by `now`, for somebody in `zone` who chose this minute of the day.

    Every local day has exactly one instant: a minute that is skipped in spring comes when the clocks have jumped, one
    that comes twice in autumn counts the first time. A zone that nobody knows is UTC.
    """
    place = zone_of(zone)
    today = now.astimezone(place).date()
    # On the day after, the minute may have come already where a zone jumped across the date line.
    return max(due for due in (_due(today + days * _DAY, place, minute) for days in (-2, -1, 0, 1)) if due.at <= now)


def local_day(zone: str, now: datetime) -> date:
    """The date in a zone."""
    return now.astimezone(zone_of(zone)).date()


def _due(day: date, place: ZoneInfo, minute: int) -> Due:
    wall = datetime.combine(day, time(minute // 60, minute % 60), place)
    return Due(day, wall.astimezone(UTC))
