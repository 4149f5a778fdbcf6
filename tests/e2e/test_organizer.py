"""An organizer's evening in a browser: from an empty dashboard to a board that a file of results has filled."""

import re
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select
from werkzeug.serving import BaseWSGIServer

from tests.arenas import open_battle_royale
from tests.personas import Persona
from tests.servers.browser import PageComplaints
from webapp.models import Tournament
from webapp.services.ranking import ranking
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

WRONG = (
    "match,participant,placement,kills\n"
    "1,Night Ferry,1,8\n1,Coper Kites,2,5\n1,Paper Tigers,3,x\n"
    "2,Paper Tigers,1,2\n2,Night Ferry,2,1\n2,Copper Kites,3,0\n"
)  # fmt: skip
RIGHT = WRONG.replace("Coper", "Copper").replace(",3,x", ",3,0")


def leave(link: Locator) -> None:
    """Press what leads to another page, and wait until all of that is there: the test's server hates to be hung up on."""
    with link.page.expect_navigation():
        link.click()


def enter(page: Page, server: BaseWSGIServer, who: Persona) -> None:
    page.context.add_cookies([{"name": "dc_session", "value": who.secret, "url": f"http://127.0.0.1:{server.port}"}])
    page.goto(f"http://127.0.0.1:{server.port}/organizer/")


def go_to(page: Page, title: str, *, leaves: bool = False) -> None:
    """Another step of the form that makes a tournament; without scripts it is another page."""
    button = page.locator(".wizard__steps").get_by_role("button", name=title)
    if leaves:
        leave(button)
    else:
        button.click()
    expect(page.locator(".wizard__steps [aria-current=step]")).to_contain_text(title)


