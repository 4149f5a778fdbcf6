"""The whole story of a double-elimination cup of eight, told by an organizer, two captains and a spectator.

Each has a browser of their own and nothing but pages. The other teams register by the services that the page uses,
their captains being in no browser here; everything that an organizer does about them is done on pages.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.e2e.cup_people import People, fill_up, register_others
from tests.e2e.cup_play import (
    correct,
    decide,
    enter,
    enter_and_undo,
    object_to,
    open_desk,
    report,
    said,
    tie,
    to,
    to_match,
)
from tests.e2e.pictures import Pictures
from tests.servers.web import LiveSite
from tests.uploaded import picture
from webapp.services.demo import demo
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

pytestmark = pytest.mark.e2e

NAME = "Harbor Lights Cup"
KITES, DELTAS = "Crimson Kites", "Dhaka Deltas"
OTHERS = ("Amber Foxes", "Blue Herons", "Copper Owls", "Dune Runners", "Ember Wolves", "Fjord Seals", "Glass Hawks")
ABSENT, SPARE = "Glass Hawks", "Hidden Lynx"
BEFORE_ANY_POLL_MS = 20_000


@pytest.fixture
def people(live_site: LiveSite, chromium: Browser) -> Iterator[People]:
    with live_site.app.app_context():
        for name in demo.FLAGS:
            flags.set_flag(name, is_on=True, actor=SYSTEM, now=utc_now())
    people = People(live_site, chromium)
    yield people
    people.leave()


def make_the_cup(organizer: Page, pictures: Pictures) -> int:
    """A draft of the cup, made in steps: eight places and a waitlist, check-in, a fee that is paid by wallet."""
    organizer.get_by_role("link", name="New tournament").first.click()
    organizer.get_by_label("Name", exact=True).fill(NAME)
    organizer.get_by_label("Game").select_option("valorant")
    organizer.get_by_label("Description").fill("Eight teams, **two lives** each.")
    pictures.take(organizer, "new-about", 1440)
    step(organizer, "Format")
    organizer.locator("select[name=format]").select_option("double-elimination")
    organizer.get_by_label("Places").fill("8")
    expect(organizer.get_by_label("A lost grand final")).to_be_checked()
    organizer.get_by_label("Best of in the final").select_option("3")
    step(organizer, "Dates")
    start = utc_now() + timedelta(minutes=25)
    organizer.get_by_label("Starts").fill(f"{start:%Y-%m-%dT%H:%M}")
    organizer.get_by_label("Time zone").select_option("UTC")
    organizer.get_by_label("Who has not checked in by the start").check()
    step(organizer, "Fee")
    organizer.get_by_label("Entry fee").fill("200")
    organizer.get_by_label("Currency").fill("BDT")
    organizer.get_by_label("How to pay").fill("Mobile wallet: send to 01700-000000, write the team’s name")
    organizer.get_by_label("Prize pool").fill("5000")
    organizer.get_by_label("Shares in percent").fill("60, 30, 10")
    step(organizer, "Check")
    pictures.take(organizer, "new-check", 1440)
    organizer.get_by_role("button", name="Create the draft").last.click()
    organizer.wait_for_url(re.compile(r"/tournaments/\d+/$"))
    found = re.search(r"/tournaments/(\d+)/", organizer.url)
    assert found
    return int(found[1])


def step(organizer: Page, name: str) -> None:
    """Go to another step of the form that makes a tournament."""
    steps = organizer.locator(".wizard__steps")
    steps.get_by_role("button", name=name).click()
    expect(steps.locator("[aria-current=step]")).to_contain_text(name)
    expect(organizer.locator(".htmx-added")).to_have_count(0)


def ask_and_open(organizer: Page, pictures: Pictures) -> None:
    """One question of the organizer's own, then registration is opened."""
    to(organizer, "Registrations")
    organizer.get_by_role("link", name="Questions").click()
    organizer.get_by_label("Question", exact=True).fill("Discord name of the captain")
    organizer.get_by_label("Name in tables").fill("discord")
    organizer.get_by_label("Nobody registers without an answer").check()
    pictures.take(organizer, "question", 1440)
    organizer.get_by_role("button", name="Ask it").click()
    expect(organizer.get_by_role("listitem").filter(has_text="Discord name of the captain").first).to_be_visible()
    to(organizer, "Overview")
    organizer.get_by_role("button", name="Open registration").click()
    expect(organizer.locator("[aria-current=step]")).to_have_text("Registration open")


