"""The bell of a player: it rings without a reload, in every window, and as the player wants to be told."""

import re
import time
from collections.abc import Callable
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, WebSocketRoute, expect
from sqlalchemy import select

from tests.e2e.accounts import enter, make_account
from tests.e2e.cup import Cup
from tests.e2e.grids import Sheets
from tests.personas import Persona, persona
from tests.servers.discord import DiscordServer
from tests.servers.smtp import SmtpServer
from tests.servers.web import LiveSite, StartSite
from tests.services.notices import told, told_many
from webapp.models import EventCursor, Registration, Tournament
from webapp.services.matches import matches
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import organizer_notices

pytestmark = pytest.mark.e2e

SOON_MS: Final = 10_000
"""Before a page that hears nothing would ask by itself."""
CHANNELS: Final = ("NOTIFICATIONS_EMAIL_ENABLED", "NOTIFICATIONS_DISCORD_ENABLED")


def begin(site: LiveSite) -> Cup:
    """A live cup in which nora plays for herself."""
    user_id = make_account(site, "nora", "player")
    cup = Cup.begin(site.app)
    with site.app.app_context():
        for name in CHANNELS:
            flags.set_flag(name, is_on=True, actor=SYSTEM, now=utc_now())
        # What was told before she took part is not hers to hear.
        wait_until(lambda: is_routed(cup.tournament_id))
        with transaction() as session:
            row = session.get_one(Registration, cup.registrations[0])
            row.team_id, row.user_id, row.registered_by_id = None, user_id, user_id
    return cup


def is_routed(tournament_id: int) -> bool:
    """Whether nobody is still to be told of anything that the log has."""
    with read_snapshot() as session:
        log_seq = session.scalar(select(Tournament.log_seq).where(Tournament.id == tournament_id))
        return log_seq == session.scalar(
            select(EventCursor.seq).where(EventCursor.stream == f"tournament:{tournament_id}")
        )


def wait_until(is_so: Callable[[], bool], *, seconds: float = 20) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, "it did not come to be"
        time.sleep(0.1)


def start(cup: Cup, number: int) -> None:
    with cup.app.app_context():
        matches.start_match(cup.matches[number - 1], actor=SYSTEM, now=utc_now())


def announce(cup: Cup, text: str) -> None:
    with cup.app.app_context():
        organizer_notices.publish(cup.tournament_id, text, audience="participants", actor=SYSTEM, now=utc_now())


def expect_unread(page: Page, number: int) -> None:
    bell = page.locator("[data-bell]")
    expect(bell).to_have_attribute("data-unread", str(number), timeout=SOON_MS)
    words = "Notifications" if number == 0 else f"Notifications, unread: {number}"
    expect(bell).to_have_accessible_name(words)


def mailed(smtp: SmtpServer, words: str) -> list[str]:
    """Who was sent these words."""
    return [address for address, mail in smtp.mails if words in mail.as_string()]


