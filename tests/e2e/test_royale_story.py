"""A battle-royale final with match point, told by the pages alone: twenty teams, an organizer, a referee, a captain with
the players of a team, and a spectator who never reloads.

The first lobby is typed into the grid, the second pasted, the third confirmed from what the captains report. The fourth
is won by a team on match point, which ends the tournament whatever the points say.
"""

import re
from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accounts import enter, make_account
from tests.e2e.grids import PASTE, type_rows
from tests.e2e.pictures import Pictures
from tests.servers.browser import PageComplaints
from tests.servers.web import LiveSite
from webapp.services.demo import demo
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

pytestmark = pytest.mark.e2e

OWN = "Night Ferry"
OTHERS = tuple(f"Squad {number:02}" for number in range(1, 20))
ARRIVES_MS = 20_000
"""On a busy machine; how soon a board follows is measured elsewhere. That it follows by itself is told here."""


@pytest.fixture
def people(live_site: LiveSite, chromium: Browser) -> Iterator["People"]:
    with live_site.app.app_context():
        for name in demo.FLAGS:
            flags.set_flag(name, is_on=True, actor=SYSTEM, now=utc_now())
    people = People(live_site, chromium)
    yield people
    people.leave()


class People:
    """Everybody has a browser profile of their own."""

    def __init__(self, site: LiveSite, chromium: Browser) -> None:
        self.site = site
        self._chromium = chromium
        self._complaints: list[PageComplaints] = []
        self._pages: list[Page] = []

    def visitor(self, *, width: int = 1280) -> Page:
        """Somebody without an account."""
        page = self._chromium.new_context(viewport={"width": width, "height": 900}).new_page()
        page.set_default_timeout(20_000)
        self._complaints.append(PageComplaints(page))
        self._pages.append(page)
        return page

    def member(self, name: str, role: str, path: str, *, width: int = 1280) -> Page:
        """Somebody with an account, logged in by the form."""
        make_account(self.site, name, role)
        page = self.visitor(width=width)
        enter(page, self.site, name, path)
        return page

    def leave(self) -> None:
        """Close everything; nothing on any page may have been wrong."""
        for page in self._pages:
            page.context.close()
        assert [said for complaints in self._complaints for said in complaints.found] == []


def create_final(page: Page) -> int:
    """A final of at most six lobbies with match point at 25; returns the tournament's id."""
    page.get_by_role("link", name="New tournament").first.click()
    page.get_by_label("Name", exact=True).fill("Grand Final")
    page.get_by_label("Game").select_option("pubgm")
    steps = page.locator(".wizard__steps")
    steps.get_by_role("button", name="Dates").click()
    page.get_by_label("Number of matches").fill("6")
    steps.get_by_role("button", name="Points").click()
    page.get_by_label("PUBG S.U.P.E.R.", exact=False).first.check()
    page.get_by_label("Match point from").fill("25")
    page.get_by_label("Last match at the latest").fill("6")
    expect(page.locator("#rules-preview")).to_contain_text("Match point at 25")
    steps.get_by_role("button", name="Check").click()
    page.get_by_role("button", name="Create the draft").last.click()
    expect(page.get_by_role("status")).to_contain_text("as a draft")
    page.get_by_role("button", name="Open registration").click()
    expect(page.locator("[aria-current=step]")).to_have_text("Registration open")
    found = re.search(r"/tournaments/(\d+)/", page.url)
    assert found
    return int(found[1])


