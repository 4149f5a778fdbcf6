"""What the page's own scripts promise: nothing jumps, nothing is asked for in vain, everything is told."""

import re

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import BaseWSGIServer

from tests.arenas import Arena, ended_at, open_battle_royale
from webapp.domain.scoring import BattleRoyaleLine
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

REFRESH = "document.querySelectorAll('[data-live]').forEach((part) => htmx.trigger(part, 'refresh'))"
HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
COUNT_INSERTIONS = """() => {
  window.insertions = 0;
  new MutationObserver((records) => { window.insertions += records.length; })
    .observe(document.querySelector('.board'), { childList: true, subtree: true, characterData: true });
}"""


@pytest.fixture
def arena(server: BaseWSGIServer) -> Arena:
    """Twelve squads after one match that they ended in the order of their names."""
    arena = open_battle_royale(squads=12, lobbies=3)
    play(arena, 1, list(range(12)))
    return arena


def play(arena: Arena, match: int, order: list[int]) -> None:
    lines = [
        BattleRoyaleLine(arena.participant_ids[who], place, 12 - place) for place, who in enumerate(order, start=1)
    ]
    results.confirm(arena.match_ids[match - 1], lines, actor=SYSTEM, now=ended_at(match))
    ranking.rank_due(arena.tournament_id, now=ended_at(match))


def watch(page: Page, server: BaseWSGIServer, arena: Arena) -> None:
    page.goto(f"http://127.0.0.1:{server.port}/spectator/tournaments/{arena.tournament_id}/")
    expect(page.locator("[data-light]")).to_have_attribute("data-state", "polling")


def expect_leader(page: Page, name: str) -> None:
    expect(page.locator(".board__row").first).to_have_attribute("data-name", name)


def upside_down() -> list[int]:
    return list(reversed(range(12)))


def test_a_focused_row_stays_under_the_readers_eyes_while_its_place_changes(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    browser_page.set_viewport_size({"width": 1440, "height": 320})
    watch(browser_page, server, arena)
    link = f"participant-link-{arena.participant_ids[11]}"
    browser_page.evaluate("(id) => document.getElementById(id).focus()", link)
    browser_page.evaluate("window.scrollBy(0, 40)")
    top = "(id) => document.getElementById(id).getBoundingClientRect().top"
    before = browser_page.evaluate(top, link)
    play(arena, 2, upside_down())
    play(arena, 3, upside_down())
    browser_page.evaluate(REFRESH)
    expect_leader(browser_page, "Squad 12")
    assert browser_page.evaluate("document.activeElement.id") == link
    assert abs(browser_page.evaluate(top, link) - before) < 2


def test_moved_rows_are_marked_and_told_to_screen_readers(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    watch(browser_page, server, arena)
    order = list(range(12))
    play(arena, 2, [1, 0, *order[2:]])
    play(arena, 3, [1, 0, *order[2:]])
    browser_page.evaluate(REFRESH)
    expect(browser_page.locator("[data-announcer]")).to_have_text(
        "Leaderboard changed: Squad 02 up from 2 to 1; Squad 01 down from 1 to 2."
    )
    expect(browser_page.locator(".board__row.is-moved")).to_have_count(2)
    expect(browser_page.locator(".board__row.is-moved")).to_have_count(0, timeout=12_000)


def test_what_is_shown_already_is_not_put_in_again(browser_page: Page, server: BaseWSGIServer, arena: Arena) -> None:
    watch(browser_page, server, arena)
    browser_page.evaluate(COUNT_INSERTIONS)
    board = re.compile("leaderboard/fragment")
    for _ in range(2):
        with browser_page.expect_response(board):
            browser_page.evaluate(REFRESH)
        browser_page.wait_for_timeout(1100)
    assert browser_page.evaluate("window.insertions") == 0


def test_a_hidden_tab_asks_for_nothing_and_catches_up_when_it_is_seen(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    watch(browser_page, server, arena)
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))
    browser_page.evaluate(HIDE, arg=True)
    light = browser_page.locator("[data-light]")
    expect(light).to_have_attribute("data-state", "paused")
    play(arena, 2, upside_down())
    browser_page.evaluate(REFRESH)
    browser_page.wait_for_timeout(300)
    assert asked == []
    browser_page.evaluate(HIDE, arg=False)
    expect_leader(browser_page, "Squad 01")
    expect(browser_page.locator(".board")).to_have_attribute("data-version", "2")
    expect(light).to_have_attribute("data-state", "polling")


def test_the_light_says_when_the_connection_is_gone_and_when_it_is_back(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    watch(browser_page, server, arena)
    light = browser_page.locator("[data-light]")
    browser_page.context.set_offline(True)
    expect(light).to_have_attribute("data-state", "reconnecting")
    browser_page.context.set_offline(False)
    expect(light).to_have_attribute("data-state", "polling")
    expect(light).to_have_text(re.compile(r"polling · checked \d\d:\d\d:\d\d"))


@pytest.mark.parametrize(("wish", "is_moving"), [("no-preference", True), ("reduce", False)])
def test_rows_glide_unless_the_reader_asked_for_less_motion(
    browser_page: Page, server: BaseWSGIServer, arena: Arena, *, wish: str, is_moving: bool
) -> None:
    browser_page.emulate_media(reduced_motion="reduce" if wish == "reduce" else "no-preference")
    watch(browser_page, server, arena)
    browser_page.evaluate(
        """() => {
          window.glides = 0;
          const animate = Element.prototype.animate;
          Element.prototype.animate = function (...how) { window.glides += 1; return animate.apply(this, how); };
        }"""
    )
    play(arena, 2, upside_down())
    play(arena, 3, upside_down())
    browser_page.evaluate(REFRESH)
    expect_leader(browser_page, "Squad 12")
    assert (browser_page.evaluate("window.glides") > 0) is is_moving


def test_times_are_shown_in_the_readers_zone(browser_page: Page, server: BaseWSGIServer, arena: Arena) -> None:
    browser = browser_page.context.browser
    assert browser is not None
    context = browser.new_context(timezone_id="Asia/Dhaka")
    page = context.new_page()
    watch(page, server, arena)
    ended = page.locator(f"#match-{arena.match_ids[0]} time")
    expect(ended).to_have_attribute("datetime", "2026-03-01T12:01:00Z")
    expect(ended).to_contain_text("18:01")
    expect(page.locator("[data-zone]")).to_have_text("Asia/Dhaka")
    page.evaluate(REFRESH)
    page.wait_for_timeout(300)
    expect(ended).to_contain_text("18:01")
    context.close()
