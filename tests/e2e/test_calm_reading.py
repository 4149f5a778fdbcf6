"""A reader can have the page hold still, sees afterwards what changed, and follows teams without an account."""

import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug.serving import BaseWSGIServer

from tests.arenas import Arena, open_battle_royale
from tests.e2e.boards import HIDE, REFRESH, TOP, address, expect_leader, play, watch
from tests.e2e.rooms import PlayedRoom
from webapp.models import Tournament
from webapp.services.spine.transaction import read_snapshot

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

SQUADS = 25
STRAIGHT = list(range(SQUADS))
UPSIDE_DOWN = list(reversed(STRAIGHT))


@pytest.fixture
def arena(server: BaseWSGIServer) -> Arena:
    """Twenty-five squads, that is two pages, after one match that they ended in the order of their names."""
    arena = open_battle_royale(squads=SQUADS, lobbies=4)
    play(arena, 1, STRAIGHT)
    return arena


def log_number(arena: Arena) -> int:
    with read_snapshot() as session:
        return session.get_one(Tournament, arena.tournament_id).log_seq


def turn_over(arena: Arena) -> None:
    play(arena, 2, UPSIDE_DOWN)
    play(arena, 3, UPSIDE_DOWN)


def test_a_held_page_stands_still_counts_what_waits_and_tells_it_afterwards(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    room = PlayedRoom(browser_page, seq=log_number(arena))
    watch(browser_page, server, arena)
    expect(browser_page.locator("[data-light]")).to_have_attribute("data-state", "live")
    pause = browser_page.get_by_role("button", name="Pause")
    browser_page.keyboard.press("Alt+p")
    expect(pause).to_have_attribute("aria-pressed", "true")
    turn_over(arena)
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))
    for _ in range(log_number(arena) - room.seq - 1):
        room.announce("match_completed", match_id=arena.match_ids[1], prev=0)
    room.announce("rank_update", version=3, changes=[])
    news = browser_page.locator("[data-news]")
    expect(news).to_have_text(re.compile(r"The page holds still\. [3-9] changes waiting"))
    browser_page.evaluate(REFRESH)
    browser_page.wait_for_timeout(600)
    assert asked == []
    expect_leader(browser_page, "Squad 01")

    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "false")
    expect_leader(browser_page, "Squad 25")
    expect(news).to_have_text("")
    changes = browser_page.get_by_role("region", name="What changed since you looked")
    expect(changes).to_contain_text("New at the top: Squad 25")
    expect(changes).to_contain_text("Squad 25 up from 25th to 1st")
    expect(changes).to_contain_text("Match 3: Squad 25 wins")
    expect(browser_page.locator("[data-announcer]")).to_contain_text("since you looked")
    changes.get_by_role("button", name="Put away").press("Enter")
    expect(changes).to_be_hidden()
    expect(pause).to_be_focused()


