"""The read cache in Redis: any number of readers of a cold key make one computation, with Redis or without."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

import redis

from webapp.services.operations import cache_counts, flags
from webapp.services.spine.redis_link import RedisLink, link

PREFIX: Final = "deltacrown:cache:"
TOURNAMENT_TTL_S: Final = 30
PLAIN_SERVICE_TTL_S: Final = 300
SEASON_TTL_S: Final = 3600
ALL_TIME_TTL_S: Final = 86_400
SHARED_FOR_S: Final = 1.0
"""How long a process gives a value to further readers without asking Redis."""
_SHARED_AT_MOST: Final = 256
_LOCK_S: Final = 5.0
_LOOK_EVERY_S: Final = 0.01
_RELEASE: Final = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


@dataclass(slots=True)
class CacheCounts:
    """Reads of this process since it started."""

    hits: int = 0
    misses: int = 0


counts = CacheCounts()


def through(key: str, *, ttl_s: int, compute: Callable[[], bytes]) -> tuple[bytes, bool]:
    """The value under `key`, computed at most once at a time across all processes, and whether it was there already.

    Keys hold the number of the version they show, so that a value is never stale; the time to live only limits memory.
    Who asks while somebody else computes gets the same value, or the same error.
    """
    if not flags.is_on("LEADERBOARDS_CACHE_ENABLED"):
        return compute(), False
    started = time.perf_counter()
    value, was_there = _shared(key, ttl_s, compute)
    cache_counts.count_read(time.perf_counter() - started, is_hit=was_there)
    return value, was_there


def _shared(key: str, ttl_s: int, compute: Callable[[], bytes]) -> tuple[bytes, bool]:
    place = (link(), key)
    flight, is_first = _flights.join(place)
    if not is_first:
        value = flight.result()
        counts.hits += 1
        return value, True
    try:
        value, was_there = _found_or_computed(key, ttl_s, compute)
    except BaseException as error:
        _flights.crash(place, error)
        raise
    _flights.land(place, value)
    return value, was_there


def forget() -> None:
    """Ask Redis again at the next question."""
    _flights.forget()


def _found_or_computed(key: str, ttl_s: int, compute: Callable[[], bytes]) -> tuple[bytes, bool]:
    found = _get(key)
    if found is not None:
        counts.hits += 1
        return found, True
    token = secrets.token_hex(8)
    lock_key = f"{PREFIX}lock:{key}"
    found, is_ours = _awaited(key, lock_key, token)
    if found is None:
        counts.misses += 1
        try:
            found = compute()
            value = found
            link().try_request(lambda client: client.set(PREFIX + key, value, ex=ttl_s))
            return value, False
        finally:
            if is_ours:
                _release(lock_key, token)
    if is_ours:
        _release(lock_key, token)
    counts.hits += 1
    return found, True


def _get(key: str) -> bytes | None:
    value = link().try_request(lambda client: client.get(PREFIX + key))
    return value if isinstance(value, bytes) else None


def _awaited(key: str, lock_key: str, token: str) -> tuple[bytes | None, bool]:
    """The value that another process has made meanwhile, if any, and whether the key's lock is ours now.

    Neither where Redis is away, or where another process has held the lock for too long.
    """

    def take_lock(client: redis.Redis) -> bool:
        return bool(client.set(lock_key, token, nx=True, px=int(_LOCK_S * 1000)))

    give_up_at = time.monotonic() + _LOCK_S
    while time.monotonic() < give_up_at:
        is_ours = link().try_request(take_lock)
        if is_ours is None:
            return None, False
        # Also once the lock is ours: whoever had it before may have finished after we looked.
        found = _get(key)
        if found is not None or is_ours:
            return found, is_ours
        time.sleep(_LOOK_EVERY_S)
    return None, False


def _release(lock_key: str, token: str) -> None:
    link().try_request(lambda client: client.eval(_RELEASE, 1, lock_key, token))


Place = tuple[RedisLink, str]
"""A key of one Redis: what another one holds under it is of another site."""


class _Flights:
    """Values that are being computed in this process, or were a moment ago."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: dict[Place, Future[bytes]] = {}
        self._landed: OrderedDict[Place, tuple[Future[bytes], float]] = OrderedDict()

    def join(self, key: Place) -> tuple[Future[bytes], bool]:
        """The flight to there, and whether it is a new one that the caller must land or crash."""
        now = time.monotonic()
        with self._guard:
            while self._landed and (len(self._landed) > _SHARED_AT_MOST or next(iter(self._landed.values()))[1] < now):
                self._landed.popitem(last=False)
            if key in self._landed:
                return self._landed[key][0], False
            if key in self._waiting:
                return self._waiting[key], False
            flight: Future[bytes] = Future()
            self._waiting[key] = flight
            return flight, True

    def land(self, key: Place, value: bytes) -> None:
        """Hand the value to everybody who waits, and for a moment to whoever comes."""
        with self._guard:
            flight = self._waiting.pop(key)
            self._landed[key] = (flight, time.monotonic() + SHARED_FOR_S)
        flight.set_result(value)

    def crash(self, key: Place, error: BaseException) -> None:
        """Hand the error to everybody who waits; whoever comes later starts anew."""
        with self._guard:
            flight = self._waiting.pop(key)
        flight.set_exception(error)

    def forget(self) -> None:
        with self._guard:
            self._landed.clear()


_flights = _Flights()
