"""How much may be sent to an endpoint: so many a second, a burst at first, and so many at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FIRST_IN_FLIGHT: Final = 4
"""How many a new endpoint gets at a time, until it has shown that it answers."""
_ROUNDING: Final = 1e-6
"""What sums of fractions may lack of a whole token."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of tokens, one a sending: what it held `at` an instant. None there: full."""

    tokens: float = 0.0
    at: datetime | None = None


def filled(bucket: Bucket, *, rate: float, burst: float, now: datetime) -> Bucket:
    """The bucket as it is now. A clock that was put back fills nothing and takes nothing."""
    if bucket.at is None:
        return Bucket(burst, now)
    passed = max((now - bucket.at).total_seconds(), 0.0)
    return Bucket(min(burst, bucket.tokens + passed * rate), max(now, bucket.at))


def taken(bucket: Bucket, count: int) -> Bucket:
    """The bucket with so many tokens less."""
    return Bucket(bucket.tokens - count, bucket.at)


def whole_tokens(bucket: Bucket) -> int:
    """How many may be sent at once."""
    return max(int(bucket.tokens + _ROUNDING), 0)


def next_token_at(bucket: Bucket, *, rate: float) -> datetime | None:
    """When the next one may be sent by a bucket that has less than one token; None where one may be sent now."""
    if bucket.at is None or bucket.tokens >= 1 - _ROUNDING:
        return None
    return bucket.at + timedelta(seconds=(1 - bucket.tokens) / rate)


def in_flight_after_success(limit: int, *, was_full: bool, most: int) -> int:
    """A success with the window full lets one more through at a time: twice as many with each round."""
    return min(limit + 1, most) if was_full else min(limit, most)


def in_flight_after_failure(limit: int) -> int:
    """A failure halves what is risked at a time: a dead endpoint must not keep the senders waiting."""
    return max(limit // 2, 1)