def make_tournament(page: Page) -> None:
    """A table of one's own, made from a preset, with the preview following each key."""
    leave(page.get_by_role("link", name="New tournament").first)
    page.get_by_label("Name", exact=True).fill("Harbor Cup")
    page.get_by_label("Game").select_option("pubgm")
    expect(page.locator("#settings-preview")).to_contain_text("Harbor Cup")
    go_to(page, "Dates")
    page.get_by_label("Starts", exact=True).fill("2026-12-01T18:30")
    page.get_by_label("Number of matches").fill("0")
    go_to(page, "Points")
    preview = page.locator("#rules-preview")
    expect(preview).to_contain_text("12 + 8 =")
    page.get_by_label("PUBG S.U.P.E.R.", exact=False).first.check()
    expect(preview).to_contain_text("10 + 8 =")
    page.get_by_role("button", name="start a table of your own from PUBG S.U.P.E.R.").click()
    expect(page.get_by_role("radio", name="A table of your own", exact=True)).to_be_checked()
    expect(preview).to_contain_text("PUBG S.U.P.E.R., changed")
    page.get_by_label("1st", exact=True).fill("20")
    expect(preview).to_contain_text("20 + 8 =")
    page.get_by_label("Points per kill").fill("two")
    expect(preview).to_contain_text("These rules cannot be used yet")
    page.get_by_label("Points per kill").fill("2")
    expect(preview).to_contain_text("20 + 16 =")
    page.get_by_role("button", name="One less").click()
    expect(page.get_by_label("8th", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Move up: Wins").click()
    expect(page.locator(".order__keys li").first).to_contain_text("Wins")
    page.get_by_role("button", name="Move down: Wins").click()
    expect(page.locator(".order__keys li").first).to_contain_text("Points")
    go_to(page, "Check")
    leave(page.get_by_role("button", name="Create the draft").last)
    expect(page.get_by_role("status")).to_contain_text("as a draft")


def add_participants(page: Page) -> None:
    leave(page.get_by_role("link", name="Participants", exact=True).first)
    page.get_by_label("One a line").fill("Night Ferry, 2\nCopper Kites, 2\nPaper Tigers")
    leave(page.get_by_role("button", name="Look at the list"))
    expect(page.locator(".list-preview")).to_contain_text("seed 2 is given on line 1 already")
    page.get_by_label("One a line").fill("Night Ferry, 2\nCopper Kites, 1\nPaper Tigers")
    leave(page.get_by_role("button", name="Look at the list"))
    expect(page.locator(".list-preview__names li")).to_have_count(3)
    leave(page.get_by_role("button", name="Add 3 teams"))
    expect(page.get_by_role("status")).to_contain_text("3 have joined.")


def plan_matches(page: Page) -> None:
    leave(page.get_by_role("link", name="Matches", exact=True).first)
    page.get_by_label("How many").fill("1")
    page.get_by_label("Maps").fill("Erangel")
    leave(page.get_by_role("button", name="Add to the schedule"))
    expect(page.locator(".rows__row")).to_have_count(1)


def open_and_start(page: Page) -> None:
    leave(page.get_by_role("link", name="Overview"))
    leave(page.get_by_role("button", name="Open registration"))
    expect(page.locator("[aria-current=step]")).to_have_text("Registration open")
    leave(page.get_by_role("button", name="Start the tournament"))
    expect(page.locator("[aria-current=step]")).to_have_text("Live")


def import_results(page: Page, folder: Path) -> None:
    """A file with two wrong lines, corrected where it stands, looked at, confirmed."""
    file = folder / "results.csv"
    file.write_text(WRONG, encoding="utf-8")
    leave(page.get_by_role("link", name="Import", exact=True))
    page.get_by_label("CSV file").set_input_files(file)
    leave(page.get_by_role("button", name="Look at it"))
    problems = page.locator(".problems-table tbody tr")
    expect(problems).to_have_count(2)
    expect(problems.first).to_contain_text("is “Copper Kites” meant?")
    page.get_by_label("Or paste the rows").fill(RIGHT)
    leave(page.get_by_role("button", name="Look at it"))
    expect(page.locator("main")).to_contain_text("Match 1 was open")
    expect(page.locator("main")).to_contain_text("Match 2 new match")
    leave(page.get_by_role("button", name="Take it in"))
    expect(page.get_by_role("status")).to_contain_text("Taken in: 6 results of 2 matches.")


def test_from_an_empty_dashboard_to_a_board(
    server: BaseWSGIServer, olga: Persona, browser_page: Page, tmp_path: Path
) -> None:
    enter(browser_page, server, olga)
    make_tournament(browser_page)
    add_participants(browser_page)
    plan_matches(browser_page)
    open_and_start(browser_page)
    import_results(browser_page, tmp_path)
    with read_snapshot() as session:
        tournament = session.scalars(select(Tournament)).one()
        assert tournament.ruleset["placement_points"] == [20, 6, 5, 4, 3, 2, 1]
        tournament_id = tournament.id
    ranking.rank_due(tournament_id, now=utc_now())
    browser_page.reload()
    board = browser_page.get_by_role("table").filter(has_text="Participant").locator("tbody tr")
    expect(board.first).to_contain_text(re.compile(r"Night Ferry\s*44"))
    leave(browser_page.get_by_role("button", name="Complete the tournament"))
    expect(browser_page.locator("[aria-current=step]")).to_have_text("Completed")


def test_the_editor_and_the_second_presses_need_no_script(
    server: BaseWSGIServer, olga: Persona, chromium: Browser
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    complaints = PageComplaints(page)
    enter(page, server, olga)
    leave(page.get_by_role("link", name="New tournament").first)
    page.get_by_label("Name", exact=True).fill("Plain Cup")
    go_to(page, "Points", leaves=True)
    leave(page.get_by_role("button", name="start a table of your own from Free Fire World Series"))
    expect(page.get_by_label("Name", exact=True)).to_have_value("Plain Cup")
    leave(page.get_by_role("button", name="One more place"))
    page.get_by_label("11th", exact=True).fill("1")
    leave(page.get_by_role("button", name="Remove: Kills"))
    expect(page.locator(".order__keys li")).to_have_count(3)
    with page.expect_navigation():
        page.get_by_label("11th", exact=True).press("Enter")
    expect(page.locator(".wizard__steps [aria-current=step]")).to_contain_text("Dates")
    go_to(page, "Check", leaves=True)
    leave(page.get_by_role("button", name="Create the draft").last)
    expect(page.get_by_role("status")).to_contain_text("as a draft")
    page.get_by_text("Cancel the tournament …").click()
    page.get_by_label("Reason").fill("Nobody has come")
    leave(page.get_by_role("button", name="Cancel the tournament"))
    expect(page.get_by_role("status")).to_contain_text("The tournament is cancelled.")
    with read_snapshot() as session:
        assert len(session.scalars(select(Tournament)).one().ruleset["placement_points"]) == 11
    context.close()
    assert complaints.found == []


def test_times_are_the_readers_own(server: BaseWSGIServer, olga: Persona, chromium: Browser) -> None:
    context = chromium.new_context(timezone_id="Asia/Dhaka")
    page = context.new_page()
    enter(page, server, olga)
    leave(page.get_by_role("link", name="New tournament").first)
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Dhaka")
    page.get_by_label("Name", exact=True).fill("Dhaka Cup")
    go_to(page, "Dates")
    page.get_by_label("Starts", exact=True).fill("2026-12-01T18:30")
    go_to(page, "Check")
    leave(page.get_by_role("button", name="Create the draft").last)
    with read_snapshot() as session:
        starts_at = session.scalars(select(Tournament)).one().starts_at
        assert starts_at is not None
        assert starts_at.isoformat() == "2026-12-01T12:30:00+00:00"
    leave(page.get_by_role("link", name="Edit", exact=True).first)
    expect(page.get_by_label("Starts", exact=True)).to_have_value("2026-12-01T18:30")
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(
    server: BaseWSGIServer, olga: Persona, chromium: Browser, width: int, scheme: Literal["light", "dark"]
) -> None:
    arena = open_battle_royale(squads=3, lobbies=2, organizer_id=olga.user_id)
    draft_id = tournaments.create(
        "Draft", game="pubgm", format="battle-royale", ruleset={"points_per_kill": 1}, actor=olga.actor, now=utc_now()
    )
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    enter(page, server, olga)
    live = f"tournaments/{arena.tournament_id}/"
    paths = [
        "", "tournaments/new/", live, f"{live}participants/", f"{live}matches/", f"{live}import/", f"{live}edit/",
        f"{live}matches/{arena.match_ids[0]}/edit/", f"tournaments/{draft_id}/edit/",
    ]  # fmt: skip
    found = []
    for path in paths:
        page.goto(f"http://127.0.0.1:{server.port}/organizer/{path}")
        found += [
            (path, wrong["id"], wrong["nodes"][0]["html"][:120]) for wrong in Axe().run(page).response["violations"]
        ]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append((path, "scrolls sideways", ""))
    context.close()
    assert found == []