def found_team(people: People, tournament_id: int) -> Page:
    """A captain founds a team, three join it, and it is registered; the captain's page."""
    captain = people.member("cora", "player", "/teams/new/", width=390)
    captain.get_by_label("Name", exact=True).fill(OWN)
    captain.get_by_label("Game").select_option("pubgm")
    captain.get_by_role("button", name="Found the team").click()
    mates = ("mila", "nora", "pia")
    for name in mates:
        make_account(people.site, name, "player")
        captain.get_by_label("Handle").fill(name.title())
        captain.get_by_role("button", name="Invite").click()
        expect(captain.locator(".rows__row", has_text=name.title())).to_contain_text("invited as player")
    for name in mates:
        mate = people.visitor(width=390)
        enter(mate, people.site, name, "/me/teams/")
        mate.get_by_role("button", name="Join").click()
        expect(mate.get_by_role("status")).to_have_text("You are in the team.")
    captain.goto(f"{people.site.url}/me/tournaments/{tournament_id}/register/")
    for number, handle in enumerate(("Cora", "Mila", "Nora", "Pia"), start=1):
        captain.get_by_label(f"in-game name and UID of {handle}").fill(f"{handle}/51234567{number:02}")
    captain.get_by_role("button", name="Register").click()
    expect(captain.locator("main")).to_contain_text(OWN)
    return captain


def fill_the_field(page: Page, url: str, tournament_id: int, pictures: Pictures) -> None:
    """The other nineteen are put down by name, a referee is appointed, and it starts."""
    home = f"{url}/organizer/tournaments/{tournament_id}/"
    page.goto(home + "registrations/")
    expect(page.locator(".entry", has_text=OWN)).to_contain_text("taking part")
    page.get_by_role("link", name="Participants", exact=True).first.click()
    page.get_by_label("One a line").fill("\n".join(OTHERS))
    page.get_by_role("button", name="Look at the list").click()
    page.get_by_role("button", name="Add 19 teams").click()
    expect(page.get_by_role("status")).to_contain_text("19 have joined.")
    page.get_by_role("link", name="Officials", exact=True).first.click()
    page.get_by_label("Handle").fill("Remi")
    page.get_by_label("As", exact=True).select_option("referee")
    page.get_by_role("button", name="Put on the list").click()
    expect(page.locator(".rows__row", has_text="Remi")).to_contain_text("Referee")
    page.goto(home)
    page.get_by_role("button", name="Start the tournament").click()
    expect(page.locator("[aria-current=step]")).to_have_text("Live")


def open_grid(page: Page, home: str, number: int) -> None:
    page.goto(home + "matches/")
    page.get_by_role("link", name=re.compile(rf"Enter.*Match {number}$")).click()
    expect_script(page)


def expect_script(page: Page) -> None:
    expect(page.locator("#grid-form")).to_have_class(re.compile("has-script"))


def table(order: Sequence[str], kills: int) -> str:
    """A lobby as a spreadsheet gives it: the winner has the kills."""
    rows = [f"{name}\t{place}\t{kills if place == 1 else 0}" for place, name in enumerate(order, start=1)]
    return "\n".join(("Team\tPlacement\tKills", *rows)) + "\n"


def paste_result(page: Page, text: str, *, number: int) -> None:
    expect_script(page)
    page.locator("#grid-form tbody input").first.focus()
    page.evaluate(PASTE, text)
    expect(page.locator("[data-count]")).to_have_text("20")
    page.locator("[data-submit]").click()
    expect(page.locator("body")).to_contain_text(f"Match {number} confirmed.")


def type_the_first_lobby(referee: Page, home: str, pictures: Pictures) -> None:
    """In the grid's order, by keyboard alone: the own team first with ten kills, the squads behind it."""
    open_grid(referee, home, 1)
    expect(referee.get_by_role("link", name="Disputes", exact=True)).to_be_visible()
    expect(referee.get_by_role("link", name="Officials", exact=True)).to_have_count(0)
    expect(referee.locator("input:focus")).to_have_count(1)
    type_rows(referee, [("1", "10"), *((str(place), "0") for place in range(2, 21))])
    pictures.take(referee, "royale-grid")
    referee.keyboard.press("Control+Enter")
    expect(referee.locator("body")).to_contain_text("Match 1 confirmed.")


