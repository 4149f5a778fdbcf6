"""Two windows on two web processes show the same board while one of the processes is restarted, and where sockets are killed."""

import time
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect
from prometheus_client.mmap_dict import MmapedDict

from tests.e2e.cup import TEAMS, Cup
from tests.servers.web import LiveSite

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

PATIENCE_MS = 25_000
BEFORE_ANY_POLL_MS = 20_000
"""While it is connected the board polls once a minute."""
WINDOWS_AT_MOST = 9
"""One address may hold ten sockets."""
ACTIVE = "ws_active_connections_gauge"
ROWS = """() => Array.from(document.querySelectorAll(".board__row"), (row) =>
  `${row.dataset.rank} ${row.dataset.name} ${row.querySelector(".board__points").textContent.trim()}`)"""
KEEP_STATES = """window.neverReloaded = true; window.states = [];
  document.addEventListener("live:state", (event) => window.states.push(event.detail.state));"""


class Windows:
    """Windows of readers who know nothing of each other, all on the board of one cup."""

    def __init__(self, chromium: Browser, site: LiveSite, cup: Cup) -> None:
        self._chromium, self._site, self._cup = chromium, site, cup
        self.pages: list[Page] = []

    def open(self) -> Page:
        page = self._chromium.new_context().new_page()
        self.pages.append(page)
        page.goto(f"{self._site.url}/spectator/tournaments/{self._cup.tournament_id}/")
        page.evaluate(KEEP_STATES)
        expect(page.locator("[data-light]")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)
        return page

    def close(self) -> None:
        for page in self.pages:
            page.context.close()


@pytest.fixture
def cup(live_site: LiveSite) -> Cup:
    return Cup.begin(live_site.app)


@pytest.fixture
def windows(chromium: Browser, live_site: LiveSite, cup: Cup) -> Iterator[Windows]:
    windows = Windows(chromium, live_site, cup)
    yield windows
    windows.close()


@pytest.fixture
def barred(live_site: LiveSite, cup: Cup, browser_page: Page) -> Page:
    """A window in a network that kills every socket."""
    browser_page.route_web_socket("**/ws/**", lambda socket: socket.close(code=4000))
    with browser_page.expect_request("**/events/?since=*&wait=20", timeout=PATIENCE_MS):
        browser_page.goto(f"{live_site.url}/spectator/tournaments/{cup.tournament_id}/")
        browser_page.evaluate("window.neverReloaded = true")
    expect(browser_page.locator("[data-light]")).to_have_attribute("data-state", "polling")
    return browser_page


def readers_by_process(site: LiveSite) -> dict[int, int]:
    """How many sockets each living web process holds, as it counts them for the operators."""
    readers = {}
    for file in (site.folder / "instance" / "metrics").glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        counts = MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call]  # the library leaves it bare
        held = [value for key, value, *_ in counts if ACTIVE in key]
        if held and psutil.pid_exists(pid):
            readers[pid] = int(sum(held))
    return readers


def connected(site: LiveSite, count: int, page: Page) -> dict[int, int]:
    """The processes once so many readers are connected to them."""
    deadline = time.monotonic() + 20
    while sum((readers := readers_by_process(site)).values()) != count:
        assert time.monotonic() < deadline, readers
        page.wait_for_timeout(100)
    return {pid: held for pid, held in readers.items() if held}


def expect_leader(page: Page, name: str, *, timeout: float) -> None:
    expect(page.locator(".board__row").first).to_have_attribute("data-name", name, timeout=timeout)
    assert page.evaluate("window.neverReloaded") is True


def test_windows_on_two_processes_and_one_without_sockets_show_the_same_board_while_a_process_is_restarted(
    live_site: LiveSite, cup: Cup, windows: Windows, barred: Page
) -> None:
    windows.open()
    held = connected(live_site, 1, windows.pages[0])
    while len(held) < 2 or len(windows.pages) < 3:
        assert len(windows.pages) < WINDOWS_AT_MOST
        windows.open()
        held = connected(live_site, len(windows.pages), windows.pages[0])

    victim = min(held, key=lambda pid: held[pid])
    psutil.Process(victim).kill()
    cup.play(1, "Squad C")
    for page in (*windows.pages, barred):
        expect_leader(page, "Squad C", timeout=PATIENCE_MS)
    for page in windows.pages:
        expect(page.locator("[data-light]")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)
    untouched = [page for page in windows.pages if "reconnecting" not in page.evaluate("window.states")]
    assert len(untouched) == len(windows.pages) - held[victim]
    cup.play(2, "Squad F")
    cup.play(3, "Squad F")
    everybody = [*windows.pages, barred]
    for page in everybody:
        expect_leader(page, "Squad F", timeout=BEFORE_ANY_POLL_MS)
    boards = [page.evaluate(ROWS) for page in everybody]
    assert boards == [boards[0]] * len(boards)
    assert len(boards[0]) == len(TEAMS)
    assert victim not in connected(live_site, len(windows.pages), windows.pages[0])
