import pytest
import redis
from flask import Flask

from tests.arenas import OPENED_AT, Arena, open_battle_royale
from tests.servers.redis import RedisServer
from tests.statements import count_statements
from webapp.models import Tournament
from webapp.services.live import heads
from webapp.services.spine import log, redis_link
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def arena(app: Flask, redis_server: RedisServer) -> Arena:
    return open_battle_royale()


def number_of(arena: Arena) -> int:
    with read_snapshot() as session:
        return session.get_one(Tournament, arena.tournament_id).log_seq


def change(arena: Arena) -> int:
    with transaction() as session:
        tournament = log.lock_tournament(session, arena.tournament_id)
        return log.record(session, tournament, "tournament_updated", {"changed": []}, actor=SYSTEM, now=OPENED_AT)


def key_of(arena: Arena) -> str:
    return f"deltacrown:head:{arena.tournament_id}"


def test_a_published_number_is_known_without_the_database(arena: Arena) -> None:
    assert heads.publish(arena.tournament_id)
    with count_statements() as statements:
        assert heads.current(arena.tournament_id) is not None
    assert statements == []
    assert heads.current(arena.tournament_id) == number_of(arena)


def test_a_number_that_redis_does_not_know_is_read_and_told(arena: Arena, redis_server: RedisServer) -> None:
    assert heads.current(arena.tournament_id) == number_of(arena)
    with redis_server.client() as client:
        assert client.get(key_of(arena)) == str(number_of(arena)).encode()
        assert 0 < client.ttl(key_of(arena)) <= 30
    redis_server.flushall()
    assert heads.current(arena.tournament_id) == number_of(arena)


def test_what_this_process_committed_is_seen_here_at_once(arena: Arena, redis_server: RedisServer) -> None:
    heads.publish(arena.tournament_id)
    before = heads.generation()
    seq = change(arena)
    assert heads.generation() == before + 1
    assert heads.current(arena.tournament_id) == seq
    with redis_server.client() as client:
        assert client.get(key_of(arena)) == str(seq - 1).encode()
    heads.publish(arena.tournament_id)
    with redis_server.client() as client:
        assert client.get(key_of(arena)) == str(seq).encode()


def test_a_number_never_goes_back(arena: Arena, redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.set(key_of(arena), 999)
        heads.publish(arena.tournament_id)
        assert client.get(key_of(arena)) == b"999"


def test_a_tournament_that_is_not_there_or_deleted_has_no_number(arena: Arena, redis_server: RedisServer) -> None:
    assert heads.current(999) is None
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).deleted_at = OPENED_AT
    assert heads.current(arena.tournament_id) is None
    assert heads.publish(arena.tournament_id)
    with redis_server.client() as client:
        assert client.keys("deltacrown:head:*") == []


def test_without_redis_the_database_answers_and_there_is_nobody_to_tell(app: Flask) -> None:
    redis_link.connect(None)
    arena = open_battle_royale()
    assert heads.current(arena.tournament_id) == number_of(arena)
    assert not heads.publish(arena.tournament_id)


def test_a_redis_that_is_away_makes_publishing_fail_and_reading_go_on(arena: Arena, redis_server: RedisServer) -> None:
    redis_server.stop()
    assert heads.current(arena.tournament_id) == number_of(arena)
    with pytest.raises(redis.RedisError):
        heads.publish(arena.tournament_id)


def test_what_was_committed_for_one_site_says_nothing_about_another(arena: Arena, redis_server: RedisServer) -> None:
    heads.note(arena.tournament_id, 999)
    assert heads.current(arena.tournament_id) == number_of(arena)
    heads.publish(arena.tournament_id)
    assert heads.current(arena.tournament_id) == 999
    redis_link.connect(redis_server.url)
    assert heads.current(arena.tournament_id) == number_of(arena)
