"""How many sockets a room, a person and an address hold, over all web processes.

A place is kept by a connection for as long as it renews it, so that a process that was killed leaks none. Counted in
Redis; where Redis is away each process counts its own.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import redis

from webapp.services.spine.redis_link import link

KEPT_FOR_S: Final = 120
"""A place that nobody renews is free after so long."""
_PREFIX: Final = "deltacrown:places:"
# Takes a place in every scope or in none; says which scope is full (1, 2 ...), or 0.
_TAKE: Final = """
for i, key in ipairs(KEYS) do
  redis.call('zremrangebyscore', key, '-inf', ARGV[2])
  if redis.call('zcard', key) >= tonumber(ARGV[3 + i]) then return i end
end
for i, key in ipairs(KEYS) do
  redis.call('zadd', key, ARGV[3], ARGV[1])
  redis.call('expire', key, ARGV[3] - ARGV[2])
end
return 0
"""


class Places:
    """The places of this process's connections. Instants are seconds since 1970, which all machines share."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, ...]] = {}
        self._counts: dict[str, int] = {}

    def take(self, connection: str, limits: Mapping[str, int], *, now: float) -> str | None:
        """A place in every scope for the connection (`room:t7`, `user:5` …); else none, and the scope that is full."""
        scopes = tuple(limits)
        full = self._full_in_redis(connection, limits, now)
        if full is None:
            full = next((number for number, scope in enumerate(scopes, 1) if self._own(scope) >= limits[scope]), 0)
        if full:
            return scopes[full - 1]
        self._held[connection] = scopes
        for scope in scopes:
            self._counts[scope] = self._own(scope) + 1
        return None

    def give_back(self, connection: str) -> None:
        """Free the connection's places; one that holds none frees none."""
        scopes = self._held.pop(connection, ())
        for scope in scopes:
            self._counts[scope] -= 1
            if not self._counts[scope]:
                del self._counts[scope]
        self._tell_redis([("zrem", _PREFIX + scope, connection) for scope in scopes])

    def renew(self, *, now: float) -> None:
        """Keep the places of all connections; to be called well within KEPT_FOR_S."""
        until = now + KEPT_FOR_S
        commands: list[tuple[Any, ...]] = []
        for connection, scopes in list(self._held.items()):
            commands += [("zadd", _PREFIX + scope, until, connection) for scope in scopes]
        commands += [("expire", _PREFIX + scope, KEPT_FOR_S) for scope in self._counts]
        for start in range(0, len(commands), 1000):
            self._tell_redis(commands[start : start + 1000])

    def _own(self, scope: str) -> int:
        return self._counts.get(scope, 0)

    def _full_in_redis(self, connection: str, limits: Mapping[str, int], now: float) -> int | None:
        """As `_TAKE` says; None where Redis cannot be asked."""
        keys = [_PREFIX + scope for scope in limits]
        arguments: list[Any] = [connection, now, now + KEPT_FOR_S, *limits.values()]
        try:
            found: Any = link().run(lambda client: client.eval(_TAKE, len(keys), *keys, *arguments))
        except redis.RedisError:
            return None
        return int(found)

    def _tell_redis(self, commands: Iterable[tuple[Any, ...]]) -> None:
        def send(client: redis.Redis) -> None:
            pipeline = client.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py leaves it bare
            pipeline.execute()

        try:
            link().run(send)
        except redis.RedisError:
            # What is not given back now is free when it runs out.
            return
