"""`python -m bench --quick`: every benchmark runs, and says what it should."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench import report
from bench.http_load import Target, median_loads
from bench.measurement import Timing
from bench.rows import Limits, Row
from tests.servers.web import LiveSite
from webapp.config import ROOT

ON_EACH_DATABASE = {
    "full", "partial", "season", "all_time", "read", "read_shared", "read_uncached", "read_redis_gone",
    "read_redis_hanging", "read_season", "typical", "hit_ratio", "bracket_draw", "bracket_confirm", "crowded", "import", "http_304", "http_200", "http_gunicorn",
    "http_page", "http_news", "push_one", "push_many", "api_page", "api_304",
    "notified", "notified_mailed", "webhooks_rate", "webhooks_all", "webhooks_lag", "webhooks_dead",
    "webhooks_waiting", "webhooks_ranking",
}  # fmt: skip
OF_SOCKETS = {
    *(f"sockets_{many}/{what}" for many in ("many", "more") for what in ("delay", "cpu", "burst", "memory")),
    "sockets/polls", "sockets/moved_row", "sockets/pages",
}  # fmt: skip
TOO_SMALL_TO_MEASURE = (
    "http_page",
    "sockets_many/cpu",
    "sockets_more/cpu",
    "sockets_many/memory",
    "sockets_more/memory",
)
OF_THE_KERNEL = {"sorted", "lexsort", "sqlite", "postgres", "redis"}


@pytest.mark.slow
@pytest.mark.live
@pytest.mark.timeout(840)
def test_every_benchmark_gives_its_rows(tmp_path: Path) -> None:
    output = tmp_path / "results.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--output", str(output)],
        cwd=ROOT,
        env=os.environ | {"PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    document = orjson.loads(output.read_bytes())
    keys = {row["key"] for row in document["rows"]} - {"http_nginx/sqlite", "http_nginx/postgres"}
    assert keys == {
        *(f"{name}/{database}" for name in ON_EACH_DATABASE for database in ("sqlite", "postgres")),
        *(f"kernel/1000/{name}" for name in OF_THE_KERNEL),
        *OF_SOCKETS,
        "bracket/rules",
        "start/second",
        "memory/rest",
    }
    # A page takes longer than the quick run may last on a busy machine; a few sockets take less than can be told.
    figures = {row["key"]: row["figure"] for row in document["rows"] if not row["key"].startswith(TOO_SMALL_TO_MEASURE)}
    assert [key for key, figure in figures.items() if figure <= 0] == []
    assert document["machine"]["quick"] is True
    assert str(ROOT) not in output.read_text()
    table = done.stdout.splitlines()
    assert table[0].split() == ["what", "ours", "must", "aim", "met", "peer", "peer's", "ratio", "note"]
    assert len(table) == 1 + len(document["rows"])


def test_a_row_is_judged_by_its_figure() -> None:
    def judged(figure: float, **more: Any) -> str:
        return report.met(Row(key="k", what="w", figure=figure, **more))

    both = Limits(must=50, aim=10)
    assert [judged(figure, limits=both) for figure in (9, 10, 11, 50, 51)] == ["aim", "aim", "must", "must", "NO"]
    assert judged(99, limits=Limits(95, 99), more_is_better=True) == "aim"
    assert judged(94, limits=Limits(95, 99), more_is_better=True) == "NO"
    assert [judged(figure, limits=Limits(aim=10)) for figure in (9, 11)] == ["aim", "not yet"]
    assert judged(1) == "–"


def test_a_ratio_above_one_is_better_than_the_peer() -> None:
    quick = Row(key="k", what="w", figure=2, peer="p", peer_figure=10)
    busy = Row(key="k", what="w", figure=10, peer="p", peer_figure=2, more_is_better=True)
    assert (quick.ratio, busy.ratio) == (5, 5)
    assert Row(key="k", what="w", figure=2).ratio is None


def test_a_timing_tells_its_middle_its_best_and_what_95_of_100_kept() -> None:
    timing = Timing(tuple(float(number) for number in range(1, 101)))
    assert (timing.median, timing.best, timing.p95) == (50.5, 1, 95)
    assert Timing((3.0, 1.0)).p95 == 3


def test_load_is_made_without_wrk_too(shared_site: LiveSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    good, bad = shared_site.url + "/healthz", shared_site.url + "/nothing-here"
    answered = median_loads({"good": Target(good, {}), "bad": Target(bad, {})}, seconds=0.5, runs=1)
    assert answered["good"].per_second > 100
    assert (answered["good"].failed, answered["bad"].failed > 0) == (0, True)
