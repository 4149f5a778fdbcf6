"""The clients of docs/api.md and docs/live.md, run as they stand there."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from websockets.exceptions import ConnectionClosedError

from tests.arenas import Arena
from tests.docs.examples import blocks
from tests.personas import Persona
from tests.realtime.web import WebServer, log_end, play, publish
from tests.servers.redis import RedisServer
from tests.views.api.worlds import program_of
from webapp.config import ROOT

pytestmark = [pytest.mark.live, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
DOCUMENT = ROOT / "docs" / "api.md"
LIVE = ROOT / "docs" / "live.md"


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


def example(name: str) -> Any:
    """The function of that name in the guide for developers."""
    names: dict[str, Any] = {}
    for code in blocks(LIVE, "python"):
        exec(code, names)  # noqa: S102  (that is the test)
    return names[name]


def test_the_one_that_follows_a_tournament_survives_a_restart_and_misses_nothing(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena
) -> None:
    end = play(app, arena, 1)
    heard = example("follow")(f"http://127.0.0.1:{web.port}", arena.tournament_id)
    assert [next(heard)["seq"] for _ in range(end)] == list(range(1, end + 1))
    web.kill_workers()
    newest = play(app, arena, 2)
    messages = [next(heard) for _ in range(newest - end)]
    heard.close()
    assert [message["seq"] for message in messages] == list(range(end + 1, newest + 1))
    assert messages[-1]["type"] == "rank_update"


def test_the_one_that_follows_gives_up_where_it_may_not_listen(web: WebServer, arena: Arena, app: Flask) -> None:
    with pytest.raises(ConnectionClosedError) as closed:
        next(example("follow")(f"http://127.0.0.1:{web.port}", arena.tournament_id, 0, "dc_nobodys"))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4003


def test_the_one_that_asks_by_number_hears_the_same_as_soon_as_it_happens(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena
) -> None:
    end = log_end(arena.tournament_id)
    heard = example("follow_by_number")(f"http://127.0.0.1:{web.port}", arena.tournament_id)
    first = [next(heard) for _ in range(end)]
    assert [message["seq"] for message in first] == list(range(1, end + 1))
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, heard)
        newest = play(app, arena, 1)
        publish(app)
        then = [waiting.result(timeout=10), *(next(heard) for _ in range(newest - end - 1))]
    with web.watch(arena.tournament_id, since=0) as ear:
        ear.hear_number(newest)
    told = [message for message in ear.heard if message["type"] not in {"hello", "ping"}]
    assert [*first, *then] == told
