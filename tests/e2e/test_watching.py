"""A spectator's page follows what is confirmed, without a reload and whatever dies meanwhile."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.cup import TEAMS, Cup, begin_series, confirm_series
from tests.servers.browser import PageComplaints
from tests.servers.web import LiveSite, StartSite

PATIENCE_MS = 25_000
"""A poll comes every ten seconds; recovery after a kill takes some more."""


def leader(page: Page) -> str:
    return page.locator(".board__row").first.get_attribute("data-name") or ""


def watch(page: Page, site: LiveSite, cup: Cup) -> None:
    page.goto(f"{site.url}/spectator/tournaments/{cup.tournament_id}/")
    page.evaluate("window.neverReloaded = true")


def expect_leader(page: Page, name: str) -> None:
    expect(page.locator(".board__row").first).to_have_attribute("data-name", name, timeout=PATIENCE_MS)
    assert page.evaluate("window.neverReloaded") is True


@pytest.mark.timeout(400)
def test_an_open_page_follows_confirmed_matches_through_kills_of_every_process(
    live_site: LiveSite, browser_page: Page
) -> None:
    cup = Cup.begin(live_site.app)
    watch(browser_page, live_site, cup)

    cup.play(1, "Squad C")
    expect_leader(browser_page, "Squad C")

    live_site.kill("jobs.worker ranking")
    cup.play(2, "Squad F")
    cup.play(3, "Squad F")
    expect_leader(browser_page, "Squad F")

    live_site.kill("jobs.scheduler")
    live_site.kill("webapp/web.py")
    live_site.kill("redis-server")
    for number in (4, 5, 6):
        cup.play(number, "Squad K")
    expect_leader(browser_page, "Squad K")
    expect(browser_page.locator(".board__row")).to_have_count(len(TEAMS))


@pytest.mark.timeout(400)
def test_the_scoreboard_of_a_series_follows_its_result(shared_site: LiveSite, browser_page: Page) -> None:
    Cup.begin(shared_site.app)
    tournament_id, match_id, sides = begin_series(shared_site.app)
    browser_page.goto(f"{shared_site.url}/spectator/matches/{match_id}/")
    browser_page.evaluate("window.neverReloaded = true")
    confirm_series(shared_site.app, match_id, sides)
    scoreboard = browser_page.locator(f"#scoreboard-{match_id}")
    expect(scoreboard).to_contain_text("Final", timeout=PATIENCE_MS)
    expect(scoreboard).to_contain_text("Map 2")
    assert browser_page.evaluate("window.neverReloaded") is True
    browser_page.goto(f"{shared_site.url}/spectator/tournaments/{tournament_id}/")
    expect_text = expect(browser_page.locator(".board__row").first)
    expect_text.to_have_attribute("data-name", "North", timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def demo_paths() -> list[str]:
    return ["/", "/tournaments/", "/spectator/tournaments/1/", "/spectator/tournaments/2/", "/spectator/matches/1/",
            "/tournaments/monsoon-crown/", "/no-such-page/"]  # fmt: skip


@pytest.mark.timeout(400)
def test_every_public_page_fits_a_small_screen_in_both_themes_and_reads_without_script(
    start_site: StartSite, chromium: Browser, demo_paths: list[str]
) -> None:
    site = start_site(DELTACROWN_DEMO="on")
    for scheme in ("dark", "light"):
        context = chromium.new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme)
        page = context.new_page()
        complaints = PageComplaints(page)
        for path in demo_paths:
            page.goto(site.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
            assert page.locator("h1").count() == 1, path
            assert page.title(), path
        assert complaints.found == []
        context.close()

    plain = chromium.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(f"{site.url}/spectator/tournaments/1/")
    assert page.locator(".board__row").count() == 16
    assert re.match(r"\d", page.locator(".board__points").first.inner_text())
    page.goto(f"{site.url}/")
    page.get_by_role("link", name="Monsoon Crown").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Monsoon Crown")
    plain.close()
