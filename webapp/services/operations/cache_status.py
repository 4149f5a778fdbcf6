"""How the read cache does, for staff pages and the API: numbers of all processes together."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import redis

from webapp.domain.permissions import Action
from webapp.services.operations import cache, cache_counts, flags
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.redis_link import link

TTLS_S: Final = {
    "tournament": cache.TOURNAMENT_TTL_S,
    "plain_service": cache.PLAIN_SERVICE_TTL_S,
    "season": cache.SEASON_TTL_S,
    "all_time": cache.ALL_TIME_TTL_S,
}
"""How long an answer is kept at most, in seconds."""
_COUNTED_AT_MOST: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStatus:
    """Counts since `since`; `hit_ratio` and the percentiles are None before the first read.

    `evictions` counts what Redis threw out for want of memory, `entries` what is kept now (counted up to 10,000). With
    `is_redis_there` False all counts are 0 and reads are computed.
    """

    is_on: bool
    is_redis_there: bool
    hits: int
    misses: int
    requests: int
    hit_ratio: float | None
    invalidations: int
    evictions: int
    entries: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    ttls_s: dict[str, int]
    since: datetime | None

    def as_data(self) -> dict[str, Any]:
        """The status for the API: numbers, and the instant as ISO 8601."""
        return asdict(self) | {"since": self.since.isoformat() if self.since else None}


def status(*, actor: Actor) -> CacheStatus:
    """How the cache does at this moment. Raises Forbidden to everybody but staff."""
    permissions.ensure_on_site(actor, Action.INSPECT_LEADERBOARDS)
    totals = cache_counts.read()
    seen = _seen_by_redis() if totals is not None else None
    totals = totals or cache_counts.Totals(0, 0, 0, None, (0,) * len(cache_counts.BUCKETS_US))
    evictions, entries = seen or (0, 0)
    return CacheStatus(
        is_on=flags.is_on("LEADERBOARDS_CACHE_ENABLED"),
        is_redis_there=seen is not None,
        hits=totals.hits,
        misses=totals.misses,
        requests=totals.requests,
        hit_ratio=None if totals.ratio is None else round(totals.ratio, 4),
        invalidations=totals.invalidations,
        evictions=evictions,
        entries=entries,
        p50_ms=totals.percentile_ms(0.5),
        p95_ms=totals.percentile_ms(0.95),
        p99_ms=totals.percentile_ms(0.99),
        ttls_s=dict(TTLS_S),
        since=None if totals.since is None else datetime.fromtimestamp(totals.since, UTC),
    )


def _seen_by_redis() -> tuple[int, int] | None:
    """Evictions, and kept answers; None while Redis is away."""

    def look(client: redis.Redis) -> tuple[int, int]:
        entries = 0
        for _ in client.scan_iter(match=f"{cache.PREFIX}*", count=1000):
            entries += 1
            if entries == _COUNTED_AT_MOST:
                break
        return int(client.info("stats")["evicted_keys"]), entries

    try:
        return link().run(look)
    except redis.RedisError:
        return None
