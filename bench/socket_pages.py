"""What people notice while thousands listen: the row that moves in a real browser, the page that is asked for."""

import random
import statistics
import time
import urllib.request
from collections.abc import Callable, Sequence
from typing import Final

from playwright.sync_api import Page, sync_playwright

from bench.context import Bench
from bench.rows import Row
from bench.seeding import Seeded, lines_of
from tests.servers.browser import launch
from tests.servers.web import LiveSite
from webapp.services.matches import results
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

MOVED_WITHIN_MS: Final = 10_000
PAUSE_S: Final = 0.7
# The order of the rows as it changes, each change with its time on the clock of the machine.
_WATCH: Final = """() => {
    const order = () => [...document.querySelectorAll(".board__row")].map((row) => row.id).join();
    window.moves = [];
    let last = order();
    new MutationObserver(() => {
        const now = order();
        if (now !== last) { last = now; window.moves.push(Date.now()); }
    }).observe(document.body, { childList: true, subtree: true });
}"""


def moved_rows(bench: Bench, site: LiveSite, seeded: Seeded, sockets: int) -> Row:
    """From the call that confirms a result to the row in its new place."""
    runs = bench.pick(30, 2)
    chance = random.Random(61)
    delays = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.goto(f"{site.url}/spectator/tournaments/{seeded.tournament_id}/")
        page.locator('[data-light][data-state="live"]').first.wait_for(state="attached")
        page.evaluate(_WATCH)
        for match_id in seeded.open_match_ids[:runs]:
            delays.append(_moved(page, site, seeded, match_id, chance))
            time.sleep(PAUSE_S)
        browser.close()
    return Row(
        key="sockets/moved_row", what=f"confirmed result to the moved row in a browser, {sockets:,} other sockets, p95",
        figure=_p95(delays), best=min(delays), p95=_p95(delays), runs=len(delays), limits=bench.limits(500, None),
        note=f"middle {statistics.median(delays):.0f} ms",
    )  # fmt: skip


def _moved(page: Page, site: LiveSite, seeded: Seeded, match_id: int, chance: random.Random) -> float:
    """Milliseconds."""
    lines = lines_of(chance.sample(seeded.participant_ids, len(seeded.participant_ids)), chance)
    page.evaluate("() => { window.moves = []; }")
    began = time.time()
    with site.app.app_context():
        results.confirm(match_id, lines, actor=SYSTEM, now=utc_now())
    page.wait_for_function("() => window.moves.length", timeout=MOVED_WITHIN_MS)
    return float(page.evaluate("() => window.moves[0]")) - 1000 * began


def pages(bench: Bench, site: LiveSite, seeded: Seeded, sockets: int, tell: Callable[[], object]) -> Row:
    """A page from the database, while the room is told five things a second."""
    url = f"{site.url}/spectator/tournaments/{seeded.tournament_id}/?page=1"
    delays, told_at = [], 0.0
    for _ in range(bench.pick(200, 5)):
        if time.monotonic() - told_at > 0.2:
            tell()
            told_at = time.monotonic()
        began = time.perf_counter()
        with urllib.request.urlopen(url, timeout=10) as answer:
            answer.read()
        delays.append(1000 * (time.perf_counter() - began))
    return Row(
        key="sockets/pages", what=f"a page from the database while {sockets:,} sockets listen, p95",
        figure=_p95(delays), best=min(delays), p95=_p95(delays), runs=len(delays), limits=bench.limits(100, None),
        note=f"middle {statistics.median(delays):.0f} ms",
    )  # fmt: skip


def _p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