def test_who_comes_back_to_a_hidden_tab_is_told_what_changed(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    browser_page.clock.install()
    watch(browser_page, server, arena)
    changes = browser_page.locator("[data-changes-panel]")
    browser_page.evaluate(HIDE, arg=True)
    browser_page.clock.fast_forward(4_000)
    browser_page.evaluate(HIDE, arg=False)
    browser_page.evaluate(HIDE, arg=True)
    expect(changes).to_be_hidden()
    turn_over(arena)
    browser_page.clock.fast_forward(4_000)
    browser_page.evaluate(HIDE, arg=False)
    expect(changes).to_be_visible()
    expect(changes).to_contain_text("Squad 25 up from 25th to 1st")
    expect(changes).to_contain_text("and 16 more")
    changes.get_by_role("button").focus()
    browser_page.keyboard.press("Escape")
    expect(changes).to_be_hidden()


def test_followed_teams_stand_above_every_page_of_the_board_and_stay_after_a_reload(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    watch(browser_page, server, arena, "?page=2")
    star = browser_page.get_by_role("button", name="Follow Squad 25")
    before = browser_page.evaluate(TOP, f"participant-{arena.participant_ids[24]}")
    star.press("Enter")
    expect(star.first).to_have_attribute("aria-pressed", "true")
    row = browser_page.locator(f"#followed-{arena.participant_ids[24]}")
    expect(row).to_contain_text("Squad 25")
    expect(row).to_have_attribute("data-rank", "25")
    expect(row.get_by_role("link", name="Squad 25", exact=True)).to_have_attribute(
        "href", re.compile(r"page=2#participant-\d+$")
    )
    assert abs(browser_page.evaluate(TOP, f"participant-{arena.participant_ids[24]}") - before) < 2

    watch(browser_page, server, arena)
    browser_page.get_by_role("button", name="Follow Squad 02").click()
    following = browser_page.get_by_role("region", name="Following")
    expect(following.locator("[data-participant]")).to_have_count(2)
    turn_over(arena)
    browser_page.evaluate(REFRESH)
    expect(row).to_have_attribute("data-rank", "1")
    expect(following.locator("[data-participant]").first).to_have_attribute("data-name", "Squad 25")

    following.get_by_role("button", name="Follow Squad 25").click()
    following.get_by_role("button", name="Follow Squad 02").click()
    expect(following).to_be_hidden()
    browser_page.reload()
    expect(browser_page.locator("[data-calm]")).to_be_visible()
    expect(following).to_be_hidden()


def test_a_followed_team_that_leaves_the_top_is_told_even_while_the_page_holds_still(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    room = PlayedRoom(browser_page, seq=log_number(arena))
    watch(browser_page, server, arena)
    browser_page.get_by_role("button", name="Follow Squad 03").click()
    following = browser_page.get_by_role("region", name="Following")
    following.get_by_label("Tell me when they leave the top").first.check()
    following.get_by_label("Places").fill("12")
    following.get_by_label("Places").press("Tab")
    expect(browser_page.locator("[data-participant]")).to_have_attribute("data-rank", "3")
    browser_page.get_by_role("button", name="Pause").click()
    moved = {"participant_id": arena.participant_ids[2], "team_id": 1, "points": 9}
    room.announce(
        "rank_update", version=2, changes=[{**moved, "previous_rank": 3, "current_rank": 13, "rank_change": 10}]
    )
    notices = browser_page.locator("[data-top-notices] li")
    expect(notices).to_have_text(re.compile(r"^\d\d:\d\d:\d\d Squad 03 left the top 12: now 13$"))
    # Further down is no more news.
    room.announce(
        "rank_update", version=3, changes=[{**moved, "previous_rank": 13, "current_rank": 14, "rank_change": 1}]
    )
    expect(browser_page.locator("[data-news]")).to_contain_text("2 changes waiting")
    expect(notices).to_have_count(1)


def test_the_row_under_the_readers_eyes_stays_where_it_is(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    browser_page.set_viewport_size({"width": 1440, "height": 420})
    watch(browser_page, server, arena)
    # The last of the page and the first of the next change places; all the others stay where they are.
    browser_page.evaluate("document.querySelectorAll('.board__row')[8].scrollIntoView()")
    under_the_eye = f"participant-{arena.participant_ids[11]}"
    before = browser_page.evaluate(TOP, under_the_eye)
    swapped = [*range(9), 10, 9, *range(11, SQUADS)]
    play(arena, 2, swapped)
    play(arena, 3, swapped)
    browser_page.evaluate(REFRESH)
    expect(browser_page.locator(".board")).to_have_attribute("data-version", "3")
    assert abs(browser_page.evaluate(TOP, under_the_eye) - before) < 2


def test_what_the_reader_has_selected_stays_where_it_is(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    browser_page.set_viewport_size({"width": 1440, "height": 420})
    watch(browser_page, server, arena)
    link = f"participant-link-{arena.participant_ids[15]}"
    browser_page.evaluate("document.querySelectorAll('.board__row')[14].scrollIntoView()")
    browser_page.evaluate("(id) => window.getSelection().selectAllChildren(document.getElementById(id))", link)
    before = browser_page.evaluate(TOP, link)
    first = [15, *(who for who in STRAIGHT if who != 15)]
    play(arena, 2, first)
    play(arena, 3, first)
    browser_page.evaluate(REFRESH)
    expect(browser_page.locator(".board")).to_have_attribute("data-version", "3")
    expect(browser_page.locator(f"#participant-{arena.participant_ids[15]}")).to_have_attribute("data-rank", "4")
    assert browser_page.evaluate("window.getSelection().toString()") == "Squad 16"
    assert abs(browser_page.evaluate(TOP, link) - before) < 2


def test_the_board_can_be_read_as_a_plain_list_and_stays_so(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    watch(browser_page, server, arena)
    browser_page.get_by_role("button", name="List view").click()
    stat = browser_page.locator(".board__stat").first
    expect(stat).to_be_hidden()
    browser_page.reload()
    expect(browser_page.get_by_role("button", name="List view")).to_have_attribute("aria-pressed", "true")
    expect(stat).to_be_hidden()
    browser_page.get_by_role("button", name="List view").click()
    expect(stat).to_be_visible()


def test_the_keyboard_alone_reaches_every_control(browser_page: Page, server: BaseWSGIServer, arena: Arena) -> None:
    watch(browser_page, server, arena)
    browser_page.get_by_role("button", name="Follow Squad 01").click()
    expect(browser_page.locator("[data-participant]")).to_have_count(1)
    browser_page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    wanted = browser_page.evaluate(
        """() => Array.from(document.querySelectorAll("main a[href], main button, main input, main summary"))
             .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.offsetParent).length"""
    )
    browser_page.evaluate("document.getElementById('content').focus()")
    reached = 0
    for _ in range(wanted + 5):
        browser_page.keyboard.press("Tab")
        if not browser_page.evaluate("Boolean(document.activeElement.closest('main'))"):
            break
        reached += 1
    assert reached >= wanted > 60


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1440), ("light", 320)])
def test_axe_finds_nothing_while_the_page_is_held_followed_and_told_about(
    browser_page: Page, server: BaseWSGIServer, arena: Arena, *, scheme: Literal["light", "dark"], width: int
) -> None:
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    watch(browser_page, server, arena)
    browser_page.get_by_role("button", name="Follow Squad 02").click()
    following = browser_page.get_by_role("region", name="Following")
    expect(following.locator("[data-participant]")).to_have_count(1)
    pause = browser_page.get_by_role("button", name="Pause")
    pause.click()
    turn_over(arena)
    browser_page.evaluate("document.dispatchEvent(new CustomEvent('live:withheld'))")
    assert violations(browser_page) == []
    pause.click()
    expect(browser_page.get_by_role("region", name="What changed since you looked")).to_be_visible()
    browser_page.get_by_role("button", name="List view").click()
    assert violations(browser_page) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= width


def violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(each["id"], node["html"][:200]) for each in found for node in each["nodes"]]


def test_without_script_all_of_it_is_read_and_nothing_is_offered_that_would_not_work(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    browser = browser_page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(server, arena))
    expect(page.locator(".board__row")).to_have_count(20)
    expect(page.locator(".feed__line")).to_have_count(3)
    expect(page.locator(".feed__line").first).to_contain_text("Match 1: Squad 01 wins with 24 kills")
    assert page.locator("main button:visible").count() == 0
    assert page.locator("main input:visible").count() == 0
    page.locator(".feed__line a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Match 1")
    assert page.locator("main button:visible").count() == 0
    page.get_by_role("link", name="Cup", exact=True).first.click()
    page.wait_for_url(address(server, arena))
    context.close()