def found_a_team(captain: Page, people: People, name: str, mate: str) -> list[str]:
    """The captain founds a team and asks a friend into it, who joins; the handles of all but the captain."""
    captain.get_by_role("link", name="Found a team").first.click()
    captain.get_by_label("Name", exact=True).fill(name)
    captain.get_by_label("Tag").fill(name[:3].upper())
    captain.get_by_label("Game").select_option("valorant")
    captain.get_by_role("button", name="Found").click()
    friend = people.logged_in(mate, "player", "/me/")
    captain.get_by_label("Handle").fill(mate.title())
    captain.get_by_role("button", name="Invite").click()
    friend.reload()
    friend.get_by_role("button", name="Join").click()
    expect(friend.get_by_text(name).first).to_be_visible()
    friend.context.close()
    return [mate.title(), *fill_up(people.site, name)]


def register_team(captain: Page, handles: Sequence[str], press: str) -> None:
    """The captain finds the cup among all, fills in the line-up and the organizer's question, and registers."""
    captain.get_by_role("navigation", name="Main").get_by_role("link", name="Tournaments").click()
    captain.get_by_role("link", name=NAME).first.click()
    captain.get_by_role("link", name="Register", exact=True).click()
    captain.get_by_role("button", name=press).click()
    expect(captain.get_by_role("alert")).to_contain_text("Something needs another look")
    for handle in handles:
        captain.get_by_label(f"Riot ID of {handle}").fill(f"{handle} Storm#EUW1")
    captain.get_by_label("Discord name of the captain").fill(f"{handles[0]}#0001")
    captain.get_by_role("button", name=press).click()


def pay(captain: Page, pictures: Pictures) -> None:
    """Say that the fee is paid, with a picture of the receipt."""
    captain.get_by_label("Reference").fill("TX-9001")
    receipt: FilePayload = {"name": "receipt.png", "mimeType": "image/png", "buffer": picture(size=(300, 500))}
    captain.get_by_label("Proof").set_input_files(receipt)
    pictures.take(captain, "payment", 390)
    captain.get_by_role("button", name="I have paid").click()
    expect(captain.get_by_text("payment to be verified")).to_be_visible()


def pay_late(captain: Page) -> None:
    """Whoever comes in from the waitlist finds the fee on the page of the registration, and pays by reference alone."""
    captain.reload()
    expect(captain.get_by_text("taking part", exact=True)).to_be_visible()
    captain.get_by_label("Reference").fill("TX-9002")
    captain.get_by_role("button", name="I have paid").click()
    expect(captain.get_by_text("payment to be verified")).to_be_visible()


def verify_all(organizer: Page, count: int, pictures: Pictures) -> None:
    """The organizer looks at the proof and verifies every payment."""
    to(organizer, "Payments")
    verify = organizer.get_by_role("button", name=re.compile("^Verify the payment of "))
    expect(verify).to_have_count(count)
    pictures.take(organizer, "payments", 1440)
    with organizer.expect_popup() as proof:
        organizer.get_by_role("link", name=f"Proof of {KITES}").click()
    expect(proof.value.locator("img")).to_be_visible()
    proof.value.close()
    for left in reversed(range(count)):
        verify.first.click()
        expect(verify).to_have_count(left)


def check_in(captain: Page) -> None:
    """By the captain's own page of the registration."""
    captain.get_by_role("link", name="Registrations", exact=True).first.click()
    captain.get_by_role("link", name=NAME).first.click()
    captain.get_by_role("button", name="Check in", exact=True).click()
    expect(captain.get_by_text("checked in", exact=True).first).to_be_visible()


def close_check_in(organizer: Page, pictures: Pictures) -> None:
    """All but one are ticked off at the desk; the close lets the one of the waitlist in who stands by."""
    to(organizer, "Check-in")
    for name in OTHERS:
        if name != ABSENT:
            organizer.get_by_role("checkbox", name=name).check()
    pictures.take(organizer, "checkin-desk", 1440)
    organizer.get_by_role("button", name="Check in all that are ticked").click()
    closing = organizer.get_by_role("region", name="Closing it")
    expect(closing.get_by_role("heading", name="Out (1)")).to_be_visible()
    expect(closing.get_by_role("list").nth(0)).to_have_text(re.compile(ABSENT))
    expect(closing.get_by_role("list").nth(1)).to_have_text(re.compile(DELTAS))
    closing.get_by_role("button", name="Close check-in").click()
    expect(organizer.get_by_role("region", name="Closed")).to_contain_text(ABSENT)
    pictures.take(organizer, "checkin-close", 1440)


