"""The ranking kernel alone: rows by six keys, beside other ways to order the same rows."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import psycopg
import redis

from bench.context import Bench
from bench.measurement import Timing, timed
from bench.rows import Row
from webapp.domain.cascades import ENGINE
from webapp.domain.columns import MISSING, IntColumn
from webapp.domain.ranking import rank
from webapp.domain.standing_columns import Standings, standings_of

KEYS: Final = ("points", "kills", "wins", "matches_played", "earliest_win_at")
_COLUMNS: Final = ("participant_id", *KEYS)
_ORDER: Final = "points DESC, kills DESC, wins DESC, matches_played, earliest_win_at, participant_id"
_RANKS: Final = f"SELECT participant_id, RANK() OVER (ORDER BY {_ORDER}) AS place FROM bench_rows ORDER BY place"
_CREATE: Final = "CREATE TEMPORARY TABLE bench_rows (participant_id BIGINT PRIMARY KEY, " + (
    ", ".join(f"{name} BIGINT NOT NULL" for name in KEYS) + ")"
)


def run(bench: Bench) -> Iterator[Row]:
    """Every size against every peer; a peer that orders by all six keys must give our order."""
    for size in (1_000,) if bench.quick else (10_000, 100_000, 1_000_000):
        ids = np.arange(1, size + 1, dtype=np.int64)
        standings = standings_of(ids, totals_like_those_of_a_season(size, 11))
        ours = timed(lambda: rank(standings, ENGINE), bench.pick(max(5, 200_000 // size), 2))  # noqa: B023  (called at once)
        for key, name, peer in _peers(bench, standings):
            yield Row(
                key=f"kernel/{size}/{key}", what=f"rank {size:,} rows by six keys", figure=ours.median, p95=ours.p95,
                best=ours.best, runs=len(ours.runs_ms), peer=name, peer_figure=peer.median,
            )  # fmt: skip


def totals_like_those_of_a_season(size: int, seed: int) -> dict[str, IntColumn]:
    """Totals with many ties in the first keys, a third without a win."""
    chance = np.random.default_rng(seed)
    wins = np.maximum(chance.integers(-3, 6, size), 0)
    first_win = 1_767_225_600_000_000 + chance.integers(0, 90 * 86_400, size) * 1_000_000
    totals = {
        "points": chance.integers(0, 600, size),
        "kills": chance.integers(0, 200, size),
        "wins": wins,
        "matches_played": chance.integers(20, 31, size),
        "earliest_win_at": np.where(wins > 0, first_win, MISSING),
    }
    return {name: np.asarray(values, dtype=np.int64) for name, values in totals.items()}


def _peers(bench: Bench, standings: Standings) -> Iterator[tuple[str, str, Timing]]:
    size = len(standings)
    runs = bench.pick(max(2, 50_000 // size), 1)
    columns = [standings.columns[name] for name in KEYS]
    expected = standings.participant_id[rank(standings, ENGINE).order].tolist()
    rows = list(zip(standings.participant_id.tolist(), *(column.tolist() for column in columns), strict=True))

    def checked(order: Sequence[int]) -> None:
        if list(order) != expected:
            raise AssertionError("a peer orders the same rows otherwise")

    checked([row[0] for row in _sorted_tuples(rows)])
    yield "sorted", "Python sorted, 6-tuples", timed(lambda: _sorted_tuples(rows), runs, warm_up=0)
    checked(standings.participant_id[_lexsorted(standings)].tolist())
    yield "lexsort", "numpy.lexsort, 6 columns", timed(lambda: _lexsorted(standings), runs)
    with sqlite3.connect(":memory:") as connection:
        yield "sqlite", "SQLite RANK() OVER, fetched", _window(_fetched_by(connection), rows, runs, checked, "?")
    connection.close()
    if "postgres" in bench.databases:
        url = bench.new_database("postgres", "kernel").replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(url) as server:
            yield "postgres", "PostgreSQL RANK() OVER, fetched", _window(_fetched_by(server), rows, runs, checked, "%s")
    with bench.redis.client() as client:
        yield (
            "redis",
            "Redis sorted set built, points alone",
            timed(lambda: _build_sorted_set(client, standings), bench.pick(3 if size < 1_000_000 else 1, 1), warm_up=0),
        )
        client.flushall()


def _sorted_tuples(rows: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    return sorted(rows, key=lambda row: (-row[1], -row[2], -row[3], row[4], row[5], row[0]))


def _lexsorted(standings: Standings) -> IntColumn:
    points, kills, wins, played, first_win = (standings.columns[name] for name in KEYS)
    order: IntColumn = np.lexsort((standings.participant_id, first_win, played, -wins, -kills, -points))
    return order


Fetch = Callable[..., list[Any]]


def _fetched_by(connection: Any) -> tuple[Any, Fetch]:
    cursor = connection.cursor()
    return cursor, lambda statement: cursor.execute(statement).fetchall()


def _window(
    database: tuple[Any, Fetch],
    rows: Sequence[tuple[int, ...]],
    runs: int,
    check: Callable[[Sequence[int]], None],
    mark: str,
) -> Timing:
    cursor, fetch = database
    cursor.execute(_CREATE)
    cursor.executemany(f"INSERT INTO bench_rows VALUES ({', '.join([mark] * len(_COLUMNS))})", rows)
    cursor.execute("ANALYZE bench_rows")
    check([row[0] for row in fetch(_RANKS)])
    timing = timed(lambda: fetch(_RANKS), runs, warm_up=0)
    cursor.execute("DROP TABLE bench_rows")
    return timing


def _build_sorted_set(client: "redis.Redis", standings: Standings) -> None:
    client.delete("bench")
    ids, points = standings.participant_id.tolist(), standings.columns["points"].tolist()
    for first in range(0, len(ids), 10_000):
        members = dict(zip(ids[first : first + 10_000], points[first : first + 10_000], strict=True))
        client.zadd("bench", members)
