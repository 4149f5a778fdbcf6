"""A board inside somebody else's page, in a real frame from another origin."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Request, expect
from werkzeug.serving import BaseWSGIServer

from tests.arenas import Arena, ended_at, open_battle_royale
from tests.personas import Persona
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(400),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture
def somebodys_page() -> Iterator[Any]:
    """Serves a page of another site, with this in its body; gives its address."""
    servers = []

    def serve(body: str) -> str:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(f"<!doctype html><title>A fan's page</title><body>{body}</body>".encode())

            def log_message(self, *_: Any) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # By another name than the site's, so that browsers take it for another site altogether.
        return f"http://localhost:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def play(arena: Arena, number: int) -> None:
    match_id = arena.match_ids[number - 1]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(number))


def test_it_is_shown_there_keeps_itself_current_and_gets_no_cookie(
    app: Flask, server: BaseWSGIServer, olga: Persona, chromium: Browser, somebodys_page: Any
) -> None:
    arena = open_battle_royale(squads=3, lobbies=2)
    play(arena, 1)
    site = f"http://127.0.0.1:{server.port}"
    address = f"{site}/embed/tournaments/{arena.tournament_id}/"
    snippet = (
        f'<iframe src="{address}" title="Standings" loading="lazy" width="100%" height="560" style="border:0"></iframe>'
    )
    context = chromium.new_context(viewport={"width": 296, "height": 700})
    context.add_cookies([{"name": "dc_session", "value": olga.secret, "url": site}])
    page = context.new_page()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(somebodys_page(snippet))
    frame = page.frame_locator("iframe")
    expect(frame.locator("tbody tr")).to_have_count(3)
    expect(frame.locator(".embed__home a")).to_have_attribute("target", "_blank")
    inside = next(frame for frame in page.frames if frame.url == address)
    assert inside.evaluate("document.documentElement.scrollWidth") <= 280
    before = frame.locator(".points").all_inner_texts()
    play(arena, 2)
    expect(frame.locator(".points").first).not_to_have_text(before[0], timeout=15_000)
    to_us = [request for request in asked if request.url.startswith(site) and "/static/" not in request.url]
    assert any("/fragment/" in request.url for request in to_us)
    assert [request.url for request in to_us if "cookie" in request.all_headers()] == []
    context.close()


@pytest.mark.parametrize("path", ["/spectator/tournaments/{}/", "/overlay/tournaments/{}/ticker/", "/login/"])
def test_nothing_else_of_the_site_is_shown_there(
    server: BaseWSGIServer, browser_page: Page, somebodys_page: Any, path: str
) -> None:
    arena = open_battle_royale(squads=3, lobbies=1)
    play(arena, 1)
    refused: list[str] = []
    # A page that may complain: its frame is to be refused.
    page = browser_page.context.new_page()
    page.on("console", lambda message: refused.append(message.text))
    page.goto(
        somebodys_page(f'<iframe src="http://127.0.0.1:{server.port}{path.format(arena.tournament_id)}"></iframe>')
    )
    expect(page.frame_locator("iframe").locator(".site-head, #stage")).to_have_count(0)
    assert any("frame-ancestors" in text for text in refused)
