"""Accessibility of every public page, by axe: no violation on a phone and on a desk, in light and in dark."""

from typing import Any, Literal, NoReturn

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import BaseWSGIServer

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.personas import persona
from webapp.domain.series import SeriesGame
from webapp.models import Tournament
from webapp.services import adjustments, overrides, ranking, results, season_ranking, series
from webapp.services.actors import SYSTEM
from webapp.services.transaction import transaction
from webapp.views import access

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(180),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

RULES = {
    "placement_points": [10, 6, 5, 4, 3, 2, 1, 1],
    "points_per_kill": 1,
    "cascade": ["points", "kills"],
    "match_point": {"threshold": 15, "cap": 9},
    "source": "The rule book at https://example.org/rules.",
}
REASON = "The referee saw the replay and moved them"


@pytest.fixture
def cup(app: Flask) -> Arena:
    """A cup with everything that a row can be marked with: a tie, a penalty, match point, a place set by staff."""
    turn_on_the_engine()
    cup = open_battle_royale(RULES, squads=25, lobbies=3, name="Axe Cup", season="2026_S1", region="South Asia")
    for number, match_id in enumerate(cup.match_ids[:2], start=1):
        results.confirm(match_id, cup.lines(match_id), actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(cup.tournament_id, now=ended_at(number))
    adjustments.adjust(
        cup.tournament_id, cup.participant_ids[3], kind="penalty", points=-2, reason="Late to the lobby twice", actor=SYSTEM,
        now=ended_at(3),
    )  # fmt: skip
    with transaction() as session:
        session.get_one(Tournament, cup.tournament_id).publishes_reasons = True
    overrides.override(
        cup.tournament_id, cup.participant_ids[7], new_rank=4, reason=REASON, actor=SYSTEM, now=ended_at(4)
    )
    ranking.rank_due(cup.tournament_id, now=ended_at(5))
    return cup


@pytest.fixture
def league(app: Flask) -> Arena:
    """A league of players."""
    league = open_league("fc26", {"cascade": ["points", "head_to_head"]}, [(0, 1)], sides=2, best_of=1, name="Friday")
    one, other = league.participant_ids
    series.confirm(league.match_ids[0], [SeriesGame(1, {one: 3, other: 1})], actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(league.tournament_id, now=ended_at(1))
    return league


@pytest.fixture
def paths(app: Flask, cup: Arena, league: Arena) -> list[str]:
    """Every kind of public page, with something on it."""
    season_ranking.compute_season_rankings("pubgm", "2026_S1", now=ended_at(6))
    for game in ("pubgm", "fc26"):
        season_ranking.compute_all_time_rankings(game, now=ended_at(7))
    open_battle_royale(squads=2, name="Soon", starts_at=OPENED_AT)
    cup_path, league_path = (f"/spectator/tournaments/{arena.tournament_id}/" for arena in (cup, league))
    return [
        "/", "/tournaments/", "/tournaments/?q=nothing", "/tournaments/axe-cup/", "/rules/",
        cup_path, f"{cup_path}participants/{cup.participant_ids[7]}/", f"{cup_path}participants/{cup.participant_ids[7]}/why/",
        f"/spectator/matches/{cup.match_ids[0]}/", f"/spectator/matches/{cup.match_ids[2]}/",
        league_path, f"{league_path}participants/{league.participant_ids[0]}/why/", f"/spectator/matches/{league.match_ids[0]}/",
        "/seasons/", "/seasons/pubgm/2026_S1/", "/seasons/pubgm/2026_S1/?from=2030-01-01", "/seasons/fc26/all-time/",
        "/teams/1/", "/players/1/", "/no-such-page/", "/broken/",
        "/api/", "/login/", "/register/", "/password/forgot/",
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def broken_page(app: Flask) -> None:
    """An address that breaks, for the page of errors."""

    @app.get("/broken/")
    @access.open_to(access.EVERYBODY)
    def _broken() -> NoReturn:
        raise RuntimeError("for the page of errors")


def _told(violation: dict[str, Any]) -> str:
    nodes = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
    return f"{violation['id']}: {violation['help']} ({', '.join(nodes[:5])})"


def look_at(page: Page, server: BaseWSGIServer, paths: list[str]) -> dict[str, list[str]]:
    """What is wrong with each page, for those with which something is."""
    found: dict[str, list[str]] = {}
    for path in paths:
        page.goto(f"http://127.0.0.1:{server.port}{path}")
        if page.locator("[data-why]").count():
            page.locator("[data-why]").nth(1).click()
            page.locator(".why").wait_for()
        response = Axe().run(page).response
        assert len(response["passes"]) > 5, f"axe has not looked at {path}"
        told = [_told(violation) for violation in response["violations"]]
        is_wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        found[path] = [*told, *(["scrolls sideways"] if is_wider else [])]
    return {path: told for path, told in found.items() if told}


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 320), ("light", 390), ("dark", 390), ("light", 1440), ("dark", 1440)]
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    chromium: Browser, server: BaseWSGIServer, paths: list[str], *, scheme: Literal["light", "dark"], width: int
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    assert look_at(context.new_page(), server, paths) == {}
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("dark", 390), ("light", 1440)])
def test_the_pages_of_those_who_work_with_it_are_as_good(
    app: Flask,
    chromium: Browser,
    server: BaseWSGIServer,
    cup: Arena,
    *,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    sam = persona(app, "sam")
    managed, staff = f"/organizer/tournaments/{cup.tournament_id}/", f"/staff/tournaments/{cup.tournament_id}/"
    paths = [
        "/me/", "/me/password/", "/me/sessions/", "/me/tokens/", "/organizer/", "/organizer/tournaments/new/", managed,
        *(f"{managed}{section}/" for section in ("matches", "participants", "import", "edit")),
        f"/organizer/matches/{cup.match_ids[0]}/grid/", f"/organizer/matches/{cup.match_ids[2]}/grid/",
        *(f"/staff/{section}" for section in ("", "leaderboards/", "flags/", "jobs/", "audit/", "users/")),
        f"/staff/leaderboards/{cup.tournament_id}/", f"{staff}overrides/",
    ]  # fmt: skip
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.add_cookies([{"name": "dc_session", "value": sam.secret, "url": f"http://127.0.0.1:{server.port}"}])
    assert look_at(context.new_page(), server, paths) == {}
    context.close()
