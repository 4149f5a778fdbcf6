"""A captain's own place in a lobby, and the grid that takes all of them, read by axe and at the width of a phone."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.e2e.grids import Sheets
from tests.personas import persona
from webapp.models import Registration
from webapp.services.matches import lobby_reports
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_axe_finds_nothing_and_what_clashes_shows_in_the_filled_grid(
    app: Flask, chromium: Browser, sheets: Sheets, *, width: int, scheme: Literal["dark", "light"]
) -> None:
    captains = [persona(app, name) for name in ("pat", "otto")]
    with transaction() as session:
        for captain, who in zip(captains, sheets.ids, strict=False):
            session.get_one(Registration, who).registered_by_id = captain.user_id
    match_id = sheets.arena.match_ids[1]
    lobby_reports.submit(match_id, placement=2, kills=1, note="We saw it", actor=captains[1].actor, now=utc_now())
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.context.add_cookies([{"name": "dc_session", "value": captains[0].secret, "url": sheets.site}])
    page.goto(f"{sheets.site}/me/matches/{match_id}/")
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator(".field__error")).to_have_text("Give the place, or say that you did not finish.")
    found = {"refused": violations(page, width)}
    page.get_by_label("Your place", exact=True).fill("2")
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator("#match-now")).to_contain_text("Another side reports the same place")
    found["reported"] = violations(page, width)
    sheets.open(page, 1)
    found["grid"] = violations(page, width)
    page.get_by_role("link", name="Take the reports into the grid").click()
    expect(page.locator(f"#note-{sheets.ids[1]}")).to_have_text("Place: 2 is given to Squad 01 already.")
    found["filled"] = violations(page, width)
    assert {name: said for name, said in found.items() if said} == {}
    context.close()


def violations(page: Page, width: int) -> list[str]:
    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    wide = ["scrolls sideways"] if page.evaluate("document.documentElement.scrollWidth") > width else []
    return wide + [f"{one['id']}: {[node['target'] for node in one['nodes'][:3]]}" for one in found]
