"""The site's connections to Redis, which may be absent, gone or hanging at any time without anybody waiting for it."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

REQUEST_TIMEOUT_S: Final = 0.012
"""What one request may lose to a Redis that hangs (goal R3: 20 ms)."""
BACKGROUND_TIMEOUT_S: Final = 0.5
PAUSE_AFTER_FAILURE_S: Final = 1.0

Answer = TypeVar("Answer")


class RedisLink:
    """One Redis, or none. After a failure it counts as away for a second, so that only one caller a second pays for it.

    Requests and background work are told apart: a slow answer that a request did not wait for says little to a job.
    """

    def __init__(self, url: str | None) -> None:
        self.url = url
        self._request_client = self._client(REQUEST_TIMEOUT_S)
        self._background_client = self._client(BACKGROUND_TIMEOUT_S)
        self._away_until = 0.0
        self._background_away_until = 0.0

    def _client(self, timeout_s: float) -> redis.Redis | None:
        if self.url is None:
            return None
        # redis-py repeats a command ten times by default, writes too: a lost answer would then store twice.
        return redis.Redis.from_url(
            self.url,
            socket_connect_timeout=timeout_s,
            socket_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
        )

    def run(self, command: Callable[[redis.Redis], Answer]) -> Answer:
        """Run a command on behalf of a job or a thread that may wait half a second.

        Raises redis.RedisError when Redis does not take it, at once while it counts as away or without a REDIS_URL.
        """
        client = self._background_client
        if client is None or time.monotonic() < self._background_away_until:
            raise redis.ConnectionError("Redis is away")
        try:
            return command(client)
        except redis.RedisError:
            self._background_away_until = time.monotonic() + PAUSE_AFTER_FAILURE_S
            raise

    def is_there(self) -> bool:
        """Whether background work can count on Redis at this moment."""
        try:
            return bool(self.run(lambda client: client.ping()))
        except redis.RedisError:
            return False

    def try_request(self, command: Callable[[redis.Redis], Answer]) -> Answer | None:
        """Run a quick command on behalf of a request; None when Redis is not there (or has nothing)."""
        client = self._request_client
        if client is None or time.monotonic() < self._away_until:
            return None
        try:
            return command(client)
        except redis.RedisError:
            self._away_until = time.monotonic() + PAUSE_AFTER_FAILURE_S
            return None

    def answers(self) -> bool:
        """Whether Redis answers right now; waits as long as a request may."""
        return self.try_request(lambda client: bool(client.ping())) is True

    def close(self) -> None:
        """Drop the connections."""
        for client in (self._request_client, self._background_client):
            if client is not None:
                client.close()


_link = RedisLink(None)


def connect(url: str | None) -> None:
    """Use this Redis from now on, in this process; connections are opened when first needed."""
    global _link  # noqa: PLW0603  (one link a process, like the database engine)
    _link.close()
    _link = RedisLink(url)


def link() -> RedisLink:
    """The process's link."""
    return _link
