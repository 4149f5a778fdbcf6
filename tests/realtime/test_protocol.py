"""The sockets of a real web server, with a real Redis: what is said, in which order, and how it ends."""

import contextlib
import time

import pytest
from flask import Flask
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from tests.arenas import Arena
from tests.realtime.bulk import append_numbers
from tests.realtime.conftest import StartWeb
from tests.realtime.web import Ear, WebServer, log_end, play, publish
from tests.servers.redis import RedisServer
from webapp.services.live import rooms

pytestmark = pytest.mark.live
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_change_is_told_to_everybody_in_the_room_in_the_order_of_the_log(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena
) -> None:
    began = log_end(arena.tournament_id)
    with web.watch(arena.tournament_id) as one, web.watch(arena.tournament_id) as other:
        hello = one.hear()
        other.hear()
        assert {name: hello[name] for name in ("type", "seq", "tournament_id", "role", "version", "heartbeat_s")} == {
            "type": "hello", "seq": began, "tournament_id": arena.tournament_id, "role": "spectator", "version": 0,
            "heartbeat_s": 25,
        }  # fmt: skip
        end = play(app, arena, 1)
        publish(app)
        one.hear_number(end)
        other.hear_number(end)
    assert one.numbers == other.numbers == list(range(began + 1, end + 1))
    completed, ranked = one.heard[1], one.heard[-1]
    assert (completed["type"], completed["match_id"]) == ("match_completed", arena.match_ids[0])
    assert {line["participant_id"] for line in completed["results"]} == set(arena.participant_ids)
    assert (ranked["type"], ranked["version"]) == ("rank_update", 1)
    assert [change["current_rank"] for change in ranked["changes"]] == [1, 2, 3, 4, 5, 6]
    assert set(ranked["changes"][0]) == {
        "participant_id", "team_id", "previous_rank", "current_rank", "rank_change", "points",
    }  # fmt: skip


@sqlite_only
@pytest.mark.parametrize("redis_holds", ["everything", "nothing"])
def test_who_comes_back_hears_what_it_missed_and_nothing_twice(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena, *, redis_holds: str
) -> None:
    began = log_end(arena.tournament_id)
    with web.watch(arena.tournament_id, since=began) as ear:
        end = play(app, arena, 1)
        publish(app)
        ear.hear_number(end)
    for number in (2, 3):
        newest = play(app, arena, number)
        publish(app)
    if redis_holds == "nothing":
        redis_server.flushall()
    with web.watch(arena.tournament_id, since=end) as ear:
        ear.hear_number(newest)
    assert ear.numbers == list(range(end + 1, newest + 1))
    with web.watch(arena.tournament_id, since=began) as ear:
        ear.hear_number(newest)
    assert ear.numbers == list(range(began + 1, newest + 1))


@sqlite_only
def test_a_server_that_starts_anew_replays_from_the_log(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena
) -> None:
    end = play(app, arena, 1)
    web.kill_workers()
    deadline = time.monotonic() + 60
    while True:
        try:
            with web.watch(arena.tournament_id, since=0) as ear:
                ear.hear_number(end)
            break
        except (OSError, EOFError, WebSocketException):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert ear.numbers == list(range(1, end + 1))


@sqlite_only
def test_what_only_officials_may_see_is_a_number_to_the_public(app: Flask, web: WebServer, arena: Arena) -> None:
    with web.watch(arena.tournament_id, since=0) as ear:
        ear.hear_number(log_end(arena.tournament_id))
    told = {message["seq"]: message for message in ear.heard[1:]}
    assert told[1].keys() == {"type", "seq", "tournament_id", "at"}
    assert told[1]["type"] == told[2]["type"] == "number"
    assert "match_scheduled" in {message["type"] for message in told.values()}


def test_without_redis_the_change_comes_from_the_log_within_two_seconds(
    app: Flask, web: WebServer, arena: Arena
) -> None:
    began = log_end(arena.tournament_id)
    with web.watch(arena.tournament_id, since=began) as ear:
        ear.hear()
        end = play(app, arena, 1)
        ear.hear_number(end, seconds=2.5)
    assert ear.numbers == list(range(began + 1, end + 1))


@sqlite_only
@pytest.mark.parametrize("outage", ["stopped", "frozen", "emptied"])
def test_a_redis_that_goes_away_costs_a_second_and_loses_nothing(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena, *, outage: str
) -> None:
    began = log_end(arena.tournament_id)
    with web.watch(arena.tournament_id, since=began) as ear:
        ear.hear_number(play_and_publish(app, arena, 1))
        {"stopped": redis_server.stop, "frozen": redis_server.pause, "emptied": redis_server.flushall}[outage]()
        ear.hear_number(play(app, arena, 2), seconds=4)
        redis_server.make_fresh()
        end = play_and_publish(app, arena, 3)
        ear.hear_number(end, seconds=4)
    assert ear.numbers == list(range(began + 1, end + 1))


