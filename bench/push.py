"""From a confirmed match to every open page: how soon, to how many, and what a listener costs."""

import asyncio
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

import psutil

from bench.context import FLAGS, TITLES, Bench
from bench.push_listeners import Listeners
from bench.rows import Row
from bench.seeding import Seeded, lines_of, open_tournament
from tests.servers.web import LiveSite
from webapp import connect_doorbell
from webapp.services.matches import results
from webapp.services.spine import doorbell
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

TEAMS: Final = 20
NEWS_WITHIN_S: Final = 10.0
SETTLED_S: Final = 3.0
"""The board of who takes part is ranked by then."""
PAUSE_S: Final = 0.3
"""Matches end one after the other; what the machine does for one should be over before the next."""


def run(bench: Bench) -> Iterator[Row]:
    """The site as `make run` starts it; results are confirmed in this process, which listens as well."""
    for kind in bench.databases:
        folder = bench.folder / f"push-{kind}"
        folder.mkdir()
        limits = {"WS_RATE_CONN_PER_IP": "100000", "WS_RATE_ROOM_MAX_MEMBERS": "100000"}
        site = LiveSite(folder, bench.new_database(kind, "push"), **FLAGS, **limits)
        site.start()
        try:
            connect_doorbell(site.app)
            yield from _rows(bench, kind, site)
        finally:
            doorbell.connect(None)
            site.stop()


def _rows(bench: Bench, kind: str, site: LiveSite) -> Iterator[Row]:
    matches = bench.pick(20, 2)
    listeners = bench.pick(300, 10)
    with site.app.app_context():
        seeded = open_tournament("Watched", TEAMS, 2 * matches + 2)
    time.sleep(SETTLED_S)
    few, _ = asyncio.run(_measured(site, seeded, 1, seeded.open_match_ids[: matches + 1]))
    more, kib = asyncio.run(_measured(site, seeded, listeners, seeded.open_match_ids[matches + 1 :]))
    firsts = [1000 * delays[0] for delays in few]
    everybody = [1000 * delay for delays in more for delay in delays]
    yield Row(
        key=f"push_one/{kind}", what=f"confirmed match to the rows that moved, at a socket, {TITLES[kind]}",
        figure=statistics.median(firsts), p95=_p95(firsts), best=min(firsts), runs=len(firsts),
        limits=bench.limits(500, None), note=f"p95 {_p95(firsts):.0f} ms",
    )  # fmt: skip
    yield Row(
        key=f"push_many/{kind}", what=f"the same, at {listeners} sockets, {TITLES[kind]}",
        figure=statistics.median(everybody), p95=_p95(everybody), best=min(everybody), runs=len(more),
        limits=bench.limits(500, None), note=f"p95 {_p95(everybody):.0f} ms; {kib:.0f} KiB a socket",
    )  # fmt: skip


async def _measured(
    site: LiveSite, seeded: Seeded, count: int, match_ids: Sequence[int]
) -> tuple[list[list[float]], float]:
    """For each match but the first the delays at every listener in seconds; and the memory of a listener in KiB."""
    address = urlsplit(site.url)
    assert address.hostname is not None
    assert address.port is not None
    chance = random.Random(47)
    before = _memory(site)
    listeners = Listeners(address.hostname, address.port, f"/ws/tournament/{seeded.tournament_id}/")
    await listeners.connect(count)
    await asyncio.sleep(PAUSE_S)
    kib = (_memory(site) - before) / 1024 / count
    delays = []
    for number, match_id in enumerate(match_ids, start=listeners.version + 1):
        began = time.monotonic()
        await asyncio.to_thread(_confirm, site, seeded, match_id, chance)
        arrivals = await listeners.wait_for(number, NEWS_WITHIN_S)
        delays.append([arrival - began for arrival in arrivals])
        await asyncio.sleep(PAUSE_S)
    await listeners.close()
    return delays[1:], kib


def _confirm(site: LiveSite, seeded: Seeded, match_id: int, chance: random.Random) -> None:
    lines = lines_of(chance.sample(seeded.participant_ids, TEAMS), chance)
    with site.app.app_context():
        results.confirm(match_id, lines, actor=SYSTEM, now=utc_now())


def _memory(site: LiveSite) -> int:
    """Bytes that the web processes have for themselves."""
    return sum(process.memory_full_info().uss for process in site.processes("realtime.worker") if _has_memory(process))


def _has_memory(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def _p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
