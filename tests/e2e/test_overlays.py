"""Overlays in a real browser, as streaming software shows them: clear, whole, current, and calm whatever happens."""

import io
import re
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from werkzeug.serving import BaseWSGIServer

from tests.arenas import OPENED_AT, PLAIN_RULES, Arena, ended_at, open_league
from tests.e2e.cup import Cup
from tests.servers import browser
from tests.servers.web import LiveSite
from webapp.domain.rules import parse_ruleset
from webapp.models import Tournament
from webapp.services.live import overlay_tokens
from webapp.services.matches import matches, results
from webapp.services.matches.matches import Fixture
from webapp.services.ranking import ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LONG: Final = (
    "W" * 80, "Кибер-Драконы Северного Сияния и Восточного Ветра, международная сборная 2026",
    "The Extraordinarily Verbose Gentlemen of Chattogram", "নীল সাগর ঈগলস", "فريق الصحراء الكبرى", "A",
)  # fmt: skip
SIZES: Final = ((1920, 1080), (1280, 720))
READABLE: Final = 0.02
"""The least size of a board's letters, in parts of the picture's height: 22 of 1080 pixels."""
BEFORE_ANY_POLL_MS: Final = 20_000
RECOVERY_MS: Final = 40_000
OUTSIDE: Final = """(safe) => Array.from(document.querySelectorAll(".stage *"))
  .filter((element) => !element.closest(".ticker__track, .only-heard, [hidden]"))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.left < safe - 1 || box.top < safe / 2 || box.right > innerWidth - safe + 1 || box.bottom > innerHeight - safe / 2))
  .map(([element]) => element.className || element.tagName)"""


def open_cup(names: list[str], *, lobbies: int = 3) -> Arena:
    rules = parse_ruleset({**PLAIN_RULES, "match_point": {"threshold": 14}}, name="arena")
    tournament_id = tournaments.create(
        "The Cup of Long Names", game="pubgm", format="battle-royale", ruleset=rules, actor=SYSTEM, now=OPENED_AT
    )
    ids = registrations.register(tournament_id, names, actor=SYSTEM, now=OPENED_AT)
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    fixtures = [
        Fixture(f"Match {number}", map="Erangel", scheduled_at=ended_at(number)) for number in range(1, lobbies + 1)
    ]
    arena = Arena(
        tournament_id, tuple(ids), tuple(matches.schedule(tournament_id, fixtures, actor=SYSTEM, now=OPENED_AT))
    )
    for number in (1, 2):
        match_id = arena.match_ids[number - 1]
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(tournament_id, now=ended_at(number))
    return arena


def squads(count: int) -> list[str]:
    return [*LONG, *(f"Squad {number:03}" for number in range(count))][:count]


