"""How a page comes back from what happens to its socket: by the reason it was closed for, or by plain HTTP."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect
from werkzeug.serving import BaseWSGIServer

from tests.arenas import Arena, open_battle_royale
from tests.e2e.boards import expect_leader, play, watch
from tests.e2e.rooms import PlayedRoom
from webapp.models import Tournament
from webapp.services.spine.transaction import read_snapshot

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
SQUADS = 6
FULL = {"code": "room_full", "message": "This room is full.", "retry_after_ms": 30_000}


@pytest.fixture
def arena(server: BaseWSGIServer) -> Arena:
    arena = open_battle_royale(squads=SQUADS, lobbies=3)
    play(arena, 1, list(range(SQUADS)))
    return arena


@pytest.fixture
def room(browser_page: Page, arena: Arena) -> PlayedRoom:
    # The log's API answers nothing here; what it is for has a test of its own.
    browser_page.route("**/api/**", lambda route: route.fulfill(status=503))
    stop_the_clock(browser_page)
    return PlayedRoom(browser_page, seq=log_number(arena))


def stop_the_clock(page: Page) -> None:
    """From here on time passes in the page when the test says so, however slow the machine is."""
    page.clock.install(time=BEGIN)
    page.clock.pause_at(BEGIN + timedelta(seconds=1))


def log_number(arena: Arena) -> int:
    with read_snapshot() as session:
        return session.get_one(Tournament, arena.tournament_id).log_seq


def expect_state(page: Page, state: str) -> None:
    expect(page.locator("[data-light]")).to_have_attribute("data-state", state)


def run_until(page: Page, is_so: Callable[[], bool]) -> None:
    """Let time pass in the page until it is so, as long as answers take on a busy machine."""
    give_up_at = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < give_up_at, "it did not come to be"
        page.clock.run_for(1_000)
        page.wait_for_timeout(50)


def expect_sockets(page: Page, room: PlayedRoom, count: int) -> None:
    """Wait until so many have been opened; none more comes by itself."""
    for _ in range(100):
        if len(room.sockets) >= count:
            break
        page.wait_for_timeout(20)
    page.wait_for_timeout(100)
    assert len(room.sockets) == count


@pytest.mark.parametrize("code", [4001, 4003])
def test_who_is_refused_polls_and_does_not_ask_again(
    browser_page: Page, server: BaseWSGIServer, arena: Arena, room: PlayedRoom, *, code: int
) -> None:
    room.refusal = (code, None)
    watch(browser_page, server, arena)
    expect_sockets(browser_page, room, 1)
    expect_state(browser_page, "polling")
    browser_page.clock.fast_forward(120_000)
    expect_sockets(browser_page, room, 1)
    expect_state(browser_page, "polling")


def test_an_expired_token_is_tried_once_more_as_who_one_is_now(
    browser_page: Page, server: BaseWSGIServer, arena: Arena, room: PlayedRoom
) -> None:
    room.refusal = (4002, None)
    watch(browser_page, server, arena)
    expect_sockets(browser_page, room, 1)
    browser_page.clock.fast_forward(1_000)
    expect_sockets(browser_page, room, 2)
    browser_page.clock.fast_forward(120_000)
    expect_sockets(browser_page, room, 2)
    expect_state(browser_page, "polling")


def test_a_full_room_is_tried_again_when_it_said(
    browser_page: Page, server: BaseWSGIServer, arena: Arena, room: PlayedRoom
) -> None:
    room.refusal = (4008, FULL)
    watch(browser_page, server, arena)
    expect_sockets(browser_page, room, 1)
    expect_state(browser_page, "polling")
    browser_page.clock.fast_forward(29_000)
    expect_sockets(browser_page, room, 1)
    room.refusal = None
    browser_page.clock.fast_forward(17_000)
    expect_sockets(browser_page, room, 2)
    expect_state(browser_page, "live")


def test_a_restarting_server_is_asked_again_soon_and_told_where_the_page_left_off(
    browser_page: Page, server: BaseWSGIServer, arena: Arena, room: PlayedRoom
) -> None:
    watch(browser_page, server, arena)
    expect_state(browser_page, "live")
    room.announce("number")
    room.sockets[-1].close(code=1012, reason="restarting")
    expect_state(browser_page, "reconnecting")
    browser_page.clock.fast_forward(3_000)
    expect_sockets(browser_page, room, 2)
    expect_state(browser_page, "live")
    assert room.said[-1] == {"type": "subscribe", "since": room.seq}


def test_messages_are_given_on_in_order_and_once_and_a_reset_fetches_what_is_shown(
    browser_page: Page, server: BaseWSGIServer, arena: Arena, room: PlayedRoom
) -> None:
    browser_page.add_init_script(
        """window.heard = []; window.states = [];
           document.addEventListener("live:message", (event) => window.heard.push(event.detail.seq));
           document.addEventListener("live:state", (event) => window.states.push(event.detail.state));"""
    )
    watch(browser_page, server, arena)
    expect_state(browser_page, "live")
    began = room.seq
    for seq in (began + 1, began + 3, began + 2, began + 2, began + 1):
        room.seq = seq
        room.tell("number")
    room.seq = began + 6
    room.tell("score_updated", from_seq=began + 4, match_id=2, prev=0, lines=[], games=[])
    browser_page.wait_for_function("(end) => window.heard.includes(end)", arg=began + 6)
    assert browser_page.evaluate("window.heard") == [began + 1, began + 2, began + 3, began + 6]
    play(arena, 2, [5, 4, 3, 2, 1, 0])
    play(arena, 3, [5, 4, 3, 2, 1, 0])
    room.seq = log_number(arena)
    room.tell("reset", role="spectator", version=3, heartbeat_s=25)
    browser_page.clock.run_for(3_000)
    expect_leader(browser_page, "Squad 06")
    assert browser_page.evaluate("window.states") == ["live"]


def test_where_sockets_are_killed_news_comes_by_number_over_plain_http(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    asked: list[int] = []
    ends = [log_number(arena)]

    def answer(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        since, end = int(query["since"][0]), ends[-1]
        asked.append(since)
        news = [{"type": "rank_update", "seq": end, "tournament_id": arena.tournament_id, "data": {"version": 3}}]
        body = {"events": news if since < end else [], "next_since": end}
        route.fulfill(content_type="application/json", body=json.dumps(body))

    browser_page.route(re.compile(r"/api/tournaments/\d+/events/"), answer)
    stop_the_clock(browser_page)
    room = PlayedRoom(browser_page, seq=log_number(arena))
    room.refusal = (4000, None)
    watch(browser_page, server, arena)
    for count, wait in ((1, 1_000), (2, 2_000), (3, 0)):
        expect_sockets(browser_page, room, count)
        browser_page.clock.fast_forward(wait)
    expect_state(browser_page, "polling")
    play(arena, 2, [5, 4, 3, 2, 1, 0])
    play(arena, 3, [5, 4, 3, 2, 1, 0])
    ends.append(log_number(arena))
    first = browser_page.locator(".board__row").first
    run_until(browser_page, lambda: set(asked) == set(ends))
    run_until(browser_page, lambda: first.get_attribute("data-name") == "Squad 06")

    # The socket is still tried now and then, and when it holds nobody asks by number any more.
    room.refusal = None
    room.seq = log_number(arena)
    browser_page.clock.run_for(30_000)
    expect_state(browser_page, "live")
    count = len(asked)
    browser_page.clock.run_for(30_000)
    assert len(asked) == count
