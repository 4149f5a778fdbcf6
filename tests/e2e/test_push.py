"""An open page hears of a change by its socket: at once, without a reload, and through whatever dies meanwhile."""

import random
import re
import time
import urllib.request

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from sqlalchemy import select

from tests.e2e.cup import TEAMS, Cup
from tests.servers.web import LiveSite
from webapp.models import Board, Tournament
from webapp.services.spine.transaction import read_snapshot

pytestmark = pytest.mark.e2e

BEFORE_ANY_POLL_MS = 20_000
"""While it is connected the board polls once a minute."""
RECOVERY_MS = 25_000


def watch(page: Page, site: LiveSite, cup: Cup) -> None:
    page.goto(f"{site.url}/spectator/tournaments/{cup.tournament_id}/")
    page.evaluate("window.neverReloaded = true")
    expect_state(page, "live")


def expect_state(page: Page, state: str, *, timeout: float = RECOVERY_MS) -> None:
    expect(page.locator("[data-light]")).to_have_attribute("data-state", state, timeout=timeout)


def expect_leader(page: Page, name: str, *, timeout: float) -> None:
    expect(page.locator(".board__row").first).to_have_attribute("data-name", name, timeout=timeout)
    assert page.evaluate("window.neverReloaded") is True


@pytest.mark.timeout(400)
def test_an_open_page_moves_at_once_and_survives_a_restart_of_the_server(
    live_site: LiveSite, browser_page: Page
) -> None:
    cup = Cup.begin(live_site.app)
    watch(browser_page, live_site, cup)

    cup.play(1, "Squad C")
    expect_leader(browser_page, "Squad C", timeout=BEFORE_ANY_POLL_MS)
    cup.play(2, "Squad F")
    cup.play(3, "Squad F")
    expect_leader(browser_page, "Squad F", timeout=BEFORE_ANY_POLL_MS)
    moved = browser_page.locator(".board__row").first
    expect(moved).to_have_class("board__row board__row--gold is-moved")

    # While the socket tells what is new, nobody polls; what was asked for when it told has come by then.
    asked: list[str] = []
    browser_page.wait_for_timeout(4_000)
    browser_page.on("request", lambda request: asked.append(request.url))
    browser_page.wait_for_timeout(11_000)
    assert asked == []
    expect(browser_page.locator(".board__row.is-moved")).to_have_count(0)

    before = {process.pid for process in live_site.processes("realtime.worker")}
    live_site.kill("realtime.worker")
    expect_state(browser_page, "reconnecting")
    cup.play(4, "Squad K")
    cup.play(5, "Squad K")
    cup.play(6, "Squad K")
    expect_leader(browser_page, "Squad K", timeout=RECOVERY_MS)
    expect_state(browser_page, "live")
    assert before.isdisjoint({process.pid for process in live_site.processes("realtime.worker")})
    expect(browser_page.locator(".board__row")).to_have_count(len(TEAMS))


@pytest.mark.timeout(400)
def test_a_socket_that_breaks_at_any_moment_leaves_the_screen_equal_to_the_server(
    shared_site: LiveSite, browser_page: Page
) -> None:
    cup = Cup.begin(shared_site.app, count=12)
    sockets: list[WebSocketRoute] = []
    browser_page.route_web_socket(re.compile("/ws/"), lambda socket: sockets.append(socket.connect_to_server()))
    watch(browser_page, shared_site, cup)
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for number in range(1, 13):
        cup.play(number, chance.choice(TEAMS))
        browser_page.wait_for_timeout(chance.uniform(0, 1500))
        if number % 2:
            sockets[-1].close()
    path = f"/spectator/tournaments/{cup.tournament_id}/leaderboard/fragment/"
    deadline = time.monotonic() + 4 * RECOVERY_MS / 1000
    # A busy machine is slow to open the next one, and what is closed already cannot break.
    while len(sockets) <= 3:
        assert time.monotonic() < deadline
        sockets[-1].close()
        browser_page.wait_for_timeout(500)
    while not _is_ranked(cup):
        assert time.monotonic() < deadline
        browser_page.wait_for_timeout(200)
    while _rows_shown(browser_page) != _rows_served(shared_site.url + path):
        assert time.monotonic() < deadline
        browser_page.wait_for_timeout(200)
    assert browser_page.evaluate("window.neverReloaded") is True


def _is_ranked(cup: Cup) -> bool:
    """Whether the published board holds every result."""
    with cup.app.app_context(), read_snapshot() as session:
        row = session.execute(
            select(Tournament.results_seq, Board.seq)
            .join(Board, Board.scope == f"tournament:{cup.tournament_id}")
            .where(Tournament.id == cup.tournament_id)
        ).first()
        return row is not None and row[1] >= row[0]


def _rows_shown(page: Page) -> list[tuple[str, str]]:
    rows: list[list[str]] = page.evaluate(
        """() => Array.from(document.querySelectorAll(".board__row"), (row) =>
             [row.dataset.name, row.querySelector(".board__points").textContent.trim()])"""
    )
    return [(name, points) for name, points in rows]


def _rows_served(url: str) -> list[tuple[str, str]]:
    request = urllib.request.Request(url, headers={"HX-Request": "true"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        fragment = answer.read().decode()
    names = re.findall(r'data-name="([^"]+)"', fragment)
    points = re.findall(r'class="board__points" role="cell">(-?\d+)<', fragment)
    return list(zip(names, points, strict=True))