@pytest.fixture
def page_of(chromium: Browser) -> Iterator[Any]:
    """Opens pages of a size; script errors and refused content fail the test."""
    contexts, complaints = [], []

    def open_page(width: int, height: int, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        complaints.append(browser.PageComplaints(page))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [complaint.found for complaint in complaints if complaint.found] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_overlay_is_clear_and_keeps_within_the_safe_area(server: BaseWSGIServer, page_of: Any) -> None:
    three, many, crowd = open_cup(squads(3)), open_cup(squads(25)), open_cup(squads(100))
    league = open_league("valorant", {"win_points": 3}, [(0, 1)], sides=2, best_of=3, name="League")
    matches.start_match(league.match_ids[0], actor=SYSTEM, now=utc_now())
    matches.update_score(league.match_ids[0], [[1, 13, 7], [2, 4, 2]], actor=SYSTEM, now=utc_now())
    boards = [
        f"tournaments/{many.tournament_id}/leaderboard/?rows=25",
        f"tournaments/{three.tournament_id}/leaderboard/",
    ]
    paths = [
        *boards, f"tournaments/{crowd.tournament_id}/leaderboard/?rows=12&rotate=5&theme=clear",
        *(f"tournaments/{many.tournament_id}/{kind}/?theme=light" for kind in ("ticker", "match-point", "next-match")),
        f"matches/{many.match_ids[0]}/scoreboard/?rows=25", f"matches/{league.match_ids[0]}/scoreboard/",
    ]  # fmt: skip
    for width, height in SIZES:
        page = page_of(width, height)
        for path in paths:
            page.goto(f"http://127.0.0.1:{server.port}/overlay/{path}")
            page.evaluate("document.fonts.ready")
            assert page.evaluate(OUTSIDE, width * 0.035) == [], (path, width)
            assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
                width,
                height,
            ]
            clear = Image.open(io.BytesIO(page.screenshot(omit_background=True))).getchannel("A")
            corners = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]
            assert [clear.getpixel(corner) for corner in corners] == [0, 0, 0, 0], (path, width)
            assert clear.getextrema() == (0, 255), (path, width)
        page.goto(f"http://127.0.0.1:{server.port}/overlay/{boards[0]}")
        sizes = page.evaluate(
            "Array.from(document.querySelectorAll('.row .team'), (team) => parseFloat(getComputedStyle(team).fontSize))"
        )
        assert min(sizes) >= READABLE * height


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_long_board_turns_its_pages_and_a_reader_without_script_sees_the_first(
    server: BaseWSGIServer, page_of: Any
) -> None:
    arena = open_cup(squads(25))
    address = f"http://127.0.0.1:{server.port}/overlay/tournaments/{arena.tournament_id}/leaderboard/?rows=10&rotate=60"
    page = page_of(1280, 720)
    page.clock.install()
    page.goto(address)
    for first, label in ((1, "1–10 / 25"), (11, "11–20 / 25"), (21, "21–25 / 25"), (1, "1–10 / 25")):
        expect(page.locator(".row:visible .row__rank").first).to_have_text(str(first))
        expect(page.locator(".head__extra")).to_have_text(label)
        page.clock.run_for(60_000)
    plain = page_of(1280, 720, java_script_enabled=False)
    plain.goto(address)
    expect(plain.locator(".row:visible")).to_have_count(10)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_ticker_crawls_and_where_less_motion_is_asked_for_it_turns(server: BaseWSGIServer, page_of: Any) -> None:
    arena = open_cup(squads(25))
    address = f"http://127.0.0.1:{server.port}/overlay/tournaments/{arena.tournament_id}/ticker/"
    first_item = "document.querySelector('.tick').getBoundingClientRect().left"
    page = page_of(1280, 720)
    page.goto(address)
    before = page.evaluate(first_item)
    deadline = time.monotonic() + 10
    while page.evaluate(first_item) > before - 20:
        assert time.monotonic() < deadline, "the ticker stands still"
        page.wait_for_timeout(100)
    assert page.locator(".tick[aria-hidden]").count() >= 25
    calm = page_of(1280, 720, reduced_motion="reduce")
    calm.clock.install()
    calm.goto(address)
    before = calm.evaluate(first_item)
    calm.clock.run_for(1_000)
    assert calm.evaluate(first_item) == before
    calm.clock.run_for(5_500)
    assert calm.evaluate(first_item) < before
    assert calm.locator(".tick[aria-hidden]").count() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_loads_itself_anew_for_a_new_release_alone(app: Flask, server: BaseWSGIServer, page_of: Any) -> None:
    arena = open_cup(squads(3))
    page = page_of(1280, 720)
    page.clock.install()
    page.goto(f"http://127.0.0.1:{server.port}/overlay/tournaments/{arena.tournament_id}/leaderboard/")
    page.evaluate("window.neverReloaded = true")
    page.clock.run_for(70_000)
    assert page.evaluate("window.neverReloaded") is True

    def of_next_release(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub(r'data-build="\w+"', 'data-build="next"', answer.text()))

    page.route("**/fragment/*", of_next_release)
    page.route("**/fragment/", of_next_release)
    with page.expect_navigation():
        page.clock.run_for(70_000)


def test_it_follows_by_socket_outlives_its_server_and_goes_dark_with_its_link(
    live_site: LiveSite, page_of: Any
) -> None:
    cup = Cup.begin(live_site.app)
    with live_site.app.app_context():
        with transaction() as session:
            session.get_one(Tournament, cup.tournament_id).visibility = "private"
        link = overlay_tokens.create(cup.tournament_id, "PC", actor=SYSTEM, now=utc_now())
    page = page_of(1920, 1080)
    page.goto(f"{live_site.url}/overlay/tournaments/{cup.tournament_id}/leaderboard/?token={link.secret}")
    page.evaluate("window.neverReloaded = true")
    page.wait_for_timeout(1_500)
    cup.play(1, "Squad C")
    _expect_leader(page, "Squad C", BEFORE_ANY_POLL_MS)
    cup.play(2, "Squad F")
    cup.play(3, "Squad F")
    _expect_leader(page, "Squad F", BEFORE_ANY_POLL_MS)

    # The picture stays while the server is away.
    assert live_site.kill("realtime.worker")
    expect(page.locator(".row .team").first).to_have_text("Squad F")
    cup.play(4, "Squad K")
    cup.play(5, "Squad K")
    cup.play(6, "Squad K")
    _expect_leader(page, "Squad K", RECOVERY_MS)
    assert page.evaluate("window.neverReloaded") is True
    secret_in_logs = link.secret in live_site.output

    with live_site.app.app_context():
        overlay_tokens.revoke(cup.tournament_id, link.id, actor=SYSTEM, now=utc_now())
    expect(page.locator(".note")).to_have_text("This overlay link was revoked or cut short.", timeout=20_000)
    expect(page.locator(".row")).to_have_count(0)
    assert not secret_in_logs


def _expect_leader(page: Page, name: str, timeout: float) -> None:
    expect(page.locator(".row .team").first).to_have_text(name, timeout=timeout)
