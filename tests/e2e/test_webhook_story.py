"""An organizer's webhook in a browser: made, seen to work, broken, cut off, mended, and given what it has missed."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from tests.arenas import PLAIN_RULES
from tests.e2e.accounts import enter, make_account
from tests.servers.browser import PageComplaints
from tests.servers.receiver import Received, Receiver, status
from tests.servers.web import LiveSite, StartSite
from webapp.domain.rules import parse_ruleset
from webapp.models import WebhookEndpoint
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

pytestmark = pytest.mark.e2e

SOON_MS = 20_000
IN_A_ROW = 5


@pytest.fixture
def site(start_site: StartSite) -> LiveSite:
    return start_site(WEBHOOK_ALLOW_PRIVATE="1", NOTIFICATIONS_WEBHOOK_ENABLED="on", WEBHOOK_RETRY_DELAYS="1,60")


def make_webhook(page: Page, url: str) -> str:
    """A webhook of all events; the secret, which this one page shows."""
    page.get_by_role("link", name="New webhook").first.click()
    page.get_by_label("Address").fill("ftp://nowhere")
    page.get_by_role("button", name="Make the webhook").click()
    expect(page.locator("main")).to_contain_text("must begin with https://")
    page.get_by_label("Address").fill(url)
    page.get_by_label("What it is for").fill("Results for the stream")
    page.get_by_role("button", name="Make the webhook").click()
    secret = page.locator(".secret__value").inner_text()
    page.get_by_role("link", name="Go on to the webhook").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Results for the stream")
    return secret


def send_tests(page: Page, count: int) -> None:
    for _ in range(count):
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("A test is on its way").first).to_be_visible()


def let_the_minute_pass(site: LiveSite) -> None:
    """As if the circuit had opened a minute earlier."""
    with site.app.app_context(), transaction() as session:
        endpoint = session.scalars(select(WebhookEndpoint)).one()
        assert endpoint.circuit == "open"
        assert endpoint.circuit_since is not None
        endpoint.circuit_since -= timedelta(minutes=1)


def verified(received: Received, secret: str) -> dict[str, Any]:
    """The message, once the public library has said that it is ours."""
    Webhook(secret).verify(received.body, dict(received.headers))
    message: dict[str, Any] = orjson.loads(received.body)
    assert message["id"] == received.headers["webhook-id"]
    return message


@pytest.mark.timeout(240)
def test_a_webhook_breaks_is_cut_off_and_catches_up(site: LiveSite, receiver: Receiver, browser_page: Page) -> None:
    page, complaints = browser_page, PageComplaints(browser_page)
    olga = make_account(site, "olga", "organizer")
    enter(page, site, "olga", "/organizer/webhooks/")
    secret = make_webhook(page, receiver.at("/hook"))

    # What happens in a tournament of hers arrives, signed.
    with site.app.app_context():
        tournament_id = tournaments.create(
            "Harbor Cup", game="pubgm", format="battle-royale", ruleset=parse_ruleset(PLAIN_RULES, name="cup"),
            actor=Actor(olga, "organizer"), now=utc_now(),
        )  # fmt: skip
    events = [verified(each, secret) for each in receiver.wait_for(1, "/hook")]
    assert {event["data"]["tournament_id"] for event in events} == {tournament_id}
    deliveries = page.locator("#webhook-deliveries")
    expect(deliveries.locator(".mark--good").first).to_be_visible(timeout=SOON_MS)

    # The receiver breaks; after five failures nobody knocks any more.
    receiver.behave("/hook", status(500, b"out of order"))
    send_tests(page, IN_A_ROW)
    expect(deliveries).to_contain_text("The circuit is open", timeout=SOON_MS)
    receiver.forget()
    send_tests(page, 1)
    with site.app.app_context():
        tournaments.cancel(tournament_id, reason="Rain on the harbor.", actor=SYSTEM, now=utc_now())
    assert receiver.of("/hook") == []
    deliveries.get_by_role("link", name="webhook_test").last.click()
    expect(page.locator("main")).to_contain_text("out of order")
    page.go_back()

    # Mended, it is tried once, and then hears of everything that waits.
    receiver.behave("/hook", status(204))
    let_the_minute_pass(site)
    expect(deliveries).not_to_contain_text("The circuit is open", timeout=SOON_MS)
    names = {verified(each, secret)["type"] for each in receiver.wait_for(2, "/hook", seconds=20)}
    assert "webhook_test" in names | {"tournament_cancelled"}

    # One that arrived long ago is sent once more, under its old id.
    receiver.forget()
    first = str(events[0]["id"])
    page.goto(page.url.split("?")[0] + f"?event={events[0]['type']}")
    page.locator("#webhook-deliveries .delivery a").last.click()
    page.get_by_role("button", name="Redeliver").click()
    (again,) = receiver.wait_for(1, "/hook")
    assert again.headers["webhook-id"] == first
    assert orjson.loads(again.body) == events[0]
    assert complaints.found == []
