"""Whoever is quicker than the page's scripts loses nothing: what was chosen before them is previewed when they come."""

import pytest
from playwright.sync_api import Page, Route, expect
from werkzeug.serving import BaseWSGIServer

from tests.arenas import Arena, ended_at, open_battle_royale
from tests.personas import Persona
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def arena(server: BaseWSGIServer) -> Arena:
    """Twelve squads after one match."""
    arena = open_battle_royale(squads=12, lobbies=3)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    return arena


def test_what_is_chosen_before_the_scripts_are_there_is_previewed(
    browser_page: Page, server: BaseWSGIServer, arena: Arena, sam: Persona
) -> None:
    asked: list[Route] = []
    browser_page.route("**/htmx-*", lambda route: asked.append(route))
    site = f"http://127.0.0.1:{server.port}"
    browser_page.context.add_cookies([{"name": "dc_session", "value": sam.secret, "url": site}])
    browser_page.goto(f"{site}/staff/tournaments/{arena.tournament_id}/overrides/", wait_until="commit")
    browser_page.get_by_label("Participant", exact=True).select_option(value=str(arena.participant_ids[4]))
    browser_page.get_by_label("New rank", exact=True).fill("1")
    while not asked:  # it may be asked for after the form is there
        browser_page.wait_for_timeout(20)
    asked[0].continue_()
    expect(browser_page.locator("#override-preview tbody tr").first).to_contain_text("by staff")


def test_a_page_that_nobody_touched_asks_for_no_preview(
    browser_page: Page, server: BaseWSGIServer, arena: Arena, sam: Persona
) -> None:
    site = f"http://127.0.0.1:{server.port}"
    browser_page.context.add_cookies([{"name": "dc_session", "value": sam.secret, "url": site}])
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    browser_page.goto(f"{site}/staff/tournaments/{arena.tournament_id}/overrides/")
    # Longer than the quarter of a second after which a preview is asked for.
    browser_page.wait_for_timeout(800)
    assert asked == []
