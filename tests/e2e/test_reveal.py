"""On stage: an organizer freezes the board, and reveals it row by row while somebody watches."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accounts import enter, make_account
from tests.e2e.cup import TEAMS, Cup
from tests.servers.web import LiveSite
from webapp.models import Tournament
from webapp.services.spine.transaction import read_snapshot

pytestmark = pytest.mark.e2e

AT_ONCE_MS = 20_000
"""While it is connected the board polls once a minute."""
FOUR: tuple[str, ...] = TEAMS[:4]


@pytest.mark.timeout(400)
def test_a_watching_page_follows_the_presenters_keys(
    shared_site: LiveSite, browser_page: Page, chromium: Browser
) -> None:
    make_account(shared_site, "sam", "admin")
    cup = Cup.begin(shared_site.app, teams=FOUR, count=3)
    cup.play(1, "Squad A")
    watching = browser_page
    watching.goto(f"{shared_site.url}/spectator/tournaments/{cup.tournament_id}/")
    expect(watching.locator("[data-light]")).to_have_attribute("data-state", "live", timeout=25_000)
    expect(watching.locator(".board__row").first).to_have_attribute("data-name", "Squad A", timeout=15_000)
    watching.evaluate("window.neverReloaded = true")

    stage = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    path = f"/organizer/tournaments/{cup.tournament_id}/freeze/"
    enter(stage, shared_site, "sam", path)
    stage.get_by_role("button", name="Freeze now").click()
    expect(watching.get_by_text("Frozen after match 1.")).to_be_visible(timeout=AT_ONCE_MS)
    cup.play(2, "Squad D")
    cup.play(3, "Squad D")
    assert watching.locator(".board__row").first.get_attribute("data-name") == "Squad A"

    stage.goto(shared_site.url + path)
    stage.get_by_role("button", name="Reveal row by row").click()
    to_come = watching.locator(".board__row--to-come")
    expect(to_come).to_have_count(4, timeout=AT_ONCE_MS)
    expect(watching.locator(".pill", has_text="Result hidden")).to_have_count(2)
    stage.keyboard.press("ArrowRight")
    expect(to_come).to_have_count(3, timeout=AT_ONCE_MS)
    expect(watching.locator(".board__row[data-name]")).to_have_count(1)
    stage.get_by_text("Step 1 of 3").wait_for()
    stage.keyboard.press("PageUp")
    expect(to_come).to_have_count(4, timeout=AT_ONCE_MS)
    for step in (1, 2, 3):
        stage.keyboard.press(" ")
        stage.get_by_text(f"Step {step} of 3").wait_for()
    expect(to_come).to_have_count(0, timeout=AT_ONCE_MS)
    expect(watching.locator(".board__row").first).to_have_attribute("data-name", "Squad D")
    stage.get_by_role("button", name="End the freeze").click()
    expect(watching.locator("[data-frozen]")).to_have_count(0, timeout=AT_ONCE_MS)
    assert watching.evaluate("window.neverReloaded") is True
    with shared_site.app.app_context(), read_snapshot() as session:
        assert session.get_one(Tournament, cup.tournament_id).frozen_seq is None
    stage.context.close()
