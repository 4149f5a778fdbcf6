"""How often staff have cleared a part of the cache: what processes hold in their own memory is not used after it.

The numbers are a hash in Redis, read at most twice a second by each process; while Redis is away the last ones stand.
"""

import time
from typing import Final

import redis

from webapp.services.spine.redis_link import RedisLink, link

KEY: Final = "deltacrown:cache-epochs"
EVERY_TOURNAMENT: Final = "tournament"
_KNOWN_FOR_S: Final = 0.5
_KEPT_S: Final = 7 * 24 * 3600


class _Known:
    link: RedisLink | None = None
    epochs: dict[str, str] = {}  # noqa: RUF012  (one a process, replaced as a whole)
    fresh_until = 0.0


def of_tournament(tournament_id: int) -> str:
    """A short text that changes when what is cached of the tournament was cleared; empty before the first time."""
    epochs = _epochs()
    if not epochs:
        return ""
    own, every = (epochs.get(name, "") for name in (f"tournament:{tournament_id}", EVERY_TOURNAMENT))
    return ".".join(epoch for epoch in (own, every) if epoch)


def raise_for(target: str) -> None:
    """Let every process know that it was cleared: `tournament:7`, or `tournament` for all. Raises redis.RedisError."""

    def count(client: redis.Redis) -> None:
        # The time, not a count: a number must not come again after Redis was emptied.
        client.hset(KEY, target, str(time.time_ns() // 1_000_000))
        client.expire(KEY, _KEPT_S)

    link().run(count)
    _Known.fresh_until = 0.0


def _epochs() -> dict[str, str]:
    now = time.monotonic()
    if _Known.link is not link():
        _Known.link, _Known.epochs, _Known.fresh_until = link(), {}, 0.0
    if now >= _Known.fresh_until:
        _Known.fresh_until = now + _KNOWN_FOR_S
        found = link().try_request(lambda client: client.hgetall(KEY))
        if found is not None:
            _Known.epochs = {_text(name): _text(epoch) for name, epoch in found.items()}
    return _Known.epochs


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
