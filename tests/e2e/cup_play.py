"""Matches of a cup as people play them on pages: reported and agreed to, entered, undone, corrected, disputed, decided."""

import re
from typing import Final

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.pictures import Pictures
from tests.uploaded import picture

SCREENSHOT: Final[FilePayload] = {
    "name": "end.png",
    "mimeType": "image/png",
    "buffer": picture(size=(640, 360), colour="#204060"),
}


def to(page: Page, section: str) -> None:
    """Another page of the same area, by its name in the navigation beside the page."""
    page.get_by_role("link", name=section, exact=True).first.click()
    expect(page.get_by_role("link", name=section, exact=True).first).to_have_attribute("aria-current", "page")


def said(page: Page, words: str) -> Locator:
    """What the last form did, once it is said."""
    flash = page.locator(".flash").filter(has_text=words)
    try:
        expect(flash).to_be_visible()
    except AssertionError as error:
        page_says = page.locator("main").inner_text()[:600]
        raise AssertionError(f"{words!r} is not said at {page.url}: {page_says}") from error
    return flash


def open_desk(organizer: Page, label: str) -> None:
    """The organizer's page of a match, from the list of all."""
    to(organizer, "Matches")
    organizer.get_by_role("link", name=label, exact=True).click()
    expect(organizer.get_by_role("heading", name=label, level=1)).to_be_visible()


def fill_games(page: Page, *games: tuple[str, int, str, int]) -> None:
    """Scores by game, each side named."""
    for number, (first, score, second, other) in enumerate(games, start=1):
        page.get_by_label(f"Game {number}, score of {first}").fill(str(score))
        page.get_by_label(f"Game {number}, score of {second}").fill(str(other))


def enter(organizer: Page, label: str, winner: str, loser: str, *, games: int = 1) -> None:
    """The organizer enters a match that `winner` wins 13:5."""
    to(organizer, "Matches")
    organizer.get_by_role("link", name=f"Enter the result of {label}", exact=True).click()
    fill_games(organizer, *[(winner, 13, loser, 5)] * games)
    organizer.get_by_role("button", name="Confirm the result").click()
    said(organizer, "confirmed")


def to_match(captain: Page, opponent: str, label: str = "") -> None:
    """The captain's own page of the match against somebody."""
    to(captain, "Matches")
    row = captain.get_by_role("listitem").filter(has_text=f"against {opponent}").filter(has_text=label)
    row.get_by_role("link").first.click()
    expect(captain.get_by_role("region", name="The match")).to_be_visible()


def report(captain: Page, *games: tuple[str, int, str, int]) -> None:
    """The captain reports a result with a picture of the end."""
    fill_games(captain, *games)
    captain.get_by_label("Screenshot").set_input_files(SCREENSHOT)
    captain.get_by_role("button", name="Send the report").click()


def enter_and_undo(organizer: Page, label: str, winner: str, loser: str, pictures: Pictures) -> None:
    """The organizer confirms the wrong side and takes it back from the message that says so."""
    enter(organizer, label, winner, loser)
    pictures.take(organizer, "undo", 1440)
    organizer.get_by_role("button", name="Undo", exact=True).click()
    said(organizer, "You have undone")


def correct(organizer: Page, label: str, winner: str, loser: str, pictures: Pictures) -> None:
    """The organizer puts a result right that a later match was played on: that one is played again."""
    open_desk(organizer, label)
    organizer.get_by_role("link", name="Correct …").click()
    fill_games(organizer, (winner, 13, loser, 5))
    organizer.get_by_label("Reason").fill("The two scores were typed the wrong way round.")
    organizer.get_by_role("button", name="What would change?").click()
    impact = organizer.locator("#impact")
    choice = impact.get_by_role("group", name=re.compile("was played on the old outcome"))
    choice.get_by_label("Play it again").check()
    pictures.take(organizer, "correction", 1440)
    organizer.get_by_role("button", name="Correct it").click()
    said(organizer, "orrected")


def object_to(captain: Page, *games: tuple[str, int, str, int]) -> None:
    """The captain disputes the other side's report, says what the result was, and shows a picture."""
    captain.get_by_role("link", name="Object …").click()
    captain.get_by_label("What happened").fill("We won game three; the picture shows its end.")
    fill_games(captain, *games)
    captain.get_by_role("button", name="Object", exact=True).click()
    captain.get_by_label("Picture").set_input_files(SCREENSHOT)
    captain.get_by_role("button", name="Add it").click()
    expect(captain.get_by_role("img", name=re.compile("Picture by"))).to_be_visible()


def decide(organizer: Page, pictures: Pictures) -> None:
    """The organizer takes the dispute, looks at what would change, and lets the report stand."""
    to(organizer, "Disputes")
    organizer.get_by_role("region").get_by_role("link", name=re.compile("Grand final")).first.click()
    organizer.get_by_role("button", name="I look after it").click()
    organizer.get_by_label("The result stands", exact=True).check()
    organizer.get_by_label("Reason").last.fill("The server’s log has game three as it was reported.")
    organizer.get_by_role("button", name="What would change?").click()
    expect(organizer.get_by_role("heading", name="What would change")).to_be_visible()
    pictures.take(organizer, "dispute", 1440)
    organizer.get_by_role("button", name="Decide", exact=True).click()
    said(organizer, "The dispute is resolved")


def tie(spectator: Page, *names: str) -> Locator:
    """The match of these in the bracket that everybody sees."""
    match = spectator.locator(".tie")
    for name in names:
        match = match.filter(has_text=name)
    return match