@sqlite_only
def test_who_missed_more_than_is_replayed_is_told_to_start_over(app: Flask, web: WebServer, arena: Arena) -> None:
    end = append_numbers(arena.tournament_id, rooms.REPLAYED_AT_MOST + 5)
    with web.watch(arena.tournament_id, since=2) as ear:
        reset = ear.hear_until(lambda message: message["type"] == "reset")
        assert (reset["seq"], reset["version"], reset["role"]) == (end, 0, "spectator")
        ear.say({"type": "subscribe", "since": end - 900})
        ear.hear_number(end)
    assert ear.numbers == list(range(end - 899, end + 1))


@sqlite_only
def test_a_match_room_hears_its_match_alone_and_can_tell_loss(app: Flask, web: WebServer, arena: Arena) -> None:
    first, second = arena.match_ids[:2]
    with web.listen(f"/ws/match/{second}/") as ear:
        assert ear.hear()["type"] == "hello"
        play(app, arena, 1)
        end = play(app, arena, 2)
        heard = ear.hear_until(lambda message: message["type"] == "match_completed")
        assert (heard["match_id"], heard["prev"]) == (second, 0)
    assert len(ear.heard) == 2
    with web.listen(f"/ws/match/{first}/") as ear:
        ear.say({"type": "subscribe", "since": 0})
        assert ear.hear_until(lambda message: message["type"] == "match_completed")["match_id"] == first
    assert end > heard["seq"]


@sqlite_only
@pytest.mark.parametrize(
    ("origin", "is_welcome"),
    [
        (None, True),
        ("own", True),
        ("https://overlay.example.org", True),
        ("https://evil.example", False),
        ("null", False),
    ],
)
def test_only_pages_of_this_site_and_named_ones_may_listen(
    start_web: StartWeb, arena: Arena, *, origin: str | None, is_welcome: bool
) -> None:
    web = start_web(WS_ALLOWED_ORIGINS="https://overlay.example.org")
    given = f"http://127.0.0.1:{web.port}" if origin == "own" else origin
    with web.watch(arena.tournament_id, origin=given) as ear:
        if is_welcome:
            assert ear.hear()["type"] == "hello"
        else:
            assert ear.closed_with() == 4001


def talk_until_closed(ear: Ear) -> int:
    """The close code that ends talking without a pause; each message waits a little for what is said to it."""
    try:
        for _ in range(400):
            ear.say({"type": "pong"})
            with contextlib.suppress(TimeoutError):
                ear.hear(0.005)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006
    raise AssertionError("four hundred messages in two seconds were taken")


@sqlite_only
def test_bad_messages_are_answered_and_too_many_or_too_big_ones_end_it(web: WebServer, arena: Arena) -> None:
    with web.watch(arena.tournament_id) as ear:
        ear.hear()
        for said, code in (
            ("not json", "invalid_message"), ('"pong"', "invalid_message"), (b"\x00", "invalid_message"),
            ({"type": "publish"}, "unknown_type"), ({"type": "subscribe"}, "invalid_message"),
            ({"type": "subscribe", "since": -1}, "invalid_message"),
        ):  # fmt: skip
            ear.say(said)
            answer = ear.hear()
            assert (answer["type"], answer["code"]) == ("error", code)
        ear.say("x" * 16385)
        assert ear.hear()["code"] == "payload_too_big"
        assert ear.closed_with() == 4009
    with web.watch(arena.tournament_id) as ear:
        ear.hear()
        assert talk_until_closed(ear) == 4008
        complaint = ear.heard[1]
        assert complaint["code"] == "message_rate_limit_exceeded"
        assert complaint["retry_after_ms"] > 0


@sqlite_only
def test_rooms_that_are_not_there_or_full_let_nobody_in(start_web: StartWeb, arena: Arena) -> None:
    web = start_web(WS_RATE_ROOM_MAX_MEMBERS="0")
    with web.watch(arena.tournament_id) as ear:
        assert ear.hear()["code"] == "room_full"
        assert ear.closed_with() == 4008
    with web.watch(arena.tournament_id + 1) as ear:
        assert ear.closed_with() == 4003
    with pytest.raises(InvalidStatus):
        web.listen("/ws/nowhere/1/")


@sqlite_only
def test_a_bad_token_is_refused_with_its_own_code(web: WebServer, arena: Arena) -> None:
    with web.watch(arena.tournament_id, additional_headers={"Authorization": "Bearer dc_nobodys"}) as ear:
        assert ear.closed_with() == 4003
    with web.watch(arena.tournament_id, subprotocols=["bearer", "dc_nobodys"]) as ear:
        assert ear.connection.subprotocol == "bearer"
        assert ear.closed_with() == 4003


@sqlite_only
def test_a_server_that_stops_says_so(web: WebServer, arena: Arena) -> None:
    with web.watch(arena.tournament_id) as ear:
        ear.hear()
        began = time.monotonic()
        assert web.stop() == 0
        assert time.monotonic() - began < 4
        assert ear.closed_with() == 1012


def play_and_publish(app: Flask, arena: Arena, number: int) -> int:
    end = play(app, arena, number)
    publish(app)
    return end
