"""A small board in this process for tests of the page that follows it."""

from playwright.sync_api import Page, expect
from werkzeug.serving import BaseWSGIServer

from tests.arenas import Arena, ended_at
from webapp.domain.scoring import BattleRoyaleLine
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM

REFRESH = "document.querySelectorAll('[data-live]').forEach((part) => htmx.trigger(part, 'refresh'))"
HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
TOP = "(id) => document.getElementById(id).getBoundingClientRect().top"


def play(arena: Arena, match: int, order: list[int]) -> None:
    """Confirm a match: `order` are places in the list of participants; the better the place, the more kills."""
    lines = [
        BattleRoyaleLine(arena.participant_ids[who], place, len(order) - place)
        for place, who in enumerate(order, start=1)
    ]
    results.confirm(arena.match_ids[match - 1], lines, actor=SYSTEM, now=ended_at(match))
    ranking.rank_due(arena.tournament_id, now=ended_at(match))


def address(server: BaseWSGIServer, arena: Arena, query: str = "") -> str:
    """The page that follows the tournament."""
    return f"http://127.0.0.1:{server.port}/spectator/tournaments/{arena.tournament_id}/{query}"


def watch(page: Page, server: BaseWSGIServer, arena: Arena, query: str = "") -> None:
    """Open it and wait until its script is at work."""
    page.goto(address(server, arena, query))
    expect(page.locator("[data-light]")).to_be_visible()
    expect(page.locator("[data-calm]")).to_be_visible()


def expect_leader(page: Page, name: str) -> None:
    expect(page.locator(".board__row").first).to_have_attribute("data-name", name)
