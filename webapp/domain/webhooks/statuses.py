"""What a receiver's answer means: delivered, tried again, given up, or never anything more for it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

DELIVERED: Final = frozenset({200, 201, 202, 204})
LONGEST_WAIT_S: Final = 3600.0
"""Nobody is let off for longer, whatever Retry-After says."""
_LATER: Final = frozenset({408, 425})
_THROTTLED: Final = 429
_GONE: Final = 410


class Meaning(StrEnum):
    """What an answer means for the delivery, and for the endpoint."""

    SUCCESS = "success"
    RETRY = "retry"
    """Tried again by the schedule: the receiver is in trouble, or was not reached at all."""
    THROTTLE = "throttle"
    """Tried again too, and nothing is wrong with the receiver: it wants fewer at a time."""
    PERMANENT = "permanent"
    """The same request would be refused again: this delivery has failed for good."""
    DISABLE = "disable"
    """Failed for good, and nothing more is to be sent there."""


def meaning(status: int | None, *, disables_at: frozenset[int] = frozenset({_GONE})) -> Meaning:
    """The meaning of a status; None for no answer. A redirect is a failure like others: it is never followed."""
    if status in DELIVERED:
        return Meaning.SUCCESS
    if status in disables_at:
        return Meaning.DISABLE
    if status == _THROTTLED:
        return Meaning.THROTTLE
    if status is not None and 400 <= status < 500 and status not in _LATER:
        return Meaning.PERMANENT
    return Meaning.RETRY


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds that the answer asks to wait, an hour at most; None where it asks for nothing that can be read.

    `headers` by lower-case name. The header holds seconds or a date.
    """
    given = headers.get("retry-after", "").strip()
    if not given:
        return None
    if given.isascii() and given.isdecimal():
        # A number of a hundred digits is a long time too.
        return min(float(given[:12]), LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(given)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), LONGEST_WAIT_S)
