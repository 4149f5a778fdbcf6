"""How often one may ask, and how one is told."""

import pytest
from flask import Flask

from tests.personas import Persona
from tests.servers.redis import RedisServer
from tests.views.api.worlds import Program, code_of, forget_rates, played_cup, program_of, turn_on_the_api

INVALIDATE = "/api/admin/leaderboards/cache/invalidate/"


def test_a_hundred_boards_an_hour_and_304s_for_nothing(app: Flask, pat: Persona, program: Program) -> None:
    turn_on_the_api()
    path = f"/api/tournaments/{played_cup().tournament_id}/leaderboard/"
    first = program.get(path)
    assert first.headers["RateLimit-Policy"] == '"boards";q=100;w=3600'
    assert first.headers["RateLimit"].startswith('"boards";r=99;t=3')
    assert "Retry-After" not in first.headers
    for _ in range(120):
        assert program.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    for _ in range(98):
        assert program.get(path).status_code == 200
    last = program.get(path)
    assert (last.status_code, last.headers["RateLimit"][:12]) == (200, '"boards";r=0')
    over = program.get(path)
    assert (over.status_code, code_of(over)) == (429, "too_many_requests")
    assert 0 < int(over.headers["Retry-After"]) <= 3600
    # What an unchanged board costs is nothing, even now; another token of the same person is the same person.
    assert program.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert program_of(app, pat).get(path).status_code == 429


def test_what_is_refused_before_the_work_costs_nothing(program: Program) -> None:
    turn_on_the_api()
    path = f"/api/tournaments/{played_cup().tournament_id}/leaderboard/"
    for _ in range(5):
        assert program.get(path + "?limit=0").status_code == 422
    assert program.get(path).headers["RateLimit"].startswith('"boards";r=99')


@pytest.mark.parametrize("path", ["leaderboard/deltas/?since=0", "events/"])
def test_catching_up_is_once_a_second_and_leaves_the_boards_alone(program: Program, path: str) -> None:
    turn_on_the_api()
    tournament = f"/api/tournaments/{played_cup().tournament_id}/"
    assert [program.get(tournament + path).status_code for _ in range(2)] == [200, 429]
    assert program.get(tournament + "leaderboard/").headers["RateLimit"].startswith('"boards";r=99')


def test_ten_invalidations_an_hour(staff_program: Program) -> None:
    codes = [staff_program.post(INVALIDATE, json={"scope": "season"}).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_a_replayed_answer_costs_nothing(staff_program: Program) -> None:
    for _ in range(15):
        answer = staff_program.post(INVALIDATE, json={"scope": "season"}, headers={"Idempotency-Key": "a"})
        assert answer.status_code == 200


def test_without_redis_each_process_counts_for_itself(
    app: Flask, redis_server: RedisServer, staff_program: Program
) -> None:
    assert staff_program.post(INVALIDATE, json={"scope": "season"}).status_code == 200
    redis_server.stop()
    codes = [staff_program.post(INVALIDATE, json={"scope": "season"}).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]
    redis_server.make_fresh()
    forget_rates()