def draw_and_start(organizer: Page, pictures: Pictures) -> None:
    """Registration ends, two seeds change places by hand, what comes of it is looked at, drawn and finalized."""
    to(organizer, "Overview")
    organizer.get_by_role("button", name="Close registration").click()
    organizer.get_by_role("link", name="Draw the bracket").click()
    lines = organizer.locator("[data-seed-line]")
    expect(lines).to_have_count(8)
    expect(lines.last).to_contain_text(DELTAS)
    organizer.get_by_role("button", name="Amber Foxes: one down").click()
    pictures.take(organizer, "seeding", 1440)
    organizer.get_by_role("button", name="Look at it").click()
    expect(organizer.get_by_role("heading", name="As it would be drawn")).to_be_visible()
    organizer.get_by_role("button", name="Draw the bracket").click()
    organizer.get_by_role("button", name="Finalize", exact=True).click()
    expect(organizer.get_by_role("button", name="Unfinalize")).to_be_visible()
    to(organizer, "Overview")
    organizer.get_by_role("button", name="Start the tournament").click()
    expect(organizer.locator("[aria-current=step]")).to_have_text("Live")


def play_the_first(organizer: Page, cara: Page, dan: Page, spectator: Page, pictures: Pictures) -> None:
    """The organizer tells the lobby and starts; one captain reports, the other agrees; everybody sees it at once."""
    open_desk(organizer, "Winners' round 1, match 1")
    organizer.get_by_label("Password").fill("lantern")
    organizer.get_by_role("button", name="Save the lobby").click()
    organizer.get_by_role("button", name="Start the match").click()
    to_match(cara, DELTAS)
    expect(cara.get_by_text("lantern")).to_be_visible()
    report(cara, (KITES, 13, DELTAS, 7))
    pictures.take(cara, "match-reported", 390)
    to_match(dan, KITES)
    pictures.take(dan, "match-answer", 390)
    dan.get_by_role("button", name="That is right").click()
    expect(dan.get_by_text("you have lost")).to_be_visible()
    expect(tie(spectator, KITES, DELTAS).locator(".is-winner")).to_contain_text(KITES, timeout=BEFORE_ANY_POLL_MS)


def play_to_the_final(organizer: Page, dan: Page, spectator: Page, pictures: Pictures) -> None:
    """All that comes before the grand final, with a result taken back, one put right, and one reported by a side."""
    enter_and_undo(organizer, "Winners' round 1, match 2", "Copper Owls", "Dune Runners", pictures)
    enter(organizer, "Winners' round 1, match 2", "Dune Runners", "Copper Owls")
    enter(organizer, "Winners' round 1, match 3", "Blue Herons", "Fjord Seals")
    enter(organizer, "Winners' round 1, match 4", "Amber Foxes", "Ember Wolves")
    enter(organizer, "Losers' round 1, match 2", "Fjord Seals", "Ember Wolves")
    expect(tie(spectator, "Fjord Seals", "Ember Wolves").locator(".is-winner")).to_contain_text("Fjord")
    correct(organizer, "Winners' round 1, match 3", "Fjord Seals", "Blue Herons", pictures)
    expect(tie(spectator, "Blue Herons", "Ember Wolves")).to_be_visible(timeout=BEFORE_ANY_POLL_MS)
    enter(organizer, "Losers' round 1, match 2", "Blue Herons", "Ember Wolves")
    to_match(dan, "Copper Owls")
    report(dan, (DELTAS, 13, "Copper Owls", 8))
    confirm_as_reported(organizer, "Losers' round 1, match 1")
    enter(organizer, "Winners' round 2, match 1", KITES, "Dune Runners")
    enter(organizer, "Winners' round 2, match 2", "Amber Foxes", "Fjord Seals")
    enter(organizer, "Losers' round 2, match 1", DELTAS, "Fjord Seals")
    enter(organizer, "Losers' round 2, match 2", "Blue Herons", "Dune Runners")
    pictures.take(spectator, "bracket", 1440)
    enter(organizer, "Winners' final", KITES, "Amber Foxes")
    enter(organizer, "Losers' round 3", DELTAS, "Blue Herons")
    enter(organizer, "Losers' final", DELTAS, "Amber Foxes")


