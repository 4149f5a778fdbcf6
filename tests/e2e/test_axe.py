"""Accessibility of every public page, by axe: no violation on a phone and on a desk, in light and in dark, in each language."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Literal, NoReturn

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize
from sqlalchemy import select
from werkzeug.serving import BaseWSGIServer

from tests.kept_apps import KeptApps
from tests.personas import persona
from tests.public_pages import PublicPages, open_cup, open_everything, open_ladder, open_swiss, open_to_come
from tests.webhooked import attempted, deliver, deliveries, endpoint_at
from webapp.models import Tournament
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.views import access

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(400),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

ENGLISH_ONLY = ("/api/",)
"""The page for programmers is in the language of its sources."""


@pytest.fixture
def pages(app: Flask) -> PublicPages:
    return open_everything()


@pytest.fixture
def kept_apps() -> KeptApps:
    """None from before: these tests add addresses to their application."""
    return KeptApps()


@pytest.fixture(autouse=True)
def broken_page(app: Flask) -> None:
    """An address that breaks, for the page of errors."""

    @app.get("/broken/")
    @access.open_to(access.EVERYBODY)
    def _broken() -> NoReturn:
        raise RuntimeError("for the page of errors")


def _told(violation: dict[str, Any]) -> str:
    nodes = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
    return f"{violation['id']}: {violation['help']} ({', '.join(nodes[:5])})"


def look_at(page: Page, server: BaseWSGIServer, paths: list[str]) -> dict[str, list[str]]:
    """What is wrong with each page, for those with which something is."""
    found: dict[str, list[str]] = {}
    size = page.viewport_size
    assert size is not None
    for path in paths:
        page.set_viewport_size(size)
        page.goto(f"http://127.0.0.1:{server.port}{path}")
        if page.locator("[data-why]").count():
            page.locator("[data-why]").nth(1).click()
            page.locator(".why").wait_for()
        response = Axe().run(page).response
        assert len(response["passes"]) > 5, f"axe has not looked at {path}"
        told = [_told(violation) for violation in response["violations"]]
        found[path] = [*told, *_too_wide(page, size)]
    return {path: told for path, told in found.items() if told}


def _too_wide(page: Page, size: ViewportSize) -> Iterator[str]:
    """Where the page scrolls sideways: at the width that it has, and on a phone or a desk as that allows."""
    for width in (size["width"], 390 if size["width"] < 1000 else 1280):
        page.set_viewport_size({"width": width, "height": size["height"]})
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            yield f"scrolls sideways at {width}"


# A page's colours are those of its theme, whatever its language: each theme, width and language once.
@pytest.mark.parametrize(("scheme", "width", "language"), [("light", 320, "en"), ("dark", 1440, "bn")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    chromium: Browser,
    server: BaseWSGIServer,
    pages: PublicPages,
    *,
    scheme: Literal["light", "dark"],
    width: int,
    language: str,
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.add_cookies([{"name": "dc_lang", "value": language, "url": f"http://127.0.0.1:{server.port}"}])
    # Overlays stand in streams, which are not the width of a phone.
    framed = [f"{path}?lang={language}" for path in pages.framed if width > 1000 or "/overlay/" not in path]
    paths = [*pages.paths, *framed, "/broken/", *(ENGLISH_ONLY if language == "en" else ())]
    assert look_at(context.new_page(), server, paths) == {}
    context.close()


def cup_pages() -> list[str]:
    """Accounts, staff, and a battle royale under its organizer's hands."""
    cup = open_cup()
    managed = f"/organizer/tournaments/{cup.tournament_id}/"
    return [
        "/me/", "/me/password/", "/me/sessions/", "/me/tokens/", "/organizer/", "/organizer/tournaments/new/", managed,
        *(f"{managed}{section}/" for section in ("matches", "participants", "import", "edit")),
        f"/organizer/matches/{cup.match_ids[0]}/grid/", f"/organizer/matches/{cup.match_ids[2]}/grid/",
        *(f"/staff/{section}" for section in ("", "leaderboards/", "flags/", "jobs/", "audit/", "users/")),
        f"/staff/leaderboards/{cup.tournament_id}/", f"/staff/tournaments/{cup.tournament_id}/overrides/",
    ]  # fmt: skip


def day_pages() -> list[str]:
    """A bracket in the middle of its day, with a dispute."""
    ladder, swiss = open_ladder(), open_swiss()
    managed, keys = f"/organizer/tournaments/{ladder.tournament_id}/", ladder.match_ids()
    sections = ("", "control/", "bracket/", "schedule/", "stuck/", "disputes/", "disputes/1/", "winners/")
    return [
        *(managed + section for section in sections), f"/organizer/tournaments/{swiss.tournament_id}/league/",
        *(f"{managed}matches/{keys[key]}/" for key in ("W1-2", "W1-3", "W2-1")),
        f"{managed}matches/{keys['W2-1']}/result/", f"{managed}matches/{keys['W1-2']}/correct/",
        "/me/matches/", "/me/disputes/", "/staff/disputes/",
    ]  # fmt: skip


def registration_pages() -> list[str]:
    """A tournament that people register for."""
    slug = open_to_come()
    with read_snapshot() as session:
        found = select(Tournament.id).where(Tournament.slug == slug)
        managed = f"/organizer/tournaments/{session.scalars(found).one()}/"
    sections = (
        "control", "registrations", "payments", "check-in", "questions", "officials", "announcements", "versions",
    )  # fmt: skip
    return [
        *(f"{managed}{section}/" for section in sections), "/me/registrations/", "/me/teams/", "/teams/new/",
        "/staff/deleted/",
    ]  # fmt: skip


def webhook_pages() -> list[str]:
    """A webhook in trouble, and one that was disabled."""
    now = utc_now()
    trouble = endpoint_at(
        "https://example.org/", description="Scoreboard", circuit="open", circuit_since=now, failures_in_a_row=5,
        failing_since=now, throttled_until=now + timedelta(minutes=5),
    )  # fmt: skip
    deliver(trouble, count=30, now=now)
    delivery = deliveries(trouble)[-1]
    attempted(delivery, error="timeout", answer=b"x" * 500, headers={"webhook-id": str(delivery.event_id)})
    disabled = endpoint_at("https://example.org/", disabled_at=now, disabled_reason="gone")
    managed = f"/staff/webhooks/{trouble}/"
    sections = ("", "edit/", "secret/", f"deliveries/{delivery.id}/")
    return [
        "/organizer/webhooks/", "/staff/webhooks/", "/staff/webhooks/new/", f"/staff/webhooks/{disabled}/",
        *(managed + section for section in sections),
    ]  # fmt: skip


@pytest.mark.parametrize("pages_of", [cup_pages, day_pages, registration_pages, webhook_pages])
@pytest.mark.parametrize(("scheme", "width"), [("dark", 390), ("light", 1440)])
def test_the_pages_of_those_who_work_with_it_are_as_good(
    app: Flask,
    chromium: Browser,
    server: BaseWSGIServer,
    pages_of: Callable[[], list[str]],
    *,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    sam, paths = persona(app, "sam"), pages_of()
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.add_cookies([{"name": "dc_session", "value": sam.secret, "url": f"http://127.0.0.1:{server.port}"}])
    assert look_at(context.new_page(), server, paths) == {}
    context.close()