@pytest.mark.timeout(400)
def test_a_match_notice_comes_without_a_reload_and_by_the_channels_that_were_chosen(
    start_site: StartSite, browser_page: Page, smtp: SmtpServer, discord: DiscordServer
) -> None:
    site = start_site(MAIL_URL=smtp.url, WEBHOOK_ALLOW_PRIVATE="1")
    cup, page = begin(site), browser_page
    enter(page, site, "nora", "/me/matches/")
    beside, board = page.context.new_page(), page.context.new_page()
    beside.goto(f"{site.url}/tournaments/")
    board.goto(f"{site.url}/spectator/tournaments/{cup.tournament_id}/")
    for window in (page, beside, board):
        window.evaluate("window.neverReloaded = true")
        expect_unread(window, 0)

    start(cup, 1)
    for window in (page, beside, board):
        expect_unread(window, 1)
        assert window.evaluate("window.neverReloaded") is True

    page.get_by_role("link", name="Notifications, unread: 1").click()
    page.get_by_role("link", name=re.compile("begun|started", re.IGNORECASE)).first.click()
    page.wait_for_url(f"**/matches/{cup.matches[0]}/")
    for window in (page, beside, board):
        expect_unread(window, 0)

    page.goto(f"{site.url}/me/notifications/")
    page.get_by_label("Match started: Bell").uncheck()
    page.get_by_label("Announcement of the organizers: Discord").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
    expect(page.get_by_label("Match started: Bell")).not_to_be_checked()
    page.get_by_label("Address of your Discord webhook").fill(discord.url())
    page.get_by_role("button", name="Use this channel").click()
    expect(page.get_by_role("button", name="Send a test message")).to_be_visible()

    smtp.forget()
    start(cup, 2)
    discord.wait_for(1, seconds=20)
    announce(cup, "Lunch is served in hall two.")
    expect_unread(page, 1)
    expect(page.get_by_text("There is something new.")).to_be_visible()
    page.get_by_role("link", name="Show it").click()
    expect(page.locator(".told--unread")).to_have_count(1)
    expect(page.locator(".told--unread")).to_contain_text("Announcement of the organizers")
    wait_until(lambda: bool(mailed(smtp, "Lunch")))
    assert mailed(smtp, "Lunch") == ["nora@example.org"]
    assert [embed for embed in discord.embeds if "nnounce" in embed["title"]] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.timeout(400)
def test_where_no_socket_comes_through_the_bell_is_asked_for(app: Flask, browser_page: Page, sheets: Sheets) -> None:
    """By the page's clock, which runs on for as long as it is told to."""
    pat, page = persona(app, "pat"), browser_page
    page.context.add_cookies([{"name": "dc_session", "value": pat.secret, "url": sheets.site}])
    page.route_web_socket(re.compile("/ws/"), _refuse)
    page.clock.install()
    page.goto(f"{sheets.site}/me/")
    expect_unread(page, 0)
    for number, answer in ((0, 200), (0, 304), (1, 200)):
        if number:
            told(pat.user_id)
        with page.expect_response(re.compile("/count/")) as asked:
            page.clock.run_for(30_500)
        assert asked.value.status == answer
        expect_unread(page, number)


def _refuse(socket: WebSocketRoute) -> None:
    socket.close(code=1011)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1440, "light")])
def test_axe_finds_nothing_on_the_page_and_it_fits(
    app: Flask, chromium: Browser, sheets: Sheets, *, width: int, scheme: Literal["dark", "light"]
) -> None:
    pat = persona(app, "pat")
    tell(pat, sheets)
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.add_cookies([{"name": "dc_session", "value": pat.secret, "url": sheets.site}])
    page = context.new_page()
    page.goto(f"{sheets.site}/me/notifications/")
    page.get_by_text("more like it").click()
    page.get_by_label("Quiet from").fill("22:30")
    found = Axe().run(page).response["violations"]
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".field__error")).to_contain_text("Quiet until is missing")
    found += Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"][:3]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_all_of_it_works_without_scripts(app: Flask, chromium: Browser, sheets: Sheets) -> None:
    pat = persona(app, "pat")
    tell(pat, sheets)
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "dc_session", "value": pat.secret, "url": sheets.site}])
    page = context.new_page()
    page.goto(f"{sheets.site}/tournaments/")
    page.get_by_role("link", name="Notifications, unread: 4").click()
    page.get_by_role("button", name=re.compile("Mark as read")).first.click()
    expect_unread(page, 3)
    page.get_by_label("Unread only").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".told")).to_have_count(1)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("Nothing of that kind.")).to_be_visible()
    expect_unread(page, 0)
    page.get_by_label("Match started: Email").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Match started: Email")).not_to_be_checked()
    context.close()


def tell(pat: Persona, sheets: Sheets) -> None:
    """Three matches in a burst, and an announcement after them."""
    about = {"tournament_id": sheets.arena.tournament_id}
    told_many([pat.user_id] * 3, "match_scheduled", match_id=sheets.arena.match_ids[0], **about)
    told(pat.user_id, "announcement", **about)
