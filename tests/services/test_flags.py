"""Flags themselves, and what each of the leaderboard flags means (spec 00, "Feature flags")."""

import os
import subprocess
import sys
import time
from typing import Any

import pytest
import redis
from flask import Flask

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.servers.redis import RedisServer
from tests.statements import count_statements
from tests.trail import trail
from webapp.config import ROOT, Settings
from webapp.domain.errors import NotFound
from webapp.models import FeatureFlag, Tournament
from webapp.services.boards import boards, leaderboards
from webapp.services.matches import results
from webapp.services.operations import cache, flags
from webapp.services.ranking import ranking
from webapp.services.ranking.board_store import PublishedBoard
from webapp.services.spine import redis_link
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot

CACHE = "LEADERBOARDS_CACHE_ENABLED"
COMPUTE = "LEADERBOARDS_COMPUTE_ENABLED"
ENGINE = "LEADERBOARDS_ENGINE_V2_ENABLED"


def set_flag(name: str, *, is_on: bool) -> flags.FlagState:
    return flags.set_flag(name, is_on=is_on, actor=SYSTEM, now=OPENED_AT)


# -- the flags themselves


def test_every_flag_is_off_until_it_is_turned_on(app: Flask) -> None:
    assert [state.is_on for state in flags.list_all()] == [False] * len(flags.FLAGS)
    assert [state.name for state in flags.list_all()] == list(flags.FLAGS)
    assert all(state.off_means for state in flags.list_all())


def test_setting_a_flag_is_a_row_and_an_audit_entry(app: Flask) -> None:
    with trail() as found:
        state = set_flag(CACHE, is_on=True)
    assert state == flags.FlagState(CACHE, is_on=True, from_environment=False, off_means=flags.FLAGS[CACHE])
    assert found.audited == [("flag.set", {"flag": CACHE, "before": None, "after": True})]
    with read_snapshot() as session:
        row = session.get_one(FeatureFlag, CACHE)
        assert (row.is_on, row.changes, row.updated_at, row.updated_by_id) == (True, 1, OPENED_AT, None)
    with trail() as found:
        set_flag(CACHE, is_on=False)
    assert found.audited == [("flag.set", {"flag": CACHE, "before": True, "after": False})]
    with trail() as found:
        assert not set_flag(CACHE, is_on=False).is_on
    assert (found.audited, found.wanted) == ([], [])


def test_an_unknown_flag_is_answered_with_those_that_there_are(app: Flask) -> None:
    with pytest.raises(NotFound, match=f"There is no flag NOPE; the flags are {COMPUTE}, ") as refused:
        set_flag("NOPE", is_on=True)
    assert refused.value.code == "flag_unknown"


@pytest.mark.parametrize(
    ("value", "expected"), [("on", True), ("1", True), ("TRUE", True), ("off", False), ("0", False)]
)
def test_the_environment_wins_over_the_row_and_says_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch, value: str, expected: bool
) -> None:
    set_flag(CACHE, is_on=not expected)
    monkeypatch.setenv(CACHE, value)
    assert flags.is_on(CACHE) is expected
    state = next(state for state in flags.list_all() if state.name == CACHE)
    assert (state.is_on, state.from_environment) == (expected, True)
    monkeypatch.setenv(CACHE, "  ")
    assert flags.is_on(CACHE) is not expected


@pytest.mark.parametrize("has_redis", [True, False])
def test_a_toggle_of_another_process_is_seen_within_a_second(
    app: Flask, settings: Settings, request: pytest.FixtureRequest, has_redis: bool
) -> None:
    redis_url = request.getfixturevalue("redis_server").url if has_redis else None
    redis_link.connect(redis_url)
    for is_on in (True, False, True):
        assert flags.is_on(CACHE) is not is_on
        set_flag_in_another_process(settings, redis_url, CACHE, is_on=is_on)
        began = time.monotonic()
        while flags.is_on(CACHE) is not is_on:
            assert time.monotonic() - began < 1, "the toggle was not seen"
            time.sleep(0.01)


def set_flag_in_another_process(settings: Settings, redis_url: str | None, name: str, *, is_on: bool) -> None:
    environment = {
        **os.environ, "SECRET_KEY": "k" * 32, "DATABASE_URL": settings.database_url,
        "DELTACROWN_INSTANCE": str(settings.instance_path), "FLASK_RUN_FROM_CLI": "true",
    }  # fmt: skip
    if redis_url:
        environment["REDIS_URL"] = redis_url
    code = (
        "from webapp import create_app; from webapp.services.operations import flags; from webapp.services.spine.actors import SYSTEM;"
        "from webapp.services.spine.clock import utc_now\n"
        f"with create_app().app_context(): flags.set_flag({name!r}, is_on={is_on}, actor=SYSTEM, now=utc_now())"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, timeout=60)


def test_with_redis_asking_for_a_flag_needs_no_database(app: Flask, redis_server: RedisServer) -> None:
    set_flag(CACHE, is_on=True)
    flags.forget()
    with count_statements(with_flags=True) as statements:
        assert flags.is_on(CACHE)
    assert statements == []


