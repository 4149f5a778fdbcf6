"""Who listens: people by their sessions and tokens, and how many of them."""

import pytest
from flask import Flask

from tests.arenas import Arena, open_battle_royale, turn_on_the_engine
from tests.personas import Persona
from tests.realtime.conftest import StartWeb
from tests.realtime.web import Ear, WebServer
from tests.servers.redis import RedisServer
from webapp.domain.presets import preset
from webapp.services.accounts import tokens
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import tournaments
from webapp.views.access import COOKIE

pytestmark = [pytest.mark.live, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def olgas_cup(app: Flask, olga: Persona) -> Arena:
    turn_on_the_engine()
    return open_battle_royale(organizer_id=olga.user_id)


def watch_as(web: WebServer, arena: Arena, person: Persona, *, audience: str = "", since: int | None = None) -> Ear:
    asked = f"?audience={audience}" if audience else ""
    cookie = {"Cookie": f"{COOKIE}={person.secret}"}
    ear = web.listen(f"/ws/tournament/{arena.tournament_id}/{asked}", additional_headers=cookie)
    if since is not None:
        ear.say({"type": "subscribe", "since": since})
    return ear


def test_officials_hear_what_the_public_hears_as_a_number(
    olgas_cup: Arena, olga: Persona, otto: Persona, web: WebServer
) -> None:
    with (
        watch_as(web, olgas_cup, olga, audience="official", since=0) as hers,
        watch_as(web, olgas_cup, otto, since=0) as his,
    ):
        assert hers.hear()["role"] == his.hear()["role"] == "organizer"
        assert [hers.hear()["type"] for _ in range(2)] == ["tournament_created", "registration_created"]
        assert [his.hear()["type"] for _ in range(2)] == ["number", "number"]


def test_a_draft_is_heard_by_its_officials_alone(app: Flask, web: WebServer, olga: Persona, sam: Persona) -> None:
    draft_id = tournaments.create(
        "Secret", game="pubgm", format="battle-royale", ruleset=preset("super"), actor=olga.actor, now=utc_now()
    )
    draft = Arena(draft_id, (), ())
    for person in (olga, sam):
        with watch_as(web, draft, person, audience="official") as ear:
            assert ear.hear()["type"] == "hello"
    with web.watch(draft_id) as ear:
        assert ear.closed_with() == 4003


@pytest.mark.parametrize("way", ["header", "subprotocol"])
def test_a_program_brings_its_token(olgas_cup: Arena, olga: Persona, web: WebServer, way: str) -> None:
    token = tokens.create("ear", scopes=["read"], days=7, actor=olga.actor, now=utc_now()).secret
    options = (
        {"additional_headers": {"Authorization": f"Bearer {token}"}}
        if way == "header"
        else {"subprotocols": ["bearer", token]}
    )
    with web.watch(olgas_cup.tournament_id, **options) as ear:
        assert ear.hear()["role"] == "organizer"


@pytest.mark.parametrize("limit", ["person", "address", "room"])
def test_there_are_so_many_places_and_one_that_is_left_is_free(
    start_web: StartWeb, olgas_cup: Arena, olga: Persona, redis_server: RedisServer, *, limit: str
) -> None:
    settings = {
        "person": "WS_RATE_CONN_PER_USER", "address": "WS_RATE_CONN_PER_IP", "room": "WS_RATE_ROOM_MAX_MEMBERS",
    }  # fmt: skip
    web = start_web(**{settings[limit]: "2"})
    code = "room_full" if limit == "room" else "connection_limit_exceeded"
    with watch_as(web, olgas_cup, olga) as one, watch_as(web, olgas_cup, olga) as other:
        assert one.hear()["type"] == other.hear()["type"] == "hello"
        with watch_as(web, olgas_cup, olga) as third:
            complaint = third.hear()
            assert (complaint["type"], complaint["code"]) == ("error", code)
            assert complaint["retry_after_ms"] > 0
            assert third.closed_with() == 4008
        other.connection.close()
        for _ in range(50):
            with watch_as(web, olgas_cup, olga) as fourth:
                if fourth.hear()["type"] == "hello":
                    return
    pytest.fail("a place that was left stayed taken")
