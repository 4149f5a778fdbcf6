"""An explanation that the reader has opened stays open, in its place and right, whatever the board does."""

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
ROW_BEFORE = "(id) => document.getElementById(id).previousElementSibling.id"


@pytest.fixture
def arena(server: BaseWSGIServer) -> Arena:
    """Six squads after one match that they ended in the order of their names."""
    arena = open_battle_royale(squads=6, lobbies=3)
    play(arena, 1, [0, 1, 2, 3, 4, 5])
    return arena


def play(arena: Arena, match: int, order: list[int]) -> None:
    lines = [BattleRoyaleLine(arena.participant_ids[who], place, 6 - place) for place, who in enumerate(order, start=1)]
    results.confirm(arena.match_ids[match - 1], lines, actor=SYSTEM, now=ended_at(match))
    ranking.rank_due(arena.tournament_id, now=ended_at(match))


def watch(page: Page, server: BaseWSGIServer, arena: Arena) -> None:
    page.goto(f"http://127.0.0.1:{server.port}/spectator/tournaments/{arena.tournament_id}/")
    expect(page.locator("[data-why][aria-expanded='false']")).to_have_count(6)


def test_why_opens_under_its_row_and_closes_again(browser_page: Page, server: BaseWSGIServer, arena: Arena) -> None:
    watch(browser_page, server, arena)
    second = arena.participant_ids[1]
    link = browser_page.locator(f"#why-link-{second}")
    link.click()
    why = browser_page.locator(f"#why-{second}")
    expect(why).to_contain_text("More points: 17 against 13. That decides.")
    expect(why).to_contain_text("More points: 13 against 10. That decides.")
    expect(link).to_have_attribute("aria-expanded", "true")
    assert browser_page.evaluate(ROW_BEFORE, f"participant-{second}-why") == f"participant-{second}"
    why.locator("a").first.focus()
    browser_page.keyboard.press("Escape")
    expect(why).to_have_count(0)
    expect(link).to_be_focused()
    link.press("Enter")
    expect(why).to_have_count(1)
    link.click()
    expect(why).to_have_count(0)
    expect(link).to_have_attribute("aria-expanded", "false")


def test_an_open_explanation_goes_with_its_row_and_tells_the_new_board(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    watch(browser_page, server, arena)
    last, first = arena.participant_ids[5], arena.participant_ids[0]
    for who in (last, first):
        browser_page.locator(f"#why-link-{who}").click()
        expect(browser_page.locator(f"#why-{who}")).to_have_attribute("data-version", "1")
    browser_page.evaluate("(id) => { document.getElementById(id).kept = true; }", f"why-{last}")
    browser_page.locator(f"#why-{last} a").first.focus()
    play(arena, 2, [5, 4, 3, 2, 1, 0])
    play(arena, 3, [5, 4, 3, 2, 1, 0])
    browser_page.evaluate(REFRESH)
    for who in (last, first):
        expect(browser_page.locator(f"#why-{who}")).to_have_attribute("data-version", "3")
        assert browser_page.evaluate(ROW_BEFORE, f"participant-{who}-why") == f"participant-{who}"
    expect(browser_page.locator(f"#why-title-{last}")).to_have_text("Why Squad 06 is 1st")
    expect(browser_page.locator(f"#why-title-{first}")).to_have_text("Why Squad 01 is 6th")
    expect(browser_page.locator(f"#why-link-{last}")).to_have_attribute("aria-expanded", "true")
    expect(browser_page.locator("[data-why][aria-expanded='true']")).to_have_count(2)
    assert browser_page.evaluate("(id) => document.getElementById(id).kept", f"why-{last}") is True


def test_where_the_explanation_does_not_arrive_its_page_is_a_link_away(
    browser_page: Page, server: BaseWSGIServer, arena: Arena
) -> None:
    watch(browser_page, server, arena)
    second = arena.participant_ids[1]
    browser_page.context.set_offline(True)
    browser_page.locator(f"#why-link-{second}").click()
    way = browser_page.locator(f"#participant-{second}-why a")
    expect(way).to_have_text("Open its page")
    browser_page.context.set_offline(False)
    way.click()
    expect(browser_page.get_by_role("heading", level=1)).to_have_text("Why Squad 02 is 2nd")


def test_without_script_why_leads_to_the_page(browser_page: Page, server: BaseWSGIServer, arena: Arena) -> None:
    browser = browser_page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/spectator/tournaments/{arena.tournament_id}/")
    page.locator(f"#why-link-{arena.participant_ids[2]}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why Squad 03 is 3rd")
    expect(page.locator("tfoot")).to_contain_text("Together")
    context.close()
