"""How the read cache does, added up over all processes: hits, misses and how long reads took, as a hash in Redis.

Each process adds what it has counted once a second, so that a read costs no question of its own.
"""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import redis

from webapp.services.spine.redis_link import RedisLink, link

KEY: Final = "deltacrown:cache-counts"
HITS: Final = "hits"
MISSES: Final = "misses"
INVALIDATIONS: Final = "invalidations"
SINCE: Final = "since"
TOLD_AFTER_S: Final = 1.0
# From 50 microseconds in steps of about 1.4: a percentile read off them is never more than that factor too high.
BUCKETS_US: Final[Sequence[int]] = tuple(round(50 * 2 ** (step / 2)) for step in range(34))
"""The upper ends of the buckets that durations are counted in; what took longer is in the last one."""


class Totals(NamedTuple):
    """Counts of all processes since `since` (seconds since 1970; None when nothing has been counted)."""

    hits: int
    misses: int
    invalidations: int
    since: float | None
    buckets: tuple[int, ...]

    @property
    def requests(self) -> int:
        """Reads that asked the cache."""
        return self.hits + self.misses

    @property
    def ratio(self) -> float | None:
        """Hits among all reads; None before the first read."""
        return self.hits / self.requests if self.requests else None

    def percentile_ms(self, share: float) -> float | None:
        """How long so many of the reads took at most, in milliseconds; None before the first read."""
        wanted = share * sum(self.buckets)
        passed = 0
        for upper, count in zip(BUCKETS_US, self.buckets, strict=True):
            passed += count
            if count and passed >= wanted:
                return upper / 1000
        return None


class _Pending:
    """What this process has counted and not told yet, for the Redis it was counted for."""

    def __init__(self) -> None:
        self.given = 0
        self._lock = threading.Lock()
        self._counted: Counter[str] = Counter()
        self._link: RedisLink | None = None
        self._is_timer_set = False

    def give(self) -> None:
        # Without the lock, thousands of times a second: that one in a million is lost when two threads meet is no harm.
        if not self._is_timer_set:
            self.add()
        self.given += 1

    def add(self, *names: str) -> None:
        with self._lock:
            if self._link is not link():
                self._counted, self._link, self.given = Counter(), link(), 0
            self._counted.update(names)
            if self._is_timer_set or self._link.url is None:
                return
            self._is_timer_set = True
        timer = threading.Timer(TOLD_AFTER_S, self._tell_later)
        timer.daemon = True
        timer.start()

    def _tell_later(self) -> None:
        with self._lock:
            self._is_timer_set = False
        self.tell()

    def tell(self) -> None:
        """Add the counts to those of the others; kept for the next time where Redis does not take them."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
            given, self.given = self.given, 0
            if given:
                counted.update({HITS: given, _bucket(0): given})
            told = self._link
        if not counted or told is None or told is not link():
            return
        try:
            told.run(lambda client: _add(client, counted))
        except redis.RedisError:
            with self._lock:
                self._counted.update(counted)
        except (OSError, ValueError):
            # The connection was closed under the timer's thread: this process uses another Redis now, or ends.
            if told is link():
                raise


def _add(client: redis.Redis, counted: Mapping[str, int]) -> None:
    with client.pipeline(transaction=False) as pipe:
        pipe.hsetnx(KEY, SINCE, str(round(time.time())))
        for name, count in counted.items():
            pipe.hincrby(KEY, name, count)
        pipe.execute()


_pending = _Pending()


def count_read(seconds: float, *, is_hit: bool) -> None:
    """Count a read that took so long."""
    _pending.add(HITS if is_hit else MISSES, _bucket(seconds))


def count_given() -> None:
    """Count a read that a process answered from its own memory, at once."""
    _pending.give()


def count_invalidation() -> None:
    """Count that somebody cleared a part of the cache by hand."""
    _pending.add(INVALIDATIONS)


def tell() -> None:
    """Tell the others at once what was counted here."""
    _pending.tell()


def read() -> Totals | None:
    """The counts of all processes; None while Redis is away."""
    tell()
    try:
        found = link().run(lambda client: client.hgetall(KEY))
    except redis.RedisError:
        return None
    counts = {name.decode() if isinstance(name, bytes) else name: value for name, value in found.items()}
    return Totals(
        int(counts.get(HITS, 0)),
        int(counts.get(MISSES, 0)),
        int(counts.get(INVALIDATIONS, 0)),
        float(counts[SINCE]) if SINCE in counts else None,
        tuple(int(counts.get(f"b{upper}", 0)) for upper in BUCKETS_US),
    )


def _bucket(seconds: float) -> str:
    microseconds = seconds * 1_000_000
    return f"b{next((upper for upper in BUCKETS_US if microseconds <= upper), BUCKETS_US[-1])}"
