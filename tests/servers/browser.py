"""A Chromium for browser tests: an installed one, else Playwright's own."""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Route

INSTALLED_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",  # CI runs as root, where Chromium's sandbox refuses to start
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium(playwright: Playwright) -> Path | None:
    """CHROMIUM from the environment, an installed browser, or the one Playwright downloaded; None without any."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named)
    for name in INSTALLED_NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


def launch(playwright: Playwright) -> Browser:
    """A headless browser; raises FileNotFoundError saying how to get one."""
    executable = find_chromium(playwright)
    if executable is None:
        raise FileNotFoundError("no Chromium; `python -m tests.servers.install` installs one")
    return playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)


class PageComplaints:
    """What a page must never do, noted while a test drives it: uncaught errors, refused content, foreign requests."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("pageerror", lambda error: self.found.append(f"uncaught: {error}"))
        page.on("console", self._note)
        page.route("**/*", self._local_only)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.found.append(f"refused: {message.text}")

    def _local_only(self, route: Route) -> None:
        host = urlsplit(route.request.url).hostname
        if host in {"127.0.0.1", "localhost", "::1", None}:
            route.continue_()
        else:
            self.found.append(f"foreign request: {route.request.url}")
            route.abort()
