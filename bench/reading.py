"""Reads of a page of a board as the API gives it: from the cache in Redis, without the cache, and without Redis."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import text

from bench.computing import LOBBY, ROUNDS
from bench.context import Bench, Place
from bench.measurement import Timing, timed, timed_after
from bench.rows import Row, timing_row
from bench.seeding import NOW, Seeded, played_tournament
from webapp.extensions import db
from webapp.services.boards import leaderboards
from webapp.services.live import heads
from webapp.services.operations import cache, flags
from webapp.services.spine import redis_link

PAGE: Final = 50
_FIRST_PAGE: Final = """
SELECT registration_id, points, kills, wins, losses, draws, matches_played, best_placement, avg_placement,
       placement_points, kill_points, earliest_win_at, last_completed_at
FROM standings WHERE tournament_id = :tournament_id
ORDER BY points DESC, kills DESC, wins DESC, matches_played, earliest_win_at, registration_id LIMIT 50"""


def run(bench: Bench) -> Iterator[Row]:
    """Every way to read on every database."""
    for kind in bench.databases:
        with bench.place(kind, "reading", with_redis=True) as place:
            seeded = played_tournament(bench.pick(10_000, 200), ROUNDS, LOBBY, still_open=0)
            yield from _reads(bench, place, seeded)


def _reads(bench: Bench, place: Place, seeded: Seeded) -> Iterator[Row]:
    runs = bench.pick(200, 5)
    heads.publish(seeded.tournament_id)
    many = f"{len(seeded.participant_ids):,}"

    def read() -> Any:
        page = leaderboards.page(seeded.tournament_id, audience="public", limit=PAGE, offset=0, now=NOW)
        if len(page["rankings"]) != PAGE:
            raise AssertionError("a page without its rows")
        return page

    cached = timed_after(cache.forget, lambda _: read(), runs, warm_up=3)
    yield timing_row(
        f"read/{place.database}", f"top {PAGE} of {many} from the cache, {place.title}", cached,
        peer="Redis ZREVRANGE of a sorted set", peer_figure=_sorted_set(bench, seeded, runs).median,
        limits=bench.limits(50, 2),
    )  # fmt: skip
    shared = timed(read, runs)
    yield timing_row(
        f"read_shared/{place.database}", f"the same again within a second, {place.title}", shared,
        peer="the same from Redis", peer_figure=cached.median, limits=bench.limits(50, 2),
    )  # fmt: skip
    sql = timed(lambda: _first_page(seeded.tournament_id), runs).median
    with _flag_off("LEADERBOARDS_CACHE_ENABLED"):
        yield timing_row(
            f"read_uncached/{place.database}", f"top {PAGE} of {many} with the cache off, {place.title}",
            timed(read, runs), peer="ORDER BY … LIMIT 50 of kept totals", peer_figure=sql,
            limits=bench.limits(50, None),
        )  # fmt: skip
    for state, how in (("gone", bench.redis.stop), ("hanging", bench.redis.pause)):
        how()
        yield timing_row(
            f"read_redis_{state}/{place.database}", f"top {PAGE} of {many} with Redis {state}, {place.title}",
            _reads_without_redis(bench.redis.url, read, runs), peer="ORDER BY … LIMIT 50 of kept totals",
            peer_figure=sql, note="Redis is asked again at every tenth read", limits=bench.limits(50, None),
        )  # fmt: skip
        bench.redis.make_fresh()


def _reads_without_redis(redis_url: str, read: Callable[[], Any], runs: int) -> Timing:
    """Reads while Redis does not answer. A site asks it again once a second; here, to see the cost, more often."""
    done = [0]

    def prepare() -> None:
        cache.forget()
        done[0] += 1
        if done[0] % 10 == 0:
            redis_link.connect(redis_url)

    return timed_after(prepare, lambda _: read(), runs)


def _sorted_set(bench: Bench, seeded: Seeded, runs: int) -> Timing:
    with bench.redis.client() as client:
        client.zadd("bench", {str(who): who % 600 for who in seeded.participant_ids})
        timing = timed(lambda: client.zrevrange("bench", 0, PAGE - 1, withscores=True), runs)
        client.delete("bench")
    return timing


def _first_page(tournament_id: int) -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(text(_FIRST_PAGE), {"tournament_id": tournament_id}))


@contextmanager
def _flag_off(name: str) -> Iterator[None]:
    os.environ[name] = "off"
    flags.forget()
    try:
        yield
    finally:
        os.environ[name] = "on"
        flags.forget()
