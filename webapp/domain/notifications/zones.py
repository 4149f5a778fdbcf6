"""Time zones as people have chosen them."""

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UTC_ZONE: Final = ZoneInfo("UTC")


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC for one that this machine does not know, since people have to be told all the same."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC_ZONE
