"""Mails as people see them: in light and dark, on a phone and at a desk; the staff's look at them; the way out by a button."""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import BaseWSGIServer

from tests.personas import Persona
from webapp.domain.notifications.kinds import EMAIL
from webapp.services.notifications import preferences, unsubscribing
from webapp.services.staff_pages import email_previews

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

OF_EACH_FORM = ("match_scheduled", "announcement", "match_scheduled-many", "digest", "verification")
_OF_PAGES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def wrong_in(page: Page) -> list[str]:
    response: dict[str, Any] = Axe().run(page, options=_OF_PAGES).response
    assert len(response["passes"]) > 5
    return [
        f"{found['id']}: {' '.join(map(str, node['target']))}"
        for found in response["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 390), ("light", 1440), ("dark", 1440)])
def test_a_mail_can_be_read_in_every_light_and_width(
    app: Flask, chromium: Browser, *, scheme: Literal["light", "dark"], width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    for name in OF_EACH_FORM:
        page.set_content(email_previews._draft(name).rendered().html)
        assert wrong_in(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ground = page.locator("td.body").evaluate("each => getComputedStyle(each).backgroundColor")
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 27)"}[scheme]
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_staff_see_a_mail_in_its_frame_as_it_is_sent(
    browser_page: Page, server: BaseWSGIServer, sam: Persona, theme: str
) -> None:
    site = f"http://127.0.0.1:{server.port}"
    browser_page.context.add_cookies([{"name": "dc_session", "value": sam.secret, "url": site}])
    browser_page.goto(f"{site}/staff/emails/")
    browser_page.get_by_role("link", name="Daily digest").click()
    browser_page.get_by_role("link", name=theme.capitalize(), exact=True).click()
    mail = browser_page.frame_locator("iframe")
    mail.get_by_role("heading", name="What you have not read yet").wait_for()
    ground = mail.locator("td.body").evaluate("each => getComputedStyle(each).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 27)"}[theme]
    assert "unread notices" in browser_page.locator(".email-text").inner_text()


def test_a_person_stops_mails_by_the_button_of_the_page(
    browser_page: Page, server: BaseWSGIServer, app: Flask, pat: Persona
) -> None:
    path = unsubscribing.url_for(pat.user_id, "announcement").removeprefix("http://127.0.0.1:8000")
    browser_page.goto(f"http://127.0.0.1:{server.port}{path}")
    assert wrong_in(browser_page) == []
    assert ("announcement", EMAIL) in preferences.read_preferences(pat.user_id).choice.on
    browser_page.get_by_role("button", name="Stop these mails").click()
    browser_page.get_by_role("heading", name="No more of these mails").wait_for()
    assert wrong_in(browser_page) == []
    assert ("announcement", EMAIL) not in preferences.read_preferences(pat.user_id).choice.on
