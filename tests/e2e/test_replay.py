"""The board over time in a browser: played, stepped and scrubbed, by keyboard alone and without script."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from werkzeug.serving import BaseWSGIServer

from tests.arenas import Arena, ended_at, open_battle_royale
from webapp.domain.scoring import BattleRoyaleLine
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

ORDERS = ([0, 1, 2, 3], [3, 2, 1, 0], [3, 2, 0, 1], [3, 1, 2, 0])
"""Who ended each match where."""
REFRESH = "document.querySelectorAll('.over-time').forEach((part) => htmx.trigger(part, 'refresh'))"
COUNT_GLIDES = """() => {
  const own = Element.prototype.animate;
  window.glides = 0;
  Element.prototype.animate = function (...all) { window.glides += 1; return own.apply(this, all); };
}"""
NOTE_VERSIONS = """() => {
  const frame = document.querySelector(".replay__frame");
  window.versions = [];
  new MutationObserver(() => window.versions.push(frame.dataset.version)).observe(frame, { attributeFilter: ["data-version"] });
}"""
NAMES = "[...document.querySelectorAll('.replay__frame [data-rank]')].map((row) => row.dataset.name)"


def play_match(arena: Arena, number: int) -> None:
    order = ORDERS[number - 1]
    lines = [BattleRoyaleLine(arena.participant_ids[who], place, 4 - place) for place, who in enumerate(order, start=1)]
    results.confirm(arena.match_ids[number - 1], lines, actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(number))


@pytest.fixture
def arena(server: BaseWSGIServer) -> Arena:
    arena = open_battle_royale(squads=4, lobbies=4)
    for number in (1, 2, 3):
        play_match(arena, number)
    return arena


@pytest.fixture
def address(server: BaseWSGIServer, arena: Arena) -> str:
    return f"http://127.0.0.1:{server.port}/spectator/tournaments/{arena.tournament_id}/replay/"


@pytest.fixture
def plain_page(chromium: Browser) -> Iterator[Page]:
    """A page without script, on the smallest phone."""
    context = chromium.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def shown(page: Page) -> str:
    return page.locator(".replay__frame").get_attribute("data-version") or ""


def expect_version(page: Page, address: str, version: int) -> None:
    expect(page.locator(".replay__frame")).to_have_attribute("data-version", str(version))
    expect(page).to_have_url(f"{address}?at={version}")


def test_playing_shows_every_version_up_to_the_last_and_begins_again_after_it(browser_page: Page, address: str) -> None:
    browser_page.goto(f"{address}?at=1")
    first = browser_page.evaluate(NAMES)
    browser_page.locator("[data-speed]").select_option("4")
    play = browser_page.locator("[data-play]")
    browser_page.evaluate(NOTE_VERSIONS)
    play.click()
    expect_version(browser_page, address, 3)
    expect(play).to_have_text("Play")
    assert browser_page.evaluate("window.versions") == ["2", "3"]
    expect(browser_page.locator("[data-step=next]")).to_have_attribute("aria-disabled", "true")
    last = browser_page.evaluate(NAMES)
    assert (first[0], last[0]) == ("Squad 01", "Squad 04")
    browser_page.locator("[data-speed]").select_option("0.5")
    play.click()
    expect(play).to_have_text("Pause")
    expect_version(browser_page, address, 1)
    assert browser_page.evaluate(NAMES) == first
    play.click()
    expect(play).to_have_text("Play")


def test_keys_step_and_play_from_the_page_and_from_the_slider(browser_page: Page, address: str) -> None:
    browser_page.goto(f"{address}?at=2")
    keyboard, slider = browser_page.keyboard, browser_page.locator("[data-slider]")
    expect(slider).to_be_visible()
    browser_page.locator("[data-speed]").select_option("0.5")
    keyboard.press("ArrowRight")
    expect_version(browser_page, address, 3)
    slider.focus()
    keyboard.press("Home")
    expect_version(browser_page, address, 1)
    keyboard.press("ArrowRight")
    expect_version(browser_page, address, 2)
    expect(slider).to_have_attribute(
        "aria-valuetext", browser_page.locator("[data-where]").inner_text().replace("\n", ", ")
    )
    expect(browser_page.locator("[data-said]")).to_contain_text("After match 2: 1. ")
    keyboard.press(" ")
    expect(browser_page.locator("[data-play]")).to_have_text("Pause")
    keyboard.press(" ")
    expect(browser_page.locator("[data-play]")).to_have_text("Play")


def test_a_moment_that_cannot_be_loaded_is_said_and_can_be_tried_again(browser_page: Page, address: str) -> None:
    def refuse(route: Route) -> None:
        route.abort()

    browser_page.route("**/replay/fragment/**", refuse)
    browser_page.goto(f"{address}?at=1")
    browser_page.locator("[data-step=next]").click()
    expect(browser_page.locator("[data-said]")).to_contain_text("could not be loaded")
    assert shown(browser_page) == "1"
    browser_page.unroute("**/replay/fragment/**", refuse)
    browser_page.locator("[data-step=previous]").click()
    browser_page.locator("[data-step=next]").click()
    expect_version(browser_page, address, 2)


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_rows_keep_still_for_whoever_asked_for_less_motion(
    chromium: Browser, address: str, motion: Literal["reduce", "no-preference"], *, moves: bool
) -> None:
    context = chromium.new_context(reduced_motion=motion)
    page = context.new_page()
    page.goto(f"{address}?at=1")
    page.evaluate(COUNT_GLIDES)
    page.locator("[data-step=next]").click()
    expect_version(page, address, 2)
    assert (page.evaluate("window.glides") > 0) is moves
    context.close()


def test_without_script_a_list_and_two_links_show_every_version(plain_page: Page, address: str) -> None:
    plain_page.goto(address)
    assert shown(plain_page) == "3"
    expect(plain_page.locator("[data-play]")).to_be_hidden()
    plain_page.locator("select[name=at]").select_option("1")
    plain_page.get_by_role("button", name="Show").click()
    expect_version(plain_page, address, 1)
    plain_page.get_by_role("link", name="Next").click()
    expect_version(plain_page, address, 2)
    for wide in (plain_page.locator("body"), plain_page.locator(".replay__controls")):
        box = wide.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 320


def test_the_chart_follows_the_board_and_its_open_table_stays_open(
    browser_page: Page, address: str, arena: Arena
) -> None:
    browser_page.goto(address.removesuffix("replay/"))
    browser_page.get_by_text("The same as a table").click()
    rows = browser_page.locator(".over-time__table tbody tr")
    expect(rows).to_have_count(3)
    before = browser_page.locator(".over-time__drawing--wide").bounding_box()
    play_match(arena, 4)
    browser_page.evaluate(REFRESH)
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("4")
    after = browser_page.locator(".over-time__drawing--wide").bounding_box()
    assert before is not None
    assert after is not None
    assert (before["width"], before["height"]) == (after["width"], after["height"])
