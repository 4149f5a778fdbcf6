"""Every public page can be read: narrow, enlarged, by keyboard alone, without scripts, in the reader's language and zone."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import BaseWSGIServer

from tests.public_pages import PublicPages, open_everything

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

NARROW: Final[dict[str, Any]] = {"viewport": {"width": 320, "height": 640}}
ENLARGED: Final[dict[str, Any]] = {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}
"""A window of 1280 by 800 at 200 %."""
TOO_WIDE: Final = """() => document.documentElement.scrollWidth > document.documentElement.clientWidth"""
CUT_OFF: Final = """() => Array.from(document.querySelectorAll("main *, header *, footer *")).filter((element) => {
  const style = getComputedStyle(element);
  const isCut = style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1;
  const hasText = Array.from(element.childNodes).some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  return isCut && hasText && !element.closest(".visually-hidden, svg") && element.clientWidth > 1;
}).map((element) => element.className || element.tagName)"""
REACHABLE: Final = """() => Array.from(document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
)).filter((element) => element.checkVisibility({visibilityProperty: true}) && !element.disabled).length"""
FOCUSED: Final = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) { return null; }
  window.seen = window.seen || new Set();
  const isNew = !window.seen.has(element);
  const isSame = window.last === element;
  window.seen.add(element);
  window.last = element;
  const isMarked = [getComputedStyle(element), getComputedStyle(element, "::after")].some(
    (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  );
  const box = element.getBoundingClientRect();
  return {
    is_new: isNew,
    is_same: isSame,
    name: element.outerHTML.slice(0, 120),
    is_marked: isMarked,
    is_shown: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""
TEXT: Final = """() => {
  const apart = "time, noscript, script, style, button, select, .error-page__reference, [data-light], [role=status], [data-scripted]";
  const found = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest(apart) && parent.checkVisibility({visibilityProperty: true})) {
      found.push(walker.currentNode.textContent.trim());
    }
  }
  return found.filter((text) => text);
}"""


@pytest.fixture
def pages(app: Flask) -> PublicPages:
    return open_everything()


def opened(
    context: BrowserContext, server: BaseWSGIServer, paths: tuple[str, ...], query: str = ""
) -> Iterator[tuple[str, Page]]:
    page = context.new_page()
    for path in paths:
        page.goto(f"http://127.0.0.1:{server.port}{path}{query}")
        yield path, page


@pytest.mark.parametrize(("options", "language"), [(NARROW, "bn"), (ENLARGED, "en")])
def test_nothing_scrolls_sideways_or_is_cut_off_narrow_or_enlarged(
    chromium: Browser, server: BaseWSGIServer, pages: PublicPages, options: dict[str, Any], language: str
) -> None:
    context = chromium.new_context(**options)
    context.add_cookies([{"name": "dc_lang", "value": language, "url": f"http://127.0.0.1:{server.port}"}])
    wrong = []
    for path, page in opened(context, server, pages.paths):
        wrong += [(path, "cut off", what) for what in page.evaluate(CUT_OFF)]
        if page.evaluate(TOO_WIDE):
            wrong.append((path, "scrolls sideways", ""))
    context.close()
    assert wrong == [], "\n".join(map(str, wrong))


def walked(page: Page) -> Iterator[dict[str, Any]]:
    """What the tab key comes to, until it leaves the page or comes round again."""
    for _ in range(400):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None or not (focused["is_new"] or focused["is_same"]):
            return
        # The parts of a date are one field.
        if focused["is_new"]:
            yield focused
    raise AssertionError("the tab key does not come to an end")


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(
    chromium: Browser, server: BaseWSGIServer, pages: PublicPages
) -> None:
    cup = f"/spectator/tournaments/{pages.cup.tournament_id}/"
    paths = (
        "/", "/tournaments/", "/tournaments/axe-cup/", cup, f"{cup}replay/", f"{cup}participants/{pages.cup.participant_ids[7]}/",
        f"{cup}participants/{pages.cup.participant_ids[7]}/why/", f"/spectator/matches/{pages.cup.match_ids[0]}/",
        "/seasons/pubgm/2026_S1/", "/register/", f"/embed/tournaments/{pages.cup.tournament_id}/",
    )  # fmt: skip
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    wrong = []
    for path, page in opened(context, server, paths):
        reachable = page.evaluate(REACHABLE)
        come_to = list(walked(page))
        wrong += [(path, "unmarked", one["name"]) for one in come_to if not one["is_marked"]]
        wrong += [(path, "out of sight", one["name"]) for one in come_to if not one["is_shown"]]
        if len(come_to) < reachable:
            wrong.append((path, "not reached", str(reachable - len(come_to))))
        if not path.startswith("/embed/") and "skip-link" not in come_to[0]["name"]:
            wrong.append((path, "first is not the way past the head", come_to[0]["name"]))
    context.close()
    assert wrong == [], "\n".join(map(str, wrong))


def test_the_skip_link_leads_past_the_head(browser_page: Page, server: BaseWSGIServer, pages: PublicPages) -> None:
    browser_page.goto(f"http://127.0.0.1:{server.port}/spectator/tournaments/{pages.cup.tournament_id}/")
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.press("Enter")
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("Boolean(document.activeElement.closest('main'))")


def test_without_scripts_everything_can_be_read(chromium: Browser, server: BaseWSGIServer, pages: PublicPages) -> None:
    with_scripts, without = chromium.new_context(), chromium.new_context(java_script_enabled=False)
    read = {path: page.evaluate(TEXT) for path, page in opened(with_scripts, server, pages.paths)}
    plain = {path: set(page.evaluate(TEXT)) for path, page in opened(without, server, pages.paths)}
    missing = {path: [text for text in texts if text not in plain[path]] for path, texts in read.items()}
    assert {path: texts for path, texts in missing.items() if texts} == {}
    for context in (with_scripts, without):
        context.close()


@pytest.mark.parametrize(
    ("language", "moment", "footer"),
    [
        ("en", r"1 Mar(?: 2026)?, 18:01", "Times are in Asia/Dhaka."),
        ("bn", r"1 মার্চ(?: 2026)?, 18:01", "সময় Asia/Dhaka অনুযায়ী।"),
    ],
)
def test_times_are_the_readers_own_in_the_language_of_the_page(
    chromium: Browser, server: BaseWSGIServer, pages: PublicPages, language: str, moment: str, footer: str
) -> None:
    address = f"http://127.0.0.1:{server.port}/spectator/matches/{pages.cup.match_ids[0]}/?lang={language}"
    local = chromium.new_context(timezone_id="Asia/Dhaka").new_page()
    local.goto(address)
    shown = local.locator("main time").all_inner_texts()
    assert any(re.fullmatch(moment, text) for text in shown), shown
    assert footer in local.locator("footer").inner_text()
    plain = chromium.new_context(java_script_enabled=False, timezone_id="Asia/Dhaka").new_page()
    plain.goto(address)
    assert all(text.endswith(" UTC") for text in plain.locator("main time").all_inner_texts())
    assert "UTC" in plain.locator("footer").inner_text()
    for page in (local, plain):
        page.context.close()
