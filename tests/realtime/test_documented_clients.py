"""The socket clients of docs/api.md, run as they stand there."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.arenas import Arena
from tests.docs.examples import blocks
from tests.personas import Persona
from tests.realtime.web import WebServer, play
from tests.views.api.worlds import program_of
from webapp.config import ROOT

pytestmark = [pytest.mark.live, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
DOCUMENT = ROOT / "docs" / "api.md"


def test_the_one_in_python_hears_versions_and_changes(app: Flask, web: WebServer, arena: Arena, pat: Persona) -> None:
    (code,) = blocks(DOCUMENT, "python")
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  (that is the test)
    for number in (1, 2):
        play(app, arena, number)
    heard = names["follow"](f"http://127.0.0.1:{web.port}", arena.tournament_id, 0, program_of(app, pat).secret)
    first, second = next(heard), next(heard)
    heard.close()
    assert (first[0], second[0]) == (1, 2)
    assert {change["participant_id"] for change in first[1]} == set(arena.participant_ids)


def test_the_one_in_javascript_hears_the_same(app: Flask, web: WebServer, arena: Arena, browser_page: Page) -> None:
    (code,) = blocks(DOCUMENT, "js")
    play(app, arena, 1)
    browser_page.goto(f"http://127.0.0.1:{web.port}/api/")
    told = browser_page.evaluate(
        f"""() => new Promise((done) => {{
          {code}
          follow(location.origin, {arena.tournament_id}, 0, (version, changes) => done([version, changes.length]));
        }})"""
    )
    assert told == [1, 6]
