"""The whole site as `make run` starts it, demo included: how soon it serves, and what memory it holds at rest."""

import time
from collections.abc import Iterator
from typing import Final

import psutil

from bench.context import Bench
from bench.rows import Row
from tests.servers.web import LiveSite

REST_S: Final = 8


def run(bench: Bench) -> Iterator[Row]:
    """Once, on SQLite, which is what `make run` takes."""
    if "sqlite" not in bench.databases:
        return
    folder = bench.folder / "site"
    folder.mkdir()
    site = LiveSite(folder, f"sqlite:///{folder}/site.sqlite3", DELTACROWN_DEMO="on")
    try:
        first = _started(site)
        site.stop()
        second = _started(site)
        yield Row(
            key="start/second", what="second start to the first page served", figure=second, unit="s",
            note=f"the first, with migrations and demo: {first:.1f} s", limits=bench.limits(8, None),
        )  # fmt: skip
        time.sleep(bench.pick(REST_S, 1))
        processes = [psutil.Process(site.launcher.pid), *site.processes()]
        memory = [process.memory_full_info() for process in processes]
        yield Row(
            key="memory/rest", what=f"memory of the whole site at rest, {len(processes)} processes",
            figure=sum(each.pss for each in memory) / 2**20, unit="MiB",
            note=f"PSS; RSS, which counts shared pages again and again, {sum(one.rss for one in memory) / 2**20:.0f}",
        )  # fmt: skip
    finally:
        site.stop()


def _started(site: LiveSite) -> float:
    """Seconds from the start of the launcher to the first page."""
    began = time.perf_counter()
    site.start(whole=False)
    return time.perf_counter() - began
