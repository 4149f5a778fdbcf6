"""The messages of a tournament's room: made from the log, kept in a stream, joined without a gap."""

import orjson
import pytest
from flask import Flask

from tests.arenas import Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.realtime.bulk import append_numbers
from tests.servers.redis import RedisServer
from webapp.services.live import announcements, rooms
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    return open_battle_royale()


def play(arena: Arena, number: int) -> int:
    match_id = arena.match_ids[number - 1]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(number))
    return end_of(arena)


def end_of(arena: Arena) -> int:
    head = rooms.head_of(arena.tournament_id)
    assert head is not None
    return head.seq


def stream(redis_server: RedisServer, arena: Arena, since: int = 0) -> list[announcements.Announcement] | None:
    with redis_server.client() as client:
        return rooms.joined(since, client.xrange(rooms.key_of(arena.tournament_id), f"{since + 1}-0"))


def test_the_log_gives_one_message_a_number_with_ids_alone(arena: Arena) -> None:
    end = play(arena, 1)
    told = rooms.missed(arena.tournament_id, 0)
    assert [each.seq for each in told] == [each.from_seq for each in told] == list(range(1, end + 1))
    messages = [orjson.loads(each.public) for each in told]
    assert {message["tournament_id"] for message in messages} == {arena.tournament_id}
    assert [message["type"] for message in messages] == [
        "number", "number", "tournament_started", "match_scheduled", "match_completed", "rank_update",
    ]  # fmt: skip
    assert orjson.loads(told[1].official)["type"] == "registration_created"
    completed, ranked = messages[-2:]
    assert completed["results"][0].keys() == {"participant_id", "placement", "kills"}
    best = ranked["changes"][0]
    assert (best["previous_rank"], best["current_rank"], best["rank_change"]) == (None, 1, None)
    assert (told[-1].version, told[-2].match_id) == (1, arena.match_ids[0])
    assert "Squad" not in "".join(each.public + each.official for each in told)


def test_a_long_rank_update_lists_the_best_and_says_so(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=announcements.CHANGES_AT_MOST + 5)
    play(arena, 1)
    message = orjson.loads(rooms.missed(arena.tournament_id, 0)[-1].public)
    assert message["truncated"] is True
    assert [change["current_rank"] for change in message["changes"]] == list(
        range(1, announcements.CHANGES_AT_MOST + 1)
    )


def test_what_a_match_is_about_names_the_number_before_it(arena: Arena) -> None:
    play(arena, 1)
    match_id = arena.match_ids[0]
    results.void(match_id, reason="Wrong lobby", actor=SYSTEM, now=ended_at(2), expected_revision=1)
    told = [each for each in rooms.missed(arena.tournament_id, 0) if each.match_id == match_id]
    assert [orjson.loads(each.public)["prev"] for each in told] == [0, told[0].seq]
    assert rooms.last_of_match(match_id) == told[1].seq


def test_publishing_appends_what_is_new_once_however_often(arena: Arena, redis_server: RedisServer) -> None:
    began = end_of(arena)
    rooms.publish(arena.tournament_id)
    end = play(arena, 1)
    for _ in range(3):
        rooms.publish(arena.tournament_id)
    kept = stream(redis_server, arena, began)
    assert kept is not None
    assert [each._replace(published_at=0.0) for each in kept] == rooms.missed(arena.tournament_id, began)
    assert kept[-1].seq == end
    assert stream(redis_server, arena, 1) is None


def test_a_stream_that_is_gone_begins_anew_and_says_that_it_does_not_hold_all(
    arena: Arena, redis_server: RedisServer
) -> None:
    rooms.publish(arena.tournament_id)
    play(arena, 1)
    redis_server.flushall()
    rooms.publish(arena.tournament_id)
    assert stream(redis_server, arena, 1) is None
    newest = end_of(arena)
    assert [each.seq for each in stream(redis_server, arena, newest - 1) or []] == [newest]


def test_a_stream_of_another_database_is_dropped(arena: Arena, redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.xadd(rooms.key_of(arena.tournament_id), {"from": "900"}, id="900-0")
    rooms.publish(arena.tournament_id)
    end = end_of(arena)
    assert [each.seq for each in stream(redis_server, arena, end - 1) or []] == [end]


def test_too_much_is_one_reset_from_the_log_and_in_the_stream(arena: Arena, redis_server: RedisServer) -> None:
    rooms.publish(arena.tournament_id)
    began = end_of(arena)
    end = append_numbers(arena.tournament_id, rooms.REPLAYED_AT_MOST + 1)
    (reset,) = rooms.missed(arena.tournament_id, began)
    assert (reset.is_reset, reset.from_seq, reset.seq) == (True, began + 1, end)
    rooms.publish(arena.tournament_id)
    (kept,) = stream(redis_server, arena, began) or []
    assert kept._replace(published_at=0.0) == reset
    assert kept.published_at > 0


def test_where_there_is_no_tournament_there_is_nothing(app: Flask, redis_server: RedisServer) -> None:
    assert rooms.head_of(5) is None
    assert rooms.missed(5, 0) == []
    assert rooms.tournament_of_match(5) is None
    assert rooms.seqs_of([5]) == {}
    rooms.publish(5)
