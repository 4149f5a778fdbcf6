"""A bracket in a browser: by keyboard, on a phone, while it moves; and seeded by hand."""

from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import BaseWSGIServer

from tests.knockouts import Knockout, open_knockout, registered
from tests.personas import Persona
from tests.services.league_play import drawn
from webapp.models import Stage, Tournament
from webapp.services.spine.transaction import read_snapshot, transaction

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

SCHEMES: Final[tuple[Literal["light"], Literal["dark"]]] = ("light", "dark")
REFRESH = "document.querySelectorAll('[data-live]').forEach((part) => htmx.trigger(part, 'refresh'))"


@pytest.fixture
def cup(server: BaseWSGIServer) -> Knockout:
    assert server.port
    cup = open_knockout("double-elimination", sides=8)
    cup.play(until="L1-1")
    return cup


def watch(page: Page, server: BaseWSGIServer, tournament_id: int) -> None:
    page.goto(f"http://127.0.0.1:{server.port}/spectator/tournaments/{tournament_id}/bracket/")
    expect(page.locator(".round__toggle:disabled")).to_have_count(0)


def test_arrows_go_from_match_to_match(browser_page: Page, server: BaseWSGIServer, cup: Knockout) -> None:
    watch(browser_page, server, cup.tournament_id)
    ties = {key: browser_page.locator(f"#tie-{match_id}") for key, match_id in cup.match_ids().items()}
    ties["W1-3"].focus()
    for key, expected in (("ArrowRight", "W2-2"), ("ArrowUp", "W2-1"), ("ArrowRight", "W3-1"), ("ArrowLeft", "W2-1")):
        browser_page.keyboard.press(key)
        expect(ties[expected]).to_be_focused()


def test_what_is_closed_stays_closed_and_what_has_focus_keeps_it_while_the_bracket_moves(
    browser_page: Page, server: BaseWSGIServer, cup: Knockout
) -> None:
    watch(browser_page, server, cup.tournament_id)
    first = browser_page.locator("#stage-1-winners-1")
    first.get_by_role("button").click()
    expect(first.get_by_role("list")).to_be_hidden()
    tie = browser_page.locator(f"#tie-{cup.match_ids()['L1-1']}")
    tie.focus()
    expect(tie.locator(".is-winner")).to_have_count(0)
    cup.win("L1-1", cup.sides()["L1-1"][0] or 0)
    browser_page.evaluate(REFRESH)
    expect(tie.locator(".is-winner")).to_have_count(1)
    expect(tie).to_be_focused()
    expect(first.get_by_role("list")).to_be_hidden()
    first.get_by_role("button").click()
    expect(first.get_by_role("list")).to_be_visible()


def test_on_a_phone_the_rounds_that_are_played_are_open(
    browser_page: Page, server: BaseWSGIServer, cup: Knockout
) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})
    watch(browser_page, server, cup.tournament_id)
    names = browser_page.locator('.round__toggle[aria-expanded="true"] .round__name')
    expect(names).to_have_text(["Winners’ final", "Losers’ round 1"])


def test_whoever_is_pointed_at_has_their_way_marked(browser_page: Page, server: BaseWSGIServer, cup: Knockout) -> None:
    watch(browser_page, server, cup.tournament_id)
    browser_page.locator(f"#tie-{cup.match_ids()['W1-1']} .tie__side").first.hover()
    traced = [f"tie-{cup.match_ids()[key]}" for key in ("W1-1", "W2-1", "W3-1")]
    expect(browser_page.locator(".tie.is-traced")).to_have_count(3)
    assert browser_page.locator(".tie.is-traced").evaluate_all("all => all.map((one) => one.id)") == traced


def test_seeds_are_dragged_and_moved_by_keys(browser_page: Page, server: BaseWSGIServer, olga: Persona) -> None:
    cup = registered(sides=5)
    with transaction() as session:
        session.get_one(Tournament, cup.tournament_id).organizer_id = olga.user_id
    url = f"http://127.0.0.1:{server.port}"
    browser_page.context.add_cookies([{"name": "dc_session", "value": olga.secret, "url": url}])
    browser_page.goto(f"{url}/organizer/tournaments/{cup.tournament_id}/bracket/")
    lines = browser_page.locator("[data-seed-line]")
    lines.nth(4).locator("[data-handle]").hover()
    browser_page.mouse.down()
    lines.nth(0).locator("b").hover(position={"x": 1, "y": 1})
    browser_page.mouse.up()
    lines.filter(has_text="Squad 02").get_by_role("button", name="Squad 02: one down").press("Enter")
    names = [line.split("\n")[0] for line in lines.locator("b").all_inner_texts()]
    assert names == ["Squad 05", "Squad 01", "Squad 03", "Squad 02", "Squad 04"]
    expect(browser_page.get_by_label("By hand")).to_be_checked()
    with browser_page.expect_navigation():
        browser_page.get_by_role("button", name="Draw the bracket").click()
    with read_snapshot() as session:
        stage = session.scalars(select(Stage).where(Stage.tournament_id == cup.tournament_id)).one()
        assert [cup.participant_ids.index(who) + 1 for who in stage.seeds] == [5, 1, 3, 2, 4]


def test_axe_finds_nothing_and_no_page_scrolls_sideways(
    chromium: Browser, server: BaseWSGIServer, cup: Knockout
) -> None:
    leagues = (drawn("round-robin", 8, {"groups": 2}), drawn("swiss", 5))
    for league in leagues:
        league.confirm(league.open_duels()[0], (3, 1))
    for width in (390, 1440):
        for scheme in SCHEMES:
            page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for tournament_id in (cup.tournament_id, *(league.tournament_id for league in leagues)):
                watch(page, server, tournament_id)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                found = Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
            page.close()
