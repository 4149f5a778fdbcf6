"""Our fragments through the layer: one state, one tag, the same bytes; and no database where nothing changed."""

import threading
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.servers.redis import RedisServer
from tests.statements import count_statements
from webapp.services.live import heads
from webapp.services.matches import matches, results
from webapp.services.operations import flags
from webapp.services.ranking import adjustments, ranking
from webapp.services.spine.actors import SYSTEM
from webapp.views.fragment_layer import STATE_HEADER, TRUSTED_FOR_S

HTMX = {"HX-Request": "true"}


@pytest.fixture
def arena(app: Flask, redis_server: RedisServer) -> Arena:
    turn_on_the_engine(cache=True)
    arena = open_battle_royale(squads=25, lobbies=4)
    play(arena, 1)
    matches.start_match(arena.match_ids[1], actor=SYSTEM, now=ended_at(1))
    heads.publish(arena.tournament_id)
    return arena


def play(arena: Arena, number: int) -> None:
    match_id = arena.match_ids[number - 1]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(number))


def paths(arena: Arena) -> list[str]:
    tournament = f"/spectator/tournaments/{arena.tournament_id}"
    return [
        f"{tournament}/leaderboard/fragment/",
        f"{tournament}/leaderboard/fragment/?page=2",
        f"{tournament}/matches/fragment/",
        f"/spectator/matches/{arena.match_ids[1]}/scoreboard/fragment/",
    ]


def get(client: FlaskClient, path: str, etag: str | None = None) -> tuple[int, str, bytes]:
    headers = HTMX if etag is None else {**HTMX, "If-None-Match": etag}
    answer = client.get(path, headers=headers)
    return answer.status_code, answer.headers["ETag"], answer.data


def test_an_unchanged_poll_is_a_304_that_touches_no_database(client: FlaskClient, arena: Arena) -> None:
    for path in paths(arena):
        _, etag, _ = get(client, path)
        get(client, path, etag)
        with count_statements() as statements:
            for pause in (0, 0, TRUSTED_FOR_S + 0.05, flags.CACHE_S + 0.05):
                # Also when the layer asks whether the tournament moved on, and how the flags stand.
                time.sleep(pause)
                assert get(client, path, etag) == (304, etag, b"")
                assert get(client, path)[0] == 200
        assert statements == [], path


def test_everybody_gets_the_same_bytes_and_headers_whatever_they_bring(client: FlaskClient, arena: Arena) -> None:
    for path in paths(arena):
        plain = client.get(path, headers=HTMX)
        for headers in (
            {"Cookie": "session=abc; theme=dark"},
            {"Authorization": "Bearer dc_x"},
            {"Accept-Language": "bn"},
            {"X-Request-ID": "mine"},
        ):
            answer = client.get(path, headers={**HTMX, **headers})
            assert (answer.data, answer.headers["ETag"]) == (plain.data, plain.headers["ETag"])
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["Cache-Control"] == "public, max-age=1, stale-while-revalidate=5"
            assert answer.headers["Vary"] == "HX-Request"
            assert STATE_HEADER not in answer.headers


def test_every_change_of_the_tournament_is_a_new_tag(client: FlaskClient, arena: Arena) -> None:
    first = arena.participant_ids[0]
    changes = (
        lambda: matches.update_score(arena.match_ids[1], [[first, -1, 3]], actor=SYSTEM, now=ended_at(2)),
        lambda: results.confirm(arena.match_ids[1], arena.lines(arena.match_ids[1]), actor=SYSTEM, now=ended_at(2)),
        lambda: ranking.rank_due(arena.tournament_id, now=ended_at(2)),
        lambda: adjustments.adjust(
            arena.tournament_id, first, kind="penalty", points=-2, reason=REASON, actor=SYSTEM, now=ended_at(3)
        ),
        lambda: results.void(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(4)),
    )
    for path in paths(arena):
        seen = {get(client, path)[1]}
    for change in changes:
        change()
        for path in paths(arena):
            status, etag, _ = get(client, path)
            assert status == 200
            assert etag not in seen
            seen.add(etag)


def test_a_tag_never_names_other_bytes_on_whatever_process(client: FlaskClient, arena: Arena, app: Flask) -> None:
    """Readers of several processes (of one here, past its memory) while matches are confirmed and ranked.

    Without the cache, which would give everybody the first reader's bytes, right or wrong.
    """
    flags.set_flag("LEADERBOARDS_CACHE_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    bytes_of: dict[tuple[str, str], set[bytes]] = {}
    stop = threading.Event()
    guard = threading.Lock()
    app.config["PROPAGATE_EXCEPTIONS"] = True
    fresh = app.test_client()

    def watch() -> None:
        while not stop.is_set():
            for path in paths(arena):
                answer = fresh.get(path, headers=HTMX)
                # Straight from the application, as a process would give it that has nothing in memory.
                other = app.test_client().get(path, headers={**HTMX, "Host": f"h{time.monotonic_ns()}.example"})
                with guard:
                    for found in (answer, other):
                        bytes_of.setdefault((path, found.headers["ETag"]), set()).add(found.data)

    watchers = [threading.Thread(target=watch) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    for number in (2, 3, 4):
        play(arena, number)
        flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
        time.sleep(0.1)
        flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=True, actor=SYSTEM, now=OPENED_AT)
        time.sleep(0.1)
    stop.set()
    for watcher in watchers:
        watcher.join()
    several = {key: len(found) for key, found in bytes_of.items() if len(found) > 1}
    assert several == {}
    assert len(bytes_of) > 2 * len(paths(arena))


@pytest.mark.parametrize("name", ["LEADERBOARDS_COMPUTE_ENABLED", "LEADERBOARDS_ENGINE_V2_ENABLED"])
def test_a_toggled_flag_is_seen_within_a_second_under_a_tag_of_its_own(
    client: FlaskClient, arena: Arena, name: str
) -> None:
    path = paths(arena)[0]
    _, before, _ = get(client, path)
    flags.set_flag(name, is_on=False, actor=SYSTEM, now=OPENED_AT)
    began = time.monotonic()
    while get(client, path)[1] == before:
        assert time.monotonic() - began < 1
        time.sleep(0.02)
    assert get(client, path, before)[0] == 200


def test_without_redis_polls_are_right_all_the_same(
    client: FlaskClient, arena: Arena, redis_server: RedisServer
) -> None:
    path = paths(arena)[0]
    _, before, _ = get(client, path)
    redis_server.stop()
    time.sleep(TRUSTED_FOR_S)
    assert get(client, path, before)[0] == 304
    play(arena, 2)
    status, after, body = get(client, path, before)
    assert (status, after != before) == (200, True)
    assert b'data-version="2"' in body


def test_with_the_cache_off_the_bytes_and_tags_are_the_right_ones(client: FlaskClient, arena: Arena) -> None:
    flags.set_flag("LEADERBOARDS_CACHE_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    for path in paths(arena):
        status, etag, body = get(client, path)
        assert (status, bool(body)) == (200, True)
        assert get(client, path, etag)[0] == 304
