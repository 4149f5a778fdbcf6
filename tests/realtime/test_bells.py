"""The number on the bell at real sockets: whoever has a session is told it, wherever they listen, and nobody else."""

import time
from datetime import timedelta

import pytest
from flask import Flask

from tests.arenas import Arena
from tests.personas import Persona
from tests.realtime.conftest import StartWeb
from tests.realtime.web import Ear, WebServer
from tests.servers.redis import RedisServer
from tests.services.notices import told, told_many
from tests.views.api.worlds import program_of
from webapp.services.accounts import sessions
from webapp.services.notifications import bells, reading
from webapp.services.spine.clock import utc_now
from webapp.views.access import COOKIE

pytestmark = pytest.mark.live

AT_ONCE_S = 0.7
"""Sooner than the look at the database, which comes once a second."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def own(web: WebServer, person: Persona, path: str = "/ws/me/") -> Ear:
    return web.listen(path, additional_headers={"Cookie": f"{COOKIE}={person.secret}"})


def test_somebody_is_told_on_coming_and_at_every_change(web: WebServer, pat: Persona, olga: Persona) -> None:
    told(pat.user_id)
    with own(web, pat) as ear:
        hello = ear.hear()
        assert (hello["type"], hello["tournament_id"], hello["seq"], hello["role"]) == ("hello", None, 0, "player")
        ear.hear_unread(1)
        second = told(pat.user_id)
        told(olga.user_id)
        ear.hear_unread(2)
        reading.mark(pat.user_id, [second], now=utc_now())
        ear.hear_unread(1)
        reading.mark_all(pat.user_id, up_to=second, now=utc_now())
        ear.hear_unread(0)
        assert ear.unread == [1, 2, 1, 0]


def test_a_ring_is_quicker_than_the_look(redis_server: RedisServer, app: Flask, web: WebServer, pat: Persona) -> None:
    with own(web, pat) as ear:
        ear.hear_unread(0)
        best = 9.0
        for number in range(1, 4):
            time.sleep(0.05)
            told(pat.user_id)
            rung_at = time.monotonic()
            bells.ring({pat.user_id, 999})
            ear.hear_unread(number)
            best = min(best, time.monotonic() - rung_at)
        assert best < AT_ONCE_S


def test_without_redis_and_with_an_emptied_one_it_is_told_all_the_same(
    redis_server: RedisServer, app: Flask, web: WebServer, pat: Persona
) -> None:
    with own(web, pat) as ear:
        ear.hear_unread(0)
        redis_server.stop()
        told(pat.user_id)
        bells.ring([pat.user_id])
        ear.hear_unread(1)
        redis_server.start()
        told(pat.user_id)
        ear.hear_unread(2)


def test_it_comes_by_the_rooms_as_well_and_to_the_person_alone(
    web: WebServer, arena: Arena, pat: Persona, olga: Persona, app: Flask
) -> None:
    program = program_of(app, pat, "read").secret
    tournament, match = f"/ws/tournament/{arena.tournament_id}/", f"/ws/match/{arena.match_ids[0]}/"
    with (
        own(web, pat, tournament) as his,
        own(web, pat, match) as beside,
        own(web, olga, tournament) as hers,
        web.watch(arena.tournament_id) as anybody,
        web.watch(arena.tournament_id, additional_headers={"Authorization": f"Bearer {program}"}) as programs,
    ):
        for ear in (his, beside, hers):
            ear.hear_unread(0)
        told_many([pat.user_id] * (bells.MOST + 1))
        for ear in (his, beside):
            ear.hear_unread(bells.MOST)
        told(olga.user_id)
        hers.hear_unread(1)
        for ear in (anybody, programs):
            with pytest.raises(TimeoutError):
                ear.hear_until(lambda message: message["type"] != "hello", seconds=0.2)
            assert ear.unread == []


def test_others_are_refused(web: WebServer, pat: Persona, app: Flask) -> None:
    cookie = {"Cookie": f"{COOKIE}={pat.secret}"}
    bearer = {"Authorization": f"Bearer {program_of(app, pat, 'read').secret}"}
    forged = {"Cookie": f"{COOKIE}=forged"}
    for headers in ({}, forged, bearer, cookie | bearer):
        with web.listen("/ws/me/", additional_headers=headers) as ear:
            assert (headers, ear.closed_with()) == (headers, 4003)
    with web.listen("/ws/me/", additional_headers=cookie, origin="https://elsewhere.example") as ear:
        assert ear.closed_with() == 4001


def test_what_it_says_is_answered_as_in_any_room_until_it_logs_out(web: WebServer, pat: Persona) -> None:
    with own(web, pat) as ear:
        ear.hear_unread(0)
        ear.say({"type": "subscribe", "since": 0})
        ear.say({"type": "read_everything"})
        assert ear.hear_until(lambda message: message["type"] == "error")["code"] == "unknown_type"
        ear.say({"type": "subscribe", "since": 7})
        assert ear.hear_until(lambda message: message["type"] == "reset")["seq"] == 0
        (session, *_) = sessions.of_user(pat.user_id, now=utc_now() + timedelta(seconds=1))
        sessions.end(session.session_id, user_id=pat.user_id, now=utc_now())
        assert ear.closed_with() == 4003


def test_its_places_are_beside_those_of_the_rooms(
    redis_server: RedisServer, start_web: StartWeb, arena: Arena, pat: Persona
) -> None:
    # Redis counts for both web processes.
    web = start_web(WS_RATE_CONN_PER_USER="1")
    with own(web, pat) as ear, own(web, pat, f"/ws/tournament/{arena.tournament_id}/") as watching:
        assert (ear.hear()["type"], watching.hear()["type"]) == ("hello", "hello")
        with own(web, pat) as second:
            assert second.hear()["code"] == "connection_limit_exceeded"
            assert second.closed_with() == 4008
