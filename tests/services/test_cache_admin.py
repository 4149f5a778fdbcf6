import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.servers.redis import RedisServer
from tests.trail import trail
from webapp.domain.errors import DomainError, Forbidden, NotFound
from webapp.services.boards import leaderboards
from webapp.services.matches import results
from webapp.services.operations import cache, cache_admin, cache_counts, cache_epochs, cache_status
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM, Actor

OLGA = Actor(1, "organizer")


@pytest.fixture
def arena(app: Flask, redis_server: RedisServer) -> Arena:
    turn_on_the_engine(cache=True)
    arena = open_battle_royale(squads=4, lobbies=1)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    return arena


def read(arena: Arena) -> bool:
    document = leaderboards.page(arena.tournament_id, audience="public", limit=5, offset=0, now=OPENED_AT)
    hit: bool = document["metadata"]["cache_hit"]
    return hit


def invalidate(**what: Any) -> cache_admin.Invalidation:
    return cache_admin.invalidate(actor=SYSTEM, now=OPENED_AT, **what)


def test_counts_of_all_reads_are_added_up_in_redis(arena: Arena) -> None:
    assert cache_status.status(actor=SYSTEM).hit_ratio is None
    assert [read(arena) for _ in range(4)] == [False, True, True, True]
    found = cache_status.status(actor=SYSTEM)
    assert (found.is_on, found.is_redis_there) == (True, True)
    assert (found.hits, found.misses, found.requests, found.hit_ratio, found.entries) == (3, 1, 4, 0.75, 1)
    assert (found.invalidations, found.evictions) == (0, 0)
    assert found.ttls_s == {"tournament": 30, "plain_service": 300, "season": 3600, "all_time": 86400}
    assert found.p50_ms is not None
    assert found.p99_ms is not None
    assert 0 < found.p50_ms <= found.p99_ms
    data = found.as_data()
    assert data["since"].endswith("+00:00")
    assert {name for name, value in data.items() if isinstance(value, str)} == {"since"}


def test_what_was_counted_reaches_the_others_by_itself_within_a_second(arena: Arena, redis_server: RedisServer) -> None:
    read(arena)
    give_up_at = time.monotonic() + 5
    with redis_server.client() as client:
        while not client.hget(cache_counts.KEY, "misses"):
            assert time.monotonic() < give_up_at
            time.sleep(0.05)


def test_polls_that_a_process_answers_from_its_own_memory_are_hits(arena: Arena, client: FlaskClient) -> None:
    address = f"/spectator/tournaments/{arena.tournament_id}/leaderboard/fragment/"
    for _ in range(10):
        assert client.get(address, headers={"HX-Request": "true"}).status_code == 200
    found = cache_status.status(actor=SYSTEM)
    assert (found.hits, found.misses, found.hit_ratio) == (9, 1, 0.9)


def test_without_redis_there_is_a_status_too(app: Flask) -> None:
    found = cache_status.status(actor=SYSTEM)
    assert (found.is_redis_there, found.requests, found.hit_ratio, found.entries) == (False, 0, None, 0)
    assert invalidate(scope="season").cleared is None


@pytest.mark.parametrize("scope", [None, "tournament"])
def test_clearing_a_tournament_makes_the_next_read_a_computation_and_is_audited(
    arena: Arena, scope: str | None
) -> None:
    assert [read(arena), read(arena)] == [False, True]
    epoch = cache_epochs.of_tournament(arena.tournament_id)
    with trail() as found:
        what = {"scope": scope} if scope else {"tournament_id": arena.tournament_id}
        done = invalidate(**what)
    target = scope or f"tournament:{arena.tournament_id}"
    assert done == (target, 1)
    assert (found.audited, found.events) == ([("cache.invalidated", {"scope": target})], [])
    assert cache_epochs.of_tournament(arena.tournament_id) != epoch
    assert [read(arena), read(arena)] == [False, True]
    assert cache_status.status(actor=SYSTEM).invalidations == 1


def test_only_what_is_named_is_cleared(arena: Arena, redis_server: RedisServer) -> None:
    kept = {
        "board:season:pubgm:2026:public:1", "board:season:pubgm:2026_S1:public:1", "board:all_time:pubgm:public:1",
        "board:77:public:3", "fragment:77:x",
    }  # fmt: skip
    with redis_server.client() as client:
        for key in kept:
            client.set(cache.PREFIX + key, b"1")

        def left() -> set[str]:
            return {key.decode().removeprefix(cache.PREFIX) for key in client.keys(cache.PREFIX + "*")} & kept

        assert invalidate(tournament_id=arena.tournament_id).cleared == 0
        assert left() == kept
        assert invalidate(scope="season:pubgm:2026").cleared == 1
        assert invalidate(scope="season:pubgm:*").cleared == 0
        assert invalidate(scope="season").cleared == 1
        assert invalidate(scope="all_time").cleared == 1
        assert left() == {"board:77:public:3", "fragment:77:x"}
        assert invalidate(scope="tournament").cleared == 2


@pytest.mark.parametrize(
    "what",
    [{}, {"tournament_id": 1, "scope": "season"}, {"scope": "week"}, {"scope": "season:"}, {"scope": "tournament:7"}],
)
def test_unknown_scopes_are_refused(app: Flask, what: dict[str, Any]) -> None:
    with pytest.raises(DomainError, match="The cache cannot be cleared"):
        invalidate(**what)


def test_only_staff_clear_and_see_the_cache(arena: Arena) -> None:
    for what in ({"tournament_id": arena.tournament_id}, {"scope": "season"}):
        with trail() as found, pytest.raises(Forbidden):
            cache_admin.invalidate(actor=OLGA, now=OPENED_AT, **what)
        assert found.audited == []
    with pytest.raises(Forbidden):
        cache_status.status(actor=OLGA)
    with pytest.raises(NotFound):
        invalidate(tournament_id=999)


def test_a_cleared_tournament_gets_new_fragments_in_the_processes_that_had_kept_them(
    arena: Arena, client: FlaskClient
) -> None:
    address = f"/spectator/tournaments/{arena.tournament_id}/leaderboard/fragment/"
    before = client.get(address, headers={"HX-Request": "true"})
    again = client.get(address, headers={"HX-Request": "true", "If-None-Match": before.headers["ETag"]})
    assert (before.status_code, again.status_code) == (200, 304)
    invalidate(tournament_id=arena.tournament_id)
    give_up_at = time.monotonic() + 5
    while True:
        after = client.get(address, headers={"HX-Request": "true", "If-None-Match": before.headers["ETag"]})
        if after.status_code == 200:
            break
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    assert after.headers["ETag"] != before.headers["ETag"]