def report_a_place(referee: Page, captain: Page, home: str, pictures: Pictures) -> None:
    """The referee tells the third lobby's password; the captain reads it, and reports a last place afterwards."""
    referee.goto(home + "matches/")
    referee.get_by_role("link", name="Match 3", exact=True).click()
    referee.get_by_label("Password").fill("kite 43")
    referee.get_by_role("button", name="Save the lobby").click()
    expect(referee.get_by_role("status")).to_contain_text("The lobby is saved")
    captain.get_by_role("link", name="Matches", exact=True).click()
    captain.get_by_role("link", name="Match 3", exact=True).click()
    expect(captain.locator("#match-now")).to_contain_text("kite 43")
    captain.get_by_label("Your place", exact=True).fill("20")
    captain.get_by_label("Your kills", exact=True).fill("0")
    captain.get_by_role("button", name="Send the report").click()
    expect(captain.locator("#match-now")).to_contain_text("You have reported: 20th, 0 kills.")
    pictures.take(captain, "royale-captain", 390)


def complete_it(page: Page, home: str, pictures: Pictures) -> None:
    """Two planned lobbies are left; the overview knows that they are not played any more."""
    page.goto(home)
    expect(page.locator(".next")).to_contain_text("Match 4 has decided it by match point")
    page.get_by_role("button", name="Complete the tournament").click()
    expect(page.locator("[aria-current=step]")).to_have_text("Completed")
    page.get_by_role("link", name="Winners", exact=True).first.click()
    expect(page.locator("main")).to_contain_text("by match point")
    expect(page.locator(".podium li").first).to_contain_text(OWN)
    expect(page.locator(".rows__row").first).to_contain_text(f"{OWN} for the 1st place")
    pictures.take(page, "royale-winners", 1440)


@pytest.mark.timeout(300)
def test_a_final_of_twenty_teams_ends_with_a_win_at_match_point(
    live_site: LiveSite, people: People, pictures: Pictures
) -> None:
    make_account(live_site, "remi", "organizer")
    organizer = people.member("olga", "organizer", "/organizer/")
    tournament_id = create_final(organizer)
    captain = found_team(people, tournament_id)
    fill_the_field(organizer, live_site.url, tournament_id, pictures)
    home = f"{live_site.url}/organizer/tournaments/{tournament_id}/"

    spectator = people.visitor()
    spectator.goto(f"{live_site.url}/spectator/tournaments/{tournament_id}/")
    spectator.evaluate("window.neverReloaded = true")
    expect(spectator.locator("[data-light]")).to_have_attribute("data-state", "live", timeout=25_000)
    leader = spectator.locator(".board__row").first

    referee = people.visitor()
    enter(referee, live_site, "remi", "/organizer/")
    type_the_first_lobby(referee, home, pictures)
    expect(leader).to_have_attribute("data-name", OWN, timeout=ARRIVES_MS)
    badge = spectator.locator(".board__row .mark--match-point")
    expect(badge).to_have_count(0)

    open_grid(referee, home, 2)
    paste_result(referee, table([OTHERS[0], OWN, *OTHERS[1:]], 4), number=2)
    expect(badge).to_have_text("Match point from match 3", timeout=ARRIVES_MS)
    expect(spectator.locator(".board__row", has=spectator.locator(".mark--match-point"))).to_have_attribute(
        "data-name", OWN
    )
    pictures.take(spectator, "royale-match-point", 1440)

    report_a_place(referee, captain, home, pictures)
    open_grid(referee, home, 3)
    expect(referee.locator(".grid__reports")).to_contain_text("1 of 20 has reported their place")
    pictures.take(referee, "royale-reports", 1440)
    referee.get_by_role("link", name="Take the reports into the grid").click()
    expect(referee.get_by_label(f"{OWN}: place")).to_have_value("20")
    paste_result(referee, table(OTHERS, 30), number=3)
    expect(leader).to_have_attribute("data-name", OTHERS[0], timeout=ARRIVES_MS)
    open_grid(referee, home, 4)
    paste_result(referee, table([OWN, *OTHERS], 0), number=4)
    # It is decided: the grid leads back to the list, not on to a lobby that nobody plays.
    expect(referee).to_have_url(f"{home}matches/")
    expect(leader).to_have_attribute("data-name", OWN, timeout=ARRIVES_MS)
    expect(leader.locator(".mark--champion")).to_be_visible()
    assert spectator.evaluate("window.neverReloaded") is True
    complete_it(organizer, home, pictures)
