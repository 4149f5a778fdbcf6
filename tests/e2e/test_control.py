"""The control room in a browser: it moves by itself, and never under the hands of who reads, types or presses."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect
from werkzeug.serving import BaseWSGIServer

from tests.arenas import REASON, open_battle_royale
from tests.contests import player
from tests.disputed import TEXT
from tests.e2e.accounts import enter, make_account
from tests.knockouts import Knockout, games, open_knockout, registered
from tests.personas import Persona
from tests.servers.web import LiveSite
from webapp.models import Match, Payment, Registration, Tournament
from webapp.services.bracketing import brackets
from webapp.services.disputes import disputes
from webapp.services.matches import matches, pauses, reporting
from webapp.services.registration import checkins, registrations
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

pytestmark = pytest.mark.e2e

BEFORE_ANY_POLL_MS: Final = 20_000
"""While it is connected the part polls once a minute."""
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
REFRESH: Final = "document.querySelectorAll('[data-live]').forEach((part) => htmx.trigger(part, 'refresh'))"
NOTE_SETTLING: Final = """() => {
  const pressed = () => getComputedStyle(document.querySelector(".control__next")).pointerEvents;
  const note = () => (document.body.dataset.settled = `${document.body.dataset.settled || ""} ${pressed()}`);
  new MutationObserver(note).observe(document.getElementById("control"), { attributeFilter: ["data-settling"] });
}"""
"""What can be pressed, each time that something has moved or has stood for its while."""
SCHEMES: Final[tuple[Literal["light"], Literal["dark"]]] = ("light", "dark")


def speakers(cup: Knockout) -> list[Actor]:
    """Somebody with an account for each side."""
    people = [player(f"speaker {who}") for who in cup.participant_ids]
    with transaction() as session:
        for who, registration_id in zip(people, cup.participant_ids, strict=True):
            session.get_one(Registration, registration_id).registered_by_id = who.user_id
    return people


@pytest.fixture
def cup(server: BaseWSGIServer, olga: Persona) -> Knockout:
    """A double elimination of 16 in which something of everything happens."""
    assert server.port
    cup = open_knockout("double-elimination", sides=16, best_of={"default": 3}, name="Harbor Cup")
    people, ids, now = speakers(cup), cup.match_ids(), utc_now()
    with transaction() as session:
        session.get_one(Tournament, cup.tournament_id).organizer_id = olga.user_id
        session.get_one(Match, ids["W1-8"]).scheduled_at = now - timedelta(minutes=25)
    for number in (1, 2, 3, 4, 5):
        matches.start_match(ids[f"W1-{number}"], actor=SYSTEM, now=now - timedelta(minutes=12))
    sides = cup.sides()

    def report(key: str, speaks: int, wins: int) -> None:
        said = games(ids[key], cup.seed(wins))
        reporting.submit(ids[key], said, actor=people[speaks - 1], now=now - timedelta(minutes=6))

    for key in ("W1-2", "W1-3", "W1-4"):
        a, b = sides[key]
        assert a is not None
        assert b is not None
        report(key, a, a)
        if key == "W1-3":
            report(key, b, b)
        if key == "W1-4":
            disputes.open_dispute(
                ids[key], reason_code="wrong_score", text=TEXT, actor=people[b - 1], now=now - timedelta(minutes=4)
            )
    matches.update_score(ids["W1-1"], [[1, 13, 7], [2, 4, 2]], actor=SYSTEM, now=now)
    return cup


def state_of(match_id: int) -> str:
    with read_snapshot() as session:
        return session.get_one(Match, match_id).state


def open_room(page: Page, server: BaseWSGIServer, olga: Persona, tournament_id: int) -> None:
    url = f"http://127.0.0.1:{server.port}"
    page.context.add_cookies([{"name": "dc_session", "value": olga.secret, "url": url}])
    page.goto(f"{url}/organizer/tournaments/{tournament_id}/control/")
    expect(page.locator("[data-light]")).to_be_visible()


@pytest.mark.timeout(400)
def test_a_players_report_is_there_at_once_and_confirmed_in_place(shared_site: LiveSite, chromium: Browser) -> None:
    now = utc_now()
    organizer_id, player_id = make_account(shared_site, "olga", "organizer"), make_account(shared_site, "pat", "player")
    with shared_site.app.app_context():
        tournament_id = tournaments.create(
            "Night Cup", game="dota2", format="single-elimination", ruleset={"cascade": ["points", "wins"]},
            actor=Actor(organizer_id, "organizer"), now=now,
        )  # fmt: skip
        ids = registrations.register(tournament_id, [f"Squad {one}" for one in range(1, 9)], actor=SYSTEM, now=now)
        with transaction() as session:
            session.get_one(Registration, ids[0]).registered_by_id = player_id
        tournaments.start(tournament_id, actor=SYSTEM, now=now)
        brackets.generate(tournament_id, actor=SYSTEM, now=now)
        match_id = Knockout(tournament_id, tuple(ids)).match_ids()["W1-1"]
        matches.start_match(match_id, actor=SYSTEM, now=now)
    contexts = [chromium.new_context(viewport=PHONE), chromium.new_context()]
    room, phone = (context.new_page() for context in contexts)
    enter(room, shared_site, "olga", f"/organizer/tournaments/{tournament_id}/control/")
    room.evaluate("window.neverReloaded = true")
    expect(room.locator("[data-light]")).to_have_attribute("data-state", "live", timeout=25_000)
    room.locator("#announce > summary").click()
    text = room.locator("#announce textarea")
    text.fill("Half an hour of pau")
    before = text.bounding_box()

    enter(phone, shared_site, "pat", f"/me/matches/{match_id}/")
    phone.locator('[name="games-0-score_a"]').fill("1")
    phone.locator('[name="games-0-score_b"]').fill("0")
    phone.get_by_role("button", name="Report").click()

    line = room.locator(f"#playing-{match_id}")
    expect(line).to_contain_text("Squad 1 says 1:0", timeout=BEFORE_ANY_POLL_MS)
    expect(text).to_be_focused()
    expect(text).to_have_value("Half an hour of pau")
    after = text.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 3

    line.get_by_role("button", name="Confirm 1:0").click()
    expect(room.locator("#control-said")).to_have_text("The result is confirmed.")
    expect(line).to_have_count(0)
    expect(room.locator("#control-undo")).to_contain_text("You can take back the confirmation of match 1.")
    expect(text).to_have_value("Half an hour of pau")
    assert room.evaluate("window.neverReloaded") is True
    for context in contexts:
        context.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_focus_goes_on_when_what_had_it_is_done_by_somebody_else(
    browser_page: Page, server: BaseWSGIServer, olga: Persona, cup: Knockout
) -> None:
    open_room(browser_page, server, olga, cup.tournament_id)
    late = cup.match_ids()["W1-8"]
    browser_page.locator(f"#need-match-{late}").get_by_role("button", name="Start").focus()
    matches.start_match(late, actor=SYSTEM, now=utc_now())
    browser_page.evaluate(REFRESH)
    expect(browser_page.locator(f"#playing-{late}")).to_be_visible()
    expect(browser_page.locator("#needs-title")).to_be_focused()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_changes_under_a_thumb_and_what_has_just_moved_is_not_pressed(
    browser_page: Page, server: BaseWSGIServer, olga: Persona, cup: Knockout
) -> None:
    open_room(browser_page, server, olga, cup.tournament_id)
    late, new = cup.match_ids()["W1-8"], cup.match_ids()["W1-7"]
    button = browser_page.locator(f"#need-match-{late}").get_by_role("button", name="Start")
    box = button.bounding_box()
    assert box is not None
    browser_page.mouse.move(box["x"] + 8, box["y"] + 8)
    browser_page.mouse.down()
    matches.start_match(new, actor=SYSTEM, now=utc_now() - timedelta(hours=9))
    browser_page.evaluate(REFRESH)
    browser_page.wait_for_load_state("networkidle")
    expect(browser_page.locator(f"#need-match-{new}")).to_have_count(0)
    browser_page.mouse.move(2, 2)
    browser_page.evaluate(NOTE_SETTLING)
    browser_page.mouse.up()
    expect(browser_page.locator(f"#need-match-{new}")).to_be_visible()
    expect(browser_page.locator("body")).to_have_attribute("data-settled", " none auto")
    assert state_of(late) == "scheduled"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_refused_is_said_in_place_and_stays_for_its_while(
    browser_page: Page, server: BaseWSGIServer, olga: Persona, cup: Knockout
) -> None:
    open_room(browser_page, server, olga, cup.tournament_id)
    match_id = cup.match_ids()["W1-2"]
    button = browser_page.locator(f"#playing-{match_id}").get_by_role("button", name="Confirm")
    cup.win("W1-2", cup.sides()["W1-2"][0] or 0)
    button.click()
    said = browser_page.locator("#control-said")
    expect(said).to_have_text("No report of match 2 is open any more.")
    expect(browser_page.locator(f"#playing-{match_id}")).to_have_count(0)
    browser_page.evaluate(REFRESH)
    browser_page.wait_for_load_state("networkidle")
    expect(said).to_have_text("No report of match 2 is open any more.")


def opening(olga: Persona) -> int:
    """A tournament whose start has come: somebody is not here, a payment and a registration wait."""
    cup, now = registered(sides=6, name="A cup with a name that is long enough for two lines on a telephone"), utc_now()
    wishing = player("Unbrokenlongname" * 2)
    with transaction() as session:
        tournament = session.get_one(Tournament, cup.tournament_id)
        tournament.organizer_id, tournament.has_checkin, tournament.starts_at = olga.user_id, True, now
        tournament.entry_fee, tournament.currency, tournament.places = 500, "EUR", 8
        late = Registration(tournament_id=cup.tournament_id, status="submitted", user_id=wishing.user_id)
        session.add(late)
        session.flush()
        session.add(
            Payment(
                tournament_id=cup.tournament_id, registration_id=late.id, amount=500, currency="EUR",
                state="submitted", created_at=now,
            )
        )  # fmt: skip
    tournaments.open_registration(cup.tournament_id, actor=olga.actor, now=now)
    checkins.check_in(cup.seed(1), actor=olga.actor, now=now)
    return cup.tournament_id


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_axe_finds_nothing_and_the_page_fits_every_screen(
    chromium: Browser, server: BaseWSGIServer, olga: Persona, cup: Knockout
) -> None:
    before, lobbies = opening(olga), open_battle_royale(squads=6, lobbies=3, organizer_id=olga.user_id).tournament_id
    pauses.stop(lobbies, reason=REASON, actor=olga.actor, now=utc_now())
    for width in (390, 1440):
        for scheme in SCHEMES:
            page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for name, tournament_id in (("played", cup.tournament_id), ("before", before), ("stopped", lobbies)):
                open_room(page, server, olga, tournament_id)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                page.locator("#announce > summary").click()
                if folder := os.environ.get("SHOTS"):
                    page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
                if (width, scheme) != (1440, "light"):
                    found = Axe().run(page)
                    assert found.violations_count == 0, found.generate_report()
            page.close()
