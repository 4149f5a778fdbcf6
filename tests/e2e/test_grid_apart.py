"""The grid when somebody else, the connection or the session comes in between: nothing is lost, nothing counts twice."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.arenas import REASON
from tests.e2e.grids import SQUADS, Sheets, rows_for, type_rows
from tests.personas import persona

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


def test_when_somebody_else_saved_meanwhile_both_versions_are_shown(
    browser_page: Page, app: Flask, sheets: Sheets
) -> None:
    sam = persona(app, "sam")
    sheets.open(browser_page, 1)
    browser_page.locator(f"#placement-{sheets.ids[0]}").focus()
    type_rows(browser_page, rows_for([2, 1, *range(3, SQUADS + 1)]))
    sheets.confirm_as(sam, 1)
    browser_page.keyboard.press("Control+Enter")
    alert = browser_page.locator("#grid [role=alert]")
    expect(alert).to_contain_text("Somebody else saved this match while you typed")
    expect(alert).to_contain_text("confirmed by Sam as revision 1")
    rows = browser_page.locator(".grid__changes tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("1, 0 kills")
    expect(rows.first).to_contain_text("2, 0 kills")
    browser_page.locator("#reason").fill(REASON)
    browser_page.get_by_role("button", name="Overwrite with mine").press("Enter")
    expect(browser_page.locator("body")).to_contain_text("Match 2 corrected.")
    assert sheets.lines(1)[sheets.ids[1]] == (1, 0)
    expect(browser_page.locator("[data-draft]")).to_be_hidden()


def test_theirs_can_be_taken_and_mine_is_forgotten(browser_page: Page, app: Flask, sheets: Sheets) -> None:
    sam = persona(app, "sam")
    sheets.open(browser_page, 1)
    browser_page.locator(f"#placement-{sheets.ids[0]}").focus()
    type_rows(browser_page, rows_for([2, 1, *range(3, SQUADS + 1)]))
    sheets.confirm_as(sam, 1)
    browser_page.locator("[data-submit]").press("Enter")
    browser_page.get_by_role("link", name="Take theirs").press("Enter")
    expect(browser_page.locator("#grid-form")).to_be_visible()
    expect(browser_page.locator(f"#placement-{sheets.ids[0]}")).to_have_value("1")
    expect(browser_page.locator("[data-draft]")).to_be_hidden()


def test_what_was_typed_before_the_page_was_lost_is_offered_again(browser_page: Page, sheets: Sheets) -> None:
    sheets.open(browser_page, 1)
    browser_page.locator(f"#placement-{sheets.ids[0]}").focus()
    type_rows(browser_page, [("3", "4"), ("5", "6")])
    expect(browser_page.locator("[data-state]")).to_have_text("Kept on this device")
    browser_page.reload()
    offer = browser_page.locator("[data-draft]")
    expect(offer).to_contain_text("2 rows typed here")
    expect(browser_page.get_by_role("button", name="Put it back")).to_be_focused()
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator(f"#kills-{sheets.ids[1]}")).to_have_value("6")
    expect(offer).to_be_hidden()
    browser_page.reload()
    browser_page.get_by_role("button", name="Forget it").press("Enter")
    browser_page.reload()
    expect(offer).to_be_hidden()


def test_a_result_sent_without_a_connection_is_sent_by_itself_when_it_is_back(
    browser_page: Page, sheets: Sheets
) -> None:
    sheets.open(browser_page, 1)
    browser_page.locator(f"#placement-{sheets.ids[0]}").focus()
    type_rows(browser_page, rows_for(range(1, 11)))
    browser_page.context.set_offline(True)
    state = browser_page.locator("[data-state]")
    expect(state).to_contain_text("No connection")
    type_rows(browser_page, rows_for(range(11, SQUADS + 1)))
    expect(browser_page.locator("[data-count]")).to_have_text(str(SQUADS))
    browser_page.keyboard.press("Enter")
    expect(state).to_have_text("No connection. It is kept here and sent by itself.")
    assert sheets.lines(1) == {}
    browser_page.context.set_offline(False)
    browser_page.wait_for_url(sheets.address(2), timeout=15_000)
    assert len(sheets.lines(1)) == SQUADS
    assert browser_page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('deltacrown.grid'))") == []


def test_a_result_sent_after_the_session_has_ended_waits_for_the_login(
    browser_page: Page, app: Flask, sheets: Sheets
) -> None:
    sheets.open(browser_page, 1)
    type_rows(browser_page, rows_for(range(1, SQUADS + 1)))
    expect(browser_page.locator("#board-preview")).to_contain_text("would move")
    browser_page.context.clear_cookies(name="dc_session")
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("[data-state]")).to_contain_text("You are logged out. It is kept here")
    assert sheets.lines(1) == {}
    sheets.log_in(browser_page)
    browser_page.reload()
    browser_page.wait_for_url(sheets.address(2))
    assert len(sheets.lines(1)) == SQUADS


def test_a_result_of_another_match_that_waits_is_told_and_sent_from_any_grid(
    browser_page: Page, app: Flask, sheets: Sheets
) -> None:
    sheets.open(browser_page, 1)
    type_rows(browser_page, rows_for(range(1, SQUADS + 1)))
    browser_page.route("**/grid/confirm/", lambda route: route.abort())
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("[data-state]")).to_contain_text("No connection")
    browser_page.goto(sheets.address(2))
    told = browser_page.locator("[data-outbox] p")
    expect(told).to_contain_text("Match 2: No connection. It is kept here and sent by itself.")
    sheets.confirm_as(persona(app, "sam"), 1, winner=5)
    browser_page.unroute("**/grid/confirm/")
    expect(told).to_contain_text("Match 2: it was not taken.", timeout=10_000)
    told.get_by_role("link", name="Open it").press("Enter")
    expect(browser_page.locator("[data-draft]")).to_contain_text("Since then somebody has saved this match.")
    browser_page.get_by_role("button", name="Put it back").press("Enter")
    browser_page.locator("#reason").fill(REASON)
    browser_page.keyboard.press("Control+Enter")
    expect(browser_page.locator("#grid [role=alert]")).to_contain_text("Somebody else saved this match")


def test_a_lost_answer_saves_nothing_twice(browser_page: Page, sheets: Sheets) -> None:
    sheets.open(browser_page, 1)
    browser_page.locator(f"#placement-{sheets.ids[0]}").focus()
    type_rows(browser_page, rows_for(range(1, SQUADS + 1)))
    # The request arrives, its answer does not.
    browser_page.evaluate(
        """() => {
          const send = window.fetch;
          window.fetch = async (...how) => { await send(...how); window.fetch = send; throw new TypeError('lost'); };
        }"""
    )
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("[data-state]")).to_contain_text("No connection")
    browser_page.wait_for_url(sheets.address(2), timeout=15_000)
    expect(browser_page.locator("body")).to_contain_text("Match 2 was saved already; nothing changed now.")
    assert sheets.revision(1) == 1
