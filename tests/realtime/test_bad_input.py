"""Whatever comes to the sockets that should not: what is answered, what is counted, what is logged; nobody else notices."""

import contextlib
import socket
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask
from websockets.exceptions import ConnectionClosed

from tests.arenas import Arena, open_battle_royale
from tests.personas import Persona
from tests.realtime.conftest import StartWeb
from tests.realtime.observing import counts, log_lines
from tests.realtime.web import Ear, WebServer, log_end, play, publish
from tests.servers.redis import RedisServer
from tests.views.api.worlds import program_of
from webapp.services.accounts import app_tokens, tokens
from webapp.services.live import overlay_tokens
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

pytestmark = [pytest.mark.live, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
FROM_AN_ADDRESS = 15
LONG_AGO = timedelta(days=400)
EVIL = "https://evil.example"


class World(NamedTuple):
    """A site with a public cup, a private one, and all kinds of credentials."""

    web: WebServer
    cup: Arena
    hidden: Arena
    secrets: dict[str, str]

    def visit(
        self, *, query: str = "", cup: Arena | None = None, token: str = "", by: str = "header", **options: Any
    ) -> Ear:
        """A visitor at the tournament's room; `token` names one of the secrets or is one."""
        secret = self.secrets.get(token, token)
        if secret and by == "header":
            options["additional_headers"] = {"Authorization": f"Bearer {secret}"}
        elif secret:
            options["subprotocols"] = ["bearer", secret]
        return self.web.listen(f"/ws/tournament/{(cup or self.cup).tournament_id}/{query}", **options)


def world_of(app: Flask, web: WebServer, cup: Arena, pat: Persona, olga: Persona, sam: Persona) -> World:
    key, now = app.config["SECRET_KEY"], utc_now()
    hidden = open_battle_royale(name="Secret cup", visibility="private", organizer_id=olga.user_id)
    old = tokens.create("Old", scopes=["read"], days=7, actor=pat.actor, now=now - LONG_AGO)
    revoked = tokens.create("Revoked", scopes=["read"], days=7, actor=pat.actor, now=now)
    tokens.revoke(revoked.id, actor=pat.actor, now=now)
    link = overlay_tokens.create(hidden.tournament_id, "Stage", actor=SYSTEM, now=now)
    lost = overlay_tokens.create(cup.tournament_id, "Lost", actor=SYSTEM, now=now)
    overlay_tokens.revoke(cup.tournament_id, lost.id, actor=SYSTEM, now=now)
    stale = app_tokens.log_in(pat.user_id, ["read"], secret_key=key, now=now - timedelta(hours=2))
    elsewhere = app_tokens.log_in(pat.user_id, ["read"], secret_key="e" * 40, now=now)
    secrets = {
        "good": program_of(app, pat).secret, "old": old.secret, "revoked": revoked.secret, "link": link.secret,
        "cookie": sam.secret, "staff": program_of(app, sam).secret, "lost link": lost.secret, "stale access": stale.access, "forged access": elsewhere.access,
        "refresh": stale.refresh, "unread": program_of(app, sam, "overrides").secret,
    }  # fmt: skip
    return World(web, cup, hidden, secrets)


def says(*messages: Any) -> Callable[[World], str]:
    """What is answered to them: error codes, `reset`, and the close code where it comes to that."""

    def act(world: World) -> str:
        with world.visit() as ear:
            ear.hear()
            for message in messages:
                ear.say(message)
            return answered(ear, len(messages))

    return act


def answered(ear: Ear, count: int) -> str:
    found: list[str] = []
    try:
        while len(found) < count:
            message = ear.hear()
            found.append(message["code"] if message["type"] == "error" else message["type"])
        if "big" in found[-1]:
            ear.hear(10)
    except ConnectionClosed as closed:
        found.append(str(closed.rcvd.code if closed.rcvd else 1006))
    return " ".join(found)


def comes(**how: Any) -> Callable[[World], str]:
    """The close code of a visitor; `hello` and the role for who is let in."""

    def act(world: World) -> str:
        options = {**how, "cup": world.hidden if how.get("cup") == "hidden" else None}
        with world.visit(**options) as ear:
            with contextlib.suppress(ConnectionClosed):
                return f"hello {ear.hear()['role']}"
            return str(ear.closed_with())

    return act


def knocks_at_a_team(world: World) -> str:
    with world.web.listen("/ws/team/1/") as ear:
        return str(ear.closed_with())


def official_hears(query: str, **how: Any) -> Callable[[World], str]:
    """As what somebody of the staff hears the first number, which is for officials."""

    def act(world: World) -> str:
        if "token" not in how:
            how["additional_headers"] = {"Cookie": f"dc_session={world.secrets['cookie']}"}
        with world.visit(query=query, **how) as ear:
            ear.say({"type": "subscribe", "since": 0})
            return str(ear.hear_number(1)["type"])

    return act


def floods(world: World) -> str:
    with world.visit() as ear, contextlib.suppress(ConnectionClosed):
        ear.hear()
        while True:
            ear.say("x")
            with contextlib.suppress(TimeoutError):
                ear.hear(0.001)
    return str(ear.closed_with())


def comes_a_thousand_times(world: World) -> str:
    """How many are let in; the others hear why."""
    path = f"/ws/tournament/{world.cup.tournament_id}/"
    handshake = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{world.web.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    let_in: list[socket.socket] = []
    try:
        for _ in range(1000):
            visitor = socket.create_connection(("127.0.0.1", world.web.port), timeout=10)
            visitor.sendall(handshake.encode())
            heard = b""
            while b'"role"' not in heard and b"connection_limit_exceeded" not in heard:
                heard += visitor.recv(4096)
            if b'"role"' in heard:
                let_in.append(visitor)
            else:
                visitor.close()
    finally:
        for visitor in let_in:
            visitor.close()
    return str(len(let_in))


RATE, AUTH, SAID = "ws_ratelimit_events_total", "ws_auth_failures_total", "ws_messages_total refused"
INVALID = f"{SAID} invalid"
CASES: dict[str, tuple[Callable[[World], str], str, str, str]] = {
    "too large": (says("x" * 16_385), "payload_too_big 4009", f"{RATE} PAYLOAD_TOO_BIG", "WS_RATELIMIT_REJECT"),
    "not JSON": (says("hello?"), "invalid_message", INVALID, "WS_MESSAGE"),
    "no object": (says('"pong"'), "invalid_message", INVALID, "WS_MESSAGE"),
    "no text": (says(b"\x00\xff"), "invalid_message", INVALID, "WS_MESSAGE"),
    "unknown type": (says({"type": "publish"}), "unknown_type", f"{SAID} unknown", "WS_MESSAGE"),
    "since negative": (says({"type": "subscribe", "since": -1}), "invalid_message", INVALID, "WS_MESSAGE"),
    "since missing": (says({"type": "subscribe"}), "invalid_message", INVALID, "WS_MESSAGE"),
    "since no number": (says({"type": "subscribe", "since": "7"}), "invalid_message", INVALID, "WS_MESSAGE"),
    "since true": (says({"type": "subscribe", "since": True}), "invalid_message", INVALID, "WS_MESSAGE"),
    "since a fraction": (says({"type": "subscribe", "since": 1.5}), "invalid_message", INVALID, "WS_MESSAGE"),
    "since beyond all bounds": (says('{"type":"subscribe","since":1' + "0" * 30 + "}"), "invalid_message", INVALID, "WS_MESSAGE"),
    "since from the future": (says({"type": "subscribe", "since": 2**40}), "reset", "ws_messages_total taken subscribe", "WS_MESSAGE"),
    "a flood": (floods, "4008", f"{RATE} MSG_RATE", "WS_RATELIMIT_REJECT"),
    "another site's page": (comes(origin=EVIL), "4001", f"{AUTH} ORIGIN", "WS_AUTH_FAIL"),
    "a page of nowhere": (comes(origin="null"), "4001", f"{AUTH} ORIGIN", "WS_AUTH_FAIL"),
    "another site's page with a token": (comes(origin=EVIL, token="good"), "4001", f"{AUTH} ORIGIN", "WS_AUTH_FAIL"),
    "an expired token": (comes(token="old"), "4002", f"{AUTH} TOKEN_EXPIRED", "WS_AUTH_FAIL"),
    "an expired token as a subprotocol": (comes(token="old", by="subprotocol"), "4002", f"{AUTH} TOKEN_EXPIRED", "WS_AUTH_FAIL"),
    "an expired access token": (comes(token="stale access"), "4002", f"{AUTH} TOKEN_EXPIRED", "WS_AUTH_FAIL"),
    "a forged token": (comes(token="dc_nobodys"), "4003", f"{AUTH} TOKEN_INVALID", "WS_AUTH_FAIL"),
    "a forged token as a subprotocol": (comes(token="dc_nobodys", by="subprotocol"), "4003", f"{AUTH} TOKEN_INVALID", "WS_AUTH_FAIL"),
    "an access token signed elsewhere": (comes(token="forged access"), "4003", f"{AUTH} TOKEN_INVALID", "WS_AUTH_FAIL"),
    "a refresh token": (comes(token="refresh"), "4003", f"{AUTH} TOKEN_INVALID", "WS_AUTH_FAIL"),
    "a revoked token": (comes(token="revoked"), "4003", f"{AUTH} TOKEN_INVALID", "WS_AUTH_FAIL"),
    "no token where one was announced": (comes(subprotocols=["bearer"]), "4003", f"{AUTH} TOKEN_INVALID", "WS_AUTH_FAIL"),
    "a token that may not read": (comes(token="unread"), "4003", f"{AUTH} ROLE_NOT_ALLOWED", "WS_AUTH_FAIL"),
    "an overlay's link that was taken back": (comes(token="lost link"), "4003", f"{AUTH} TOKEN_INVALID", "WS_AUTH_FAIL"),
    "an overlay's link of another cup": (comes(token="link"), "4003", f"{AUTH} ROLE_NOT_ALLOWED", "WS_AUTH_FAIL"),
    "an overlay asking for the officials' part": (comes(token="link", cup="hidden", query="?audience=official"), "4003", f"{AUTH} ROLE_NOT_ALLOWED", "WS_AUTH_FAIL"),
    "a private tournament": (comes(cup="hidden"), "4003", f"{AUTH} ROLE_NOT_ALLOWED", "WS_AUTH_FAIL"),
    "a private tournament with a player's token": (comes(cup="hidden", token="good"), "4003", f"{AUTH} ROLE_NOT_ALLOWED", "WS_AUTH_FAIL"),
    "a spectator asking for the officials' part": (comes(query="?audience=official"), "4003", f"{AUTH} ROLE_NOT_ALLOWED", "WS_AUTH_FAIL"),
    "a player asking for the officials' part": (comes(token="good", query="?audience=official"), "4003", f"{AUTH} ROLE_NOT_ALLOWED", "WS_AUTH_FAIL"),
    "a team's room": (knocks_at_a_team, "4003", f"{AUTH} ROLE_NOT_ALLOWED", "WS_AUTH_FAIL"),
    # Let in, for comparison: whatever is refused above is refused for its own reason.
    "a program without Origin": (comes(), "hello spectator", "ws_connections_total spectator tournament opened", "WS_CONNECT"),
    "a good token": (comes(token="good"), "hello player", "ws_connections_total player tournament opened", "WS_CONNECT"),
    "an expired token in the address, which nobody reads": (comes(query="?token=dc_old"), "hello spectator", "ws_connections_total spectator tournament opened", "WS_CONNECT"),
    "staff's browser": (official_hears(""), "number", "ws_connections_total admin tournament opened", "WS_CONNECT"),
    "staff's browser asking for more": (official_hears("?audience=official"), "tournament_created", "ws_connections_total admin tournament opened", "WS_CONNECT"),
    "staff's program": (official_hears("", token="staff"), "tournament_created", "ws_connections_total admin tournament opened", "WS_CONNECT"),
    "staff's program asking for less": (official_hears("?audience=public", token="staff"), "number", "ws_connections_total admin tournament opened", "WS_CONNECT"),
    "an overlay's link": (comes(token="link", by="subprotocol", cup="hidden"), "hello overlay", "ws_connections_total overlay tournament opened", "WS_CONNECT"),
}  # fmt: skip


def test_each_bad_input_has_its_answer_its_count_and_its_log_line_and_disturbs_nobody(
    app: Flask, redis_server: RedisServer, start_web: StartWeb, arena: Arena, pat: Persona, olga: Persona, sam: Persona
) -> None:
    web = start_web(WS_RATE_CONN_PER_IP=str(FROM_AN_ADDRESS), LOG_LEVEL="DEBUG")
    world = world_of(app, web, arena, pat, olga, sam)
    began = log_end(arena.tournament_id)
    with web.watch(arena.tournament_id, since=began) as bystander:
        bystander.hear()
        wrong = {}
        for name, (act, answer, counted, logged) in CASES.items():
            before, lines = counts(web), len(log_lines(web, logged))
            try:
                found = act(world)
            except (TimeoutError, EOFError) as error:
                found = repr(error)
            happened = (found, (counts(web) - before)[counted] > 0, len(log_lines(web, logged)) > lines)
            if happened != (answer, True, True):
                wrong[name] = happened
        assert wrong == {}
        end = play(app, arena, 1)
        publish(app)
        bystander.hear_number(end)
        assert bystander.numbers == list(range(began + 1, end + 1))
    private = [*world.secrets.values(), EVIL, "127.0.0.1", "Secret cup"]
    assert [secret for secret in private if secret in web.output] == []


def test_a_thousand_connections_from_one_address_take_no_more_places_than_it_has(
    redis_server: RedisServer, start_web: StartWeb, arena: Arena
) -> None:
    web = start_web(WS_RATE_CONN_PER_IP=str(FROM_AN_ADDRESS))
    with web.watch(arena.tournament_id) as bystander:
        bystander.hear()
        before: Counter[str] = counts(web)
        world = World(web, arena, arena, {})
        assert comes_a_thousand_times(world) == str(FROM_AN_ADDRESS - 1)
        refused = counts(web) - before
        assert refused[f"{RATE} CONN_LIMIT"] == 1000 - (FROM_AN_ADDRESS - 1)
        assert refused["ws_connections_total spectator tournament refused"] == 1000 - (FROM_AN_ADDRESS - 1)
        bystander.say({"type": "subscribe", "since": 0})
        bystander.hear_number(log_end(arena.tournament_id))


@pytest.mark.parametrize("networks", ["127.0.0.0/8", "::1,127.0.0.1"])
def test_an_address_that_many_share_has_no_limit_of_its_own(
    start_web: StartWeb, arena: Arena, *, networks: str
) -> None:
    web = start_web(WS_RATE_CONN_PER_IP="0", WS_ALLOWED_ADDRESSES=networks)
    with web.watch(arena.tournament_id) as one, web.watch(arena.tournament_id) as other:
        assert (one.hear()["type"], other.hear()["type"]) == ("hello", "hello")