def confirm_as_reported(organizer: Page, label: str) -> None:
    """The other side is silent: the organizer confirms what was reported, which stands in the form already."""
    open_desk(organizer, label)
    expect(organizer.get_by_role("region", name="What the sides say")).to_contain_text("waits for the other side")
    organizer.get_by_role("link", name="Enter the result").click()
    organizer.get_by_role("button", name="Confirm the result").click()
    said(organizer, "onfirmed")


def play_the_final(organizer: Page, cara: Page, dan: Page, pictures: Pictures) -> None:
    """The unbeaten side objects to a lost grand final; it stands, and they meet once more, reported alike by both."""
    final = ((DELTAS, 13, KITES, 9), (DELTAS, 4, KITES, 13), (DELTAS, 14, KITES, 12))
    to_match(dan, KITES, "Grand final")
    report(dan, *final)
    to_match(cara, DELTAS, "Grand final")
    object_to(cara, *final[:2], (DELTAS, 12, KITES, 14))
    decide(organizer, pictures)
    cara.reload()
    expect(cara.get_by_text("The server’s log has game three")).to_be_visible()
    for captain, opponent in ((cara, DELTAS), (dan, KITES)):
        to_match(captain, opponent, "second match")
        report(captain, (KITES, 13, DELTAS, 3), (KITES, 13, DELTAS, 11))
    expect(dan.get_by_text("you have lost")).to_be_visible()


def finish(organizer: Page, spectator: Page, pictures: Pictures) -> None:
    """The cup is completed; everybody sees the champion."""
    to(organizer, "Overview")
    organizer.get_by_role("button", name="Complete the tournament").click()
    expect(organizer.locator("[aria-current=step]")).to_have_text("Completed")
    to(organizer, "Winners")
    podium = organizer.get_by_role("region", name="Declared").get_by_role("listitem")
    expect(podium).to_have_text([re.compile(KITES), re.compile(DELTAS), re.compile("Amber Foxes")])
    pictures.take(organizer, "winners", 1440)
    spectator.get_by_role("link", name="Standings and matches").click()
    won = spectator.get_by_role("region", name="Winners", exact=True).get_by_role("listitem")
    expect(won).to_have_text([re.compile(KITES), re.compile(DELTAS), re.compile("Amber Foxes")])
    pictures.take(spectator, "champion", 1440)


@pytest.mark.timeout(900)
def test_a_cup(people: People, pictures: Pictures) -> None:
    organizer = people.logged_in("olga", "organizer", "/organizer/")
    tournament_id = make_the_cup(organizer, pictures)
    ask_and_open(organizer, pictures)
    spectator = people.page()
    cara = people.logged_in("cara", "player", "/me/teams/", width=390)
    kites = ["Cara", *found_a_team(cara, people, KITES, "mira")]
    dan = people.logged_in("dan", "player", "/me/teams/", width=390)
    deltas = ["Dan", *found_a_team(dan, people, DELTAS, "nell")]
    register_team(cara, kites, "Register")
    pay(cara, pictures)
    register_others(people.site, tournament_id, OTHERS, {"discord": "somebody"})
    register_team(dan, deltas, "Join the waitlist")
    register_others(people.site, tournament_id, [SPARE], {"discord": "somebody"})
    verify_all(organizer, 1 + len(OTHERS), pictures)
    check_in(cara)
    check_in(dan)
    close_check_in(organizer, pictures)
    pay_late(dan)
    draw_and_start(organizer, pictures)
    spectator.goto(f"{people.site.url}/spectator/tournaments/{tournament_id}/bracket/")
    spectator.evaluate("window.neverReloaded = true")
    play_the_first(organizer, cara, dan, spectator, pictures)
    play_to_the_final(organizer, dan, spectator, pictures)
    play_the_final(organizer, cara, dan, pictures)
    champion = tie(spectator, KITES, DELTAS).last.locator(".is-winner")
    expect(champion).to_contain_text(KITES, timeout=BEFORE_ANY_POLL_MS)
    assert spectator.evaluate("window.neverReloaded") is True
    finish(organizer, spectator, pictures)
    assert people.leave() == []