def test_an_old_state_never_covers_a_new_one_in_redis(app: Flask, redis_server: RedisServer) -> None:
    set_flag(CACHE, is_on=True)
    with redis_server.client() as client:
        known = client.get("deltacrown:flags")
        assert known == f"1 {CACHE}".encode()
        client.eval(flags._RAISE, 1, "deltacrown:flags", "0", 10)
        assert client.get("deltacrown:flags") == known
        assert 0 < client.ttl("deltacrown:flags") <= 10


def test_an_emptied_or_absent_redis_changes_no_flag(app: Flask, redis_server: RedisServer) -> None:
    set_flag(CACHE, is_on=True)
    redis_server.flushall()
    flags.forget()
    assert flags.is_on(CACHE)
    redis_server.stop()
    flags.forget()
    assert flags.is_on(CACHE)
    assert set_flag(CACHE, is_on=False).is_on is False


# -- what they mean


@pytest.fixture
def arena(app: Flask, redis_server: RedisServer) -> Arena:
    """Two matches are ranked, a third is confirmed and not ranked yet."""
    turn_on_the_engine(cache=True)
    arena = open_battle_royale({"points_per_kill": 1, "cascade": "pubgm"}, squads=6, lobbies=3)
    for number, match_id in enumerate(arena.match_ids, start=1):
        if number == 3:
            ranking.rank_due(arena.tournament_id, now=ended_at(2))
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
    return arena


def shown(arena: Arena) -> PublishedBoard:
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        return boards.of_tournament(session, tournament, "public", now=ended_at(9))


def page(arena: Arena) -> dict[str, Any]:
    return leaderboards.page(arena.tournament_id, audience="public", limit=50, offset=0, now=ended_at(9))


def test_compute_off_empties_boards_and_says_disabled(arena: Arena) -> None:
    set_flag(COMPUTE, is_on=False)
    board = shown(arena)
    assert (board.source, board.version, len(board.board)) == ("disabled", 0, 0)
    document = page(arena)
    assert (document["count"], document["rankings"], document["deltas"]) == (0, [], [])
    set_flag(COMPUTE, is_on=True)
    assert (shown(arena).source, shown(arena).version) == ("engine_v2", 1)


def test_cache_off_computes_every_read_live(arena: Arena, redis_server: RedisServer) -> None:
    assert [page(arena)["metadata"]["cache_hit"] for _ in range(2)] == [False, True]
    set_flag(CACHE, is_on=False)
    redis_server.flushall()
    for _ in range(2):
        with count_statements(with_flags=True) as statements:
            assert page(arena)["metadata"]["cache_hit"] is False
        assert any("board_versions" in statement for statement in statements)
    with redis_server.client() as client:
        assert client.keys(cache.PREFIX + "*") == []


def test_engine_off_gives_the_plain_service_the_same_order_and_no_deltas(arena: Arena) -> None:
    set_flag(ENGINE, is_on=False)
    plain = shown(arena)
    assert (plain.source, plain.version) == ("live", 0)
    document = page(arena)
    assert document.keys() == {"scope", "count", "next", "previous", "entries", "metadata"}
    entries = document["entries"]
    set_flag(ENGINE, is_on=True)
    ranking.rank_due(arena.tournament_id, now=ended_at(9))
    published = shown(arena)
    # The tournament's own cascade decides under both engines: no flag may change who wins.
    assert published.board.same_as(plain.board)
    assert (published.seq, published.source, published.version) == (plain.seq, "engine_v2", 2)
    document = page(arena)
    assert document["deltas"]
    timeless = [
        [{name: value for name, value in entry.items() if name != "last_updated_at"} for entry in rows]
        for rows in (document["rankings"], entries)
    ]
    assert timeless[0] == timeless[1]


def test_the_plain_service_keeps_its_pages_for_five_minutes(arena: Arena, redis_server: RedisServer) -> None:
    set_flag(ENGINE, is_on=False)
    page(arena)
    with redis_server.client() as client:
        (key,) = [key for key in client.keys(cache.PREFIX + "board:*") if b":1100:" in key]
        assert 290 < client.ttl(key) <= 300


def test_turning_the_engine_on_asks_for_the_boards_that_fell_behind(app: Flask) -> None:
    for name in (COMPUTE, ENGINE):
        with trail() as found:
            flags.set_flag(name, is_on=True, actor=Actor(None, "admin"), now=OPENED_AT)
        assert found.wanted == [("stale_boards", "all")]
    with trail() as found:
        set_flag(ENGINE, is_on=False)
        set_flag("WEBHOOK_SLOW_LANE", is_on=True)
    assert found.wanted == []


def test_a_redis_that_hangs_holds_up_a_toggle_no_longer_than_half_a_second(
    app: Flask, redis_server: RedisServer
) -> None:
    redis_server.pause()
    began = time.monotonic()
    assert set_flag(CACHE, is_on=True).is_on
    assert time.monotonic() - began < 1.5
    with pytest.raises(redis.RedisError):
        redis_link.link().run(lambda client: client.ping())
