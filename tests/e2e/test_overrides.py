"""Staff set a placement in one browser; in another an open page marks it without a reload, until it is restored."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accounts import make_account
from tests.e2e.cup import Cup
from tests.servers.browser import PageComplaints
from tests.servers.web import LiveSite

PASSWORD = "nine quiet otters"
REASON = "The observer of match 1 counted the wrong team."
PATIENCE_MS = 25_000
"""A poll comes every ten seconds where nothing is pushed."""


def log_in_staff(page: Page, site: LiveSite) -> None:
    make_account(site, "sam", "admin")
    page.goto(f"{site.url}/login/?next=/staff/leaderboards/")
    page.get_by_label("Email address").fill("sam@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Leaderboards")


def names(page: Page) -> list[str]:
    return [row.get_attribute("data-name") or "" for row in page.locator(".board__row").all()]


def choose(page: Page, name: str, rank: int, *, line: int = 0) -> None:
    participants = page.get_by_label("Participant", exact=True).nth(line)
    option = participants.locator("option").filter(has_text=re.compile(rf"\. {name} \("))
    participants.select_option(value=option.get_attribute("value"))
    page.get_by_label("New rank", exact=True).nth(line).fill(str(rank))


@pytest.mark.timeout(400)
def test_a_placement_is_previewed_set_seen_elsewhere_and_taken_back(
    live_site: LiveSite, browser_page: Page, chromium: Browser
) -> None:
    cup = Cup.begin(live_site.app)
    cup.play(1, "Squad C")
    watching = chromium.new_context(viewport={"width": 390, "height": 844})
    spectator = watching.new_page()
    complaints = PageComplaints(spectator)
    spectator.goto(f"{live_site.url}/spectator/tournaments/{cup.tournament_id}/")
    spectator.evaluate("window.neverReloaded = true")
    expect(spectator.locator(".board__row").first).to_have_attribute("data-name", "Squad C", timeout=PATIENCE_MS)
    assert names(spectator)[:3] == ["Squad C", "Squad A", "Squad B"]

    log_in_staff(browser_page, live_site)
    browser_page.get_by_role("link", name="Placements of Test Cup").click()
    expect(browser_page.get_by_role("heading", level=1)).to_have_text("Placements set by staff")
    choose(browser_page, "Squad B", 1)
    preview = browser_page.locator("#override-preview")
    expect(preview.locator("tr.is-changed")).to_have_count(3)
    expect(preview.locator("tbody tr").first).to_contain_text("Squad B by staff")
    assert names(spectator)[0] == "Squad C"
    browser_page.get_by_role("button", name="Save").click()
    expect(browser_page.locator("#main, main")).to_contain_text("Reason: say why in 10 to 500 characters")
    browser_page.get_by_label("Reason", exact=True).fill(REASON)
    browser_page.get_by_role("button", name="Save").click()
    expect(browser_page.locator(".flash")).to_have_text("Squad B stands 1st now, by staff (was 3rd).")

    first = spectator.locator(".board__row").first
    expect(first).to_have_attribute("data-name", "Squad B", timeout=PATIENCE_MS)
    expect(first).to_contain_text("Placed by staff")
    assert names(spectator)[:3] == ["Squad B", "Squad C", "Squad A"]

    history = browser_page.locator(".override").first
    for words in ("Squad B", "3rd → 1st", "In force", REASON, "Set by Sam"):
        expect(history).to_contain_text(words)
    cup.play(2, "Squad F")
    cup.play(3, "Squad F")
    expect(spectator.locator(".board__row").nth(1)).to_have_attribute("data-name", "Squad F", timeout=PATIENCE_MS)
    expect(first).to_have_attribute("data-name", "Squad B")

    history.get_by_role("link", name="Restore").click()
    expect(browser_page.locator("#override-preview")).to_contain_text("no longer by staff")
    browser_page.get_by_role("button", name="Restore").click()
    expect(browser_page.locator(".flash")).to_contain_text("again, as computed.")
    expect(browser_page.locator(".override").first).to_contain_text("restored by Sam")
    expect(first).to_have_attribute("data-name", "Squad F", timeout=PATIENCE_MS)
    expect(spectator.locator(".mark--staff")).to_have_count(0)
    assert spectator.evaluate("window.neverReloaded") is True
    assert complaints.found == []
    watching.close()


@pytest.mark.timeout(400)
def test_the_form_works_without_script_and_with_several_at_once(shared_site: LiveSite, chromium: Browser) -> None:
    cup = Cup.begin(shared_site.app)
    cup.play(1, "Squad C")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in_staff(page, shared_site)
    page.goto(f"{shared_site.url}/staff/tournaments/{cup.tournament_id}/overrides/?participant={cup.registrations[3]}")
    page.get_by_label("New rank", exact=True).fill("1")
    page.get_by_role("button", name="Place another one too").click()
    choose(page, "Squad P", 2, line=1)
    page.get_by_label("Reason", exact=True).fill(REASON)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator("#override-preview tbody tr").nth(1)).to_contain_text("Squad P by staff")
    assert page.get_by_label("Reason", exact=True).input_value() == REASON
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".flash")).to_contain_text("Squad D stands 1st now, by staff")
    expect(page.locator(".override")).to_have_count(2)
    context.close()
