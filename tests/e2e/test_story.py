"""The whole story of a tournament day, told by three browsers on a running site.

An organizer makes a tournament, types a match into the grid and imports two more; a spectator's open page moves without
a reload; staff set a placement with a reason, the spectator sees it marked, the history shows it, restoring brings it
back; and a row says why it stands where it stands.
"""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accounts import enter, make_account
from tests.servers.browser import PageComplaints
from tests.servers.web import LiveSite
from webapp.services.demo import demo
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

pytestmark = pytest.mark.e2e

TEAMS = ("Amber", "Birch", "Cobalt", "Dune", "Ember")
BEFORE_ANY_POLL_MS = 20_000
REASON = "The observer of match 1 counted the wrong team."
FILE = (
    "match,participant,placement,kills\n"
    "1,Birch,1,9\n1,Amber,2,4\n1,Cobalt,3,2\n1,Dune,4,1\n1,Ember,5,0\n"
    "2,Cobalt,1,12\n2,Birch,2,8\n2,Ember,3,1\n2,Dune,4,0\n2,Amber,5,0\n"
)  # fmt: skip


def make_tournament(page: Page) -> int:
    """A live tournament of five teams, made from nothing; returns its id."""
    page.get_by_role("link", name="New tournament").first.click()
    page.get_by_label("Name", exact=True).fill("Harbor Cup")
    page.get_by_label("Game").select_option("pubgm")
    steps = page.locator(".wizard__steps")
    steps.get_by_role("button", name="Dates").click()
    page.get_by_label("Number of matches").fill("1")
    steps.get_by_role("button", name="Check").click()
    page.get_by_role("button", name="Create the draft").last.click()
    page.get_by_role("link", name="Participants", exact=True).first.click()
    page.get_by_label("One a line").fill("\n".join(TEAMS))
    page.get_by_role("button", name="Look at the list").click()
    page.get_by_role("button", name="Add 5 teams").click()
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("button", name="Open registration").click()
    page.get_by_role("button", name="Start the tournament").click()
    expect(page.locator("[aria-current=step]")).to_have_text("Live")
    found = re.search(r"/tournaments/(\d+)/", page.url)
    assert found
    return int(found[1])


def type_a_match(page: Page) -> None:
    """Amber wins by eight kills, the others follow in order without any; no mouse once the grid is open."""
    page.get_by_role("link", name=re.compile("Enter|Result|result")).first.click()
    expect(page.locator("input:focus")).to_have_count(1)
    for place in range(1, 6):
        # With five teams no placement has a second digit: the cursor goes on by itself.
        page.keyboard.type(str(place))
        page.keyboard.type("8" if place == 1 else "0")
        page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".flash")).to_be_visible()


def import_two_matches(page: Page, tournament_id: int, url: str) -> None:
    page.goto(f"{url}/organizer/tournaments/{tournament_id}/import/")
    page.get_by_label("Or paste the rows").fill(FILE.replace("\n2,", "\n3,").replace("\n1,", "\n2,"))
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_role("status")).to_contain_text("Taken in: 10 results of 2 matches.")


@pytest.mark.timeout(400)
def test_a_tournament_day(live_site: LiveSite, browser_page: Page, chromium: Browser) -> None:
    with live_site.app.app_context():
        for name in demo.FLAGS:
            flags.set_flag(name, is_on=True, actor=SYSTEM, now=utc_now())
    make_account(live_site, "olga", "organizer")
    make_account(live_site, "sam", "admin")

    enter(browser_page, live_site, "olga", "/organizer/")
    tournament_id = make_tournament(browser_page)

    watching = chromium.new_context(viewport={"width": 390, "height": 844})
    spectator = watching.new_page()
    complaints = PageComplaints(spectator)
    spectator.goto(f"{live_site.url}/spectator/tournaments/{tournament_id}/")
    spectator.evaluate("window.neverReloaded = true")
    expect(spectator.locator("[data-light]")).to_have_attribute("data-state", "live", timeout=15_000)
    rows = spectator.locator(".board__row")

    type_a_match(browser_page)
    expect(rows.first).to_have_attribute("data-name", "Amber", timeout=BEFORE_ANY_POLL_MS)
    import_two_matches(browser_page, tournament_id, live_site.url)
    expect(rows.first).to_have_attribute("data-name", "Birch", timeout=BEFORE_ANY_POLL_MS)

    staff_context = chromium.new_context()
    staff = staff_context.new_page()
    enter(staff, live_site, "sam", f"/staff/tournaments/{tournament_id}/overrides/")
    option = staff.get_by_label("Participant", exact=True).locator("option").filter(has_text="Ember")
    staff.get_by_label("Participant", exact=True).select_option(value=option.get_attribute("value"))
    staff.get_by_label("New rank", exact=True).fill("1")
    staff.get_by_label("Reason", exact=True).fill(REASON)
    staff.get_by_role("button", name="Save").click()
    expect(rows.first).to_have_attribute("data-name", "Ember", timeout=BEFORE_ANY_POLL_MS)
    expect(rows.first).to_contain_text("Placed by staff", timeout=15_000)
    history = staff.locator(".override").first
    for words in ("Ember", "→ 1st", "In force", REASON, "Set by Sam"):
        expect(history).to_contain_text(words)

    history.get_by_role("link", name="Restore").click()
    staff.get_by_role("button", name="Restore").click()
    expect(staff.locator(".override").first).to_contain_text("restored by Sam")
    expect(rows.first).to_have_attribute("data-name", "Birch", timeout=BEFORE_ANY_POLL_MS)
    expect(spectator.locator(".mark--staff")).to_have_count(0, timeout=15_000)

    rows.nth(4).locator("[data-why]").click()
    expect(spectator.locator("[id^=why-]").filter(has_text="That decides.").first).to_be_visible()
    assert spectator.evaluate("window.neverReloaded") is True
    assert complaints.found == []
    watching.close()
    staff_context.close()
