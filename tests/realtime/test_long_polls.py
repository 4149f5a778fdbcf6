"""The log by number over plain HTTP: at once, or as soon as there is more; to whom the sockets tell it as well."""

import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from flask import Flask

from tests.arenas import Arena, open_battle_royale
from tests.personas import Persona
from tests.realtime.bulk import append_numbers
from tests.realtime.conftest import StartWeb
from tests.realtime.web import WebServer, log_end, play, publish
from tests.servers.redis import RedisServer
from tests.views.api.worlds import program_of, turn_on_the_api
from webapp.services.live.rooms import REPLAYED_AT_MOST

pytestmark = [pytest.mark.live, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


def ask(web: WebServer, tournament_id: int, query: str, token: str = "") -> tuple[int, dict[str, Any]]:
    """Status and document."""
    request = urllib.request.Request(f"http://127.0.0.1:{web.port}/api/tournaments/{tournament_id}/events/?{query}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, orjson.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, orjson.loads(refused.read())


def numbers(told: dict[str, Any]) -> list[int]:
    return [message["seq"] for message in told["messages"]]


def test_who_is_behind_is_told_at_once_and_who_is_not_waits_for_the_news(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena, olga: Persona, pat: Persona
) -> None:
    end = log_end(arena.tournament_id)
    status, told = ask(web, arena.tournament_id, "since=0&wait=20")
    assert (status, numbers(told), told["next_since"]) == (200, list(range(1, end + 1)), end)
    assert told["messages"][0].keys() == {"type", "seq", "tournament_id", "at"}
    began = time.monotonic()
    assert ask(web, arena.tournament_id, f"since={end}&wait=1")[1] == {
        "count": 0, "messages": [], "next_since": end, "has_more": False,
    }  # fmt: skip
    assert 0.9 < time.monotonic() - began < 5
    with ThreadPoolExecutor(20) as people:
        # More of them than there are threads for pages, which answer meanwhile.
        waiting = [people.submit(ask, web, arena.tournament_id, f"since={end}&wait=20") for _ in range(20)]
        time.sleep(1)
        with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/healthz", timeout=5) as page:
            assert page.status == 200
        assert not any(each.done() for each in waiting)
        began = time.monotonic()
        newest = play(app, arena, 1)
        publish(app)
        for each in waiting:
            status, told = each.result(timeout=10)
            assert (status, numbers(told)[0]) == (200, end + 1)
        assert time.monotonic() - began < 10
    assert numbers(ask(web, arena.tournament_id, f"since={newest - 1}&wait=0")[1]) == [newest]


def test_to_each_what_is_theirs_and_to_the_wrong_question_what_the_api_says(
    app: Flask, redis_server: RedisServer, start_web: StartWeb, arena: Arena, olga: Persona, pat: Persona
) -> None:
    turn_on_the_api()
    web = start_web(WS_RATE_CONN_PER_IP="1000", LEADERBOARDS_API_ENABLED="on")
    private = open_battle_royale(name="Secret cup", visibility="private", organizer_id=olga.user_id).tournament_id
    own, others = program_of(app, olga).secret, program_of(app, pat).secret
    assert ask(web, private, "since=0&wait=0", own)[1]["messages"][0]["type"] == "tournament_created"
    assert ask(web, private, "since=0&wait=0&audience=public", own)[0] == 404
    assert ask(web, private, "since=0&wait=0", others)[0] == 404
    assert ask(web, private, "since=0&wait=0")[0] == 401
    assert ask(web, arena.tournament_id, "since=0&wait=0", "dc_nobodys")[0] == 401
    assert ask(web, arena.tournament_id, "since=0&wait=21", own)[0] == 422
    assert ask(web, arena.tournament_id, "since=-1&wait=0", own)[0] == 422
    assert ask(web, arena.tournament_id, "since=0&wait=0&wait=1", own)[0] in {422, 429}
    # One a second and person, five at once.
    with ThreadPoolExecutor(12) as pool:
        asked = list(pool.map(lambda _: ask(web, arena.tournament_id, "since=0&wait=0", others)[0], range(24)))
    assert set(asked) == {200, 429}


def test_who_missed_too_much_or_comes_from_the_future_starts_over(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena
) -> None:
    end = append_numbers(arena.tournament_id, REPLAYED_AT_MOST + 5)
    for since in (0, end + 1000):
        _, told = ask(web, arena.tournament_id, f"since={since}&wait=1")
        assert [(message["type"], message["seq"]) for message in told["messages"]] == [("reset", end)]
        assert told["next_since"] == end
