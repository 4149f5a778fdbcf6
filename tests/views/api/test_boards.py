"""The leaderboard family as programs read it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.arenas import REASON, ended_at, turn_on_the_engine
from tests.servers.redis import RedisServer
from tests.statements import count_statements
from tests.views.api.worlds import (
    API_FLAG,
    Program,
    code_of,
    forget_rates,
    play,
    played_cup,
    played_league,
    turn_on_the_api,
)
from webapp.domain.deltas import NO_RANK
from webapp.services.boards import leaderboards
from webapp.services.operations import flags
from webapp.services.ranking import overrides, ranking, season_ranking
from webapp.services.registration import registrations
from webapp.services.spine import redis_link
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Boards are read from both databases."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def board_of(tournament_id: int, more: str = "") -> str:
    return f"/api/tournaments/{tournament_id}/leaderboard/{more}"


def read(program: Program, path: str) -> dict[str, Any]:
    answer = program.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/json"
    document: dict[str, Any] = answer.get_json()
    return document


def with_redis_at_hand(ask: Callable[[], TestResponse], *, at_most: int) -> tuple[TestResponse, list[str]]:
    """An answer and what it asked of the database, of a moment when Redis answers in time: on a busy machine not each."""
    for _ in range(6):
        with count_statements() as counted:
            answer = ask()
        statements = [statement for statement in counted if not statement.startswith("SET ")]
        if len(statements) <= at_most:
            break
        time.sleep(redis_link.PAUSE_AFTER_FAILURE_S)
    return answer, statements


def test_the_board_is_the_services_board(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup()
    document = read(program, board_of(cup.tournament_id, "?explain=1"))
    expected = leaderboards.page(cup.tournament_id, audience="public", limit=50, offset=0, now=utc_now(), explain=True)
    assert document == expected
    assert document["metadata"]["source"] == "engine_v2"
    assert [row["decided_by"] for row in document["rankings"][1:]] != [None] * 5


def test_pages_lead_to_each_other_by_addresses(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup(squads=5)
    first = read(program, board_of(cup.tournament_id, "?limit=2&explain=1"))
    base = f"http://127.0.0.1:8000{board_of(cup.tournament_id)}?explain=1&limit=2&offset="
    assert (first["next"], first["previous"]) == (base + "2", None)
    second = read(program, first["next"].removeprefix("http://127.0.0.1:8000"))
    assert (second["next"], second["previous"]) == (base + "4", base + "0")
    third = read(program, second["next"].removeprefix("http://127.0.0.1:8000"))
    assert (third["next"], third["previous"]) == (None, base + "2")
    ranks = [row["rank"] for page in (first, second, third) for row in page["rankings"]]
    assert ranks == [1, 2, 3, 4, 5]


def test_without_the_engine_it_has_the_plain_form(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup()
    flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=False, actor=SYSTEM, now=utc_now())
    document = read(program, board_of(cup.tournament_id))
    assert document.keys() == {"scope", "count", "next", "previous", "entries", "metadata"}
    assert (len(document["entries"]), document["metadata"]["source"]) == (6, "live")
    deltas = read(program, board_of(cup.tournament_id, "deltas/?since=0"))
    assert (deltas["deltas"], deltas["metadata"]["source"]) == ([], "live")


def test_while_standings_are_paused_it_is_empty(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup()
    flags.set_flag("LEADERBOARDS_COMPUTE_ENABLED", is_on=False, actor=SYSTEM, now=utc_now())
    for more in ("", "?at=1", "?matches=1"):
        document = read(program, board_of(cup.tournament_id, more))
        assert (document["count"], document["metadata"]["source"]) == (0, "disabled")


def test_a_past_version_is_the_board_of_then(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup(played=1)
    then = read(program, board_of(cup.tournament_id))
    play(cup, 2)
    past = read(program, board_of(cup.tournament_id, "?at=1"))
    assert past["rankings"] == then["rankings"]
    assert (past["metadata"]["version"], past["metadata"]["source"]) == (1, "snapshot")
    answer = program.get(board_of(cup.tournament_id, "?at=9"))
    assert (answer.status_code, code_of(answer)) == (404, "version_not_found")
    assert "versions 1 to 2" in answer.get_json()["detail"]


def test_some_matches_alone_add_up_to_all_of_them(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup(played=3)

    def points(more: str) -> dict[int, int]:
        rows = read(program, board_of(cup.tournament_id, more))["rankings"]
        return {row["participant_id"]: row["points"] for row in rows}

    first, others, whole = points("?matches=1"), points("?matches=3,2"), points("")
    assert {who: first[who] + others[who] for who in whole} == whole
    answer = program.get(board_of(cup.tournament_id, "?matches=1,9"))
    assert answer.get_json()["errors"] == [{"path": "matches", "message": "no match has the number 9"}]


def test_a_league_folds_some_matches_too(program: Program) -> None:
    turn_on_the_api()
    league = played_league()
    rows = read(program, board_of(league.tournament_id, "?matches=1"))["rankings"]
    assert [(row["points"], row["wins"], row["team_id"] is None) for row in rows] == [
        (3, 1, False), (0, 0, False)
    ]  # fmt: skip


def test_an_override_is_marked_and_comes_by_delta(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup()
    last = read(program, board_of(cup.tournament_id))["rankings"][-1]["participant_id"]
    overrides.override(cup.tournament_id, last, 1, reason=REASON, actor=SYSTEM, now=ended_at(5))
    ranking.rank_due(cup.tournament_id, now=ended_at(5))
    top = read(program, board_of(cup.tournament_id))["rankings"][0]
    assert (top["participant_id"], top["rank"], top["is_override"]) == (last, 1, True)
    told = read(program, board_of(cup.tournament_id, "deltas/?since=1"))
    assert (told["metadata"]["since"], told["metadata"]["version"], told["count"]) == (1, 2, 6)
    assert told["deltas"][0] == {
        "participant_id": last, "team_id": top["team_id"], "previous_rank": 6, "current_rank": 1, "rank_change": -5,
        "points": top["points"],
    }  # fmt: skip


def test_deltas_bring_any_version_to_the_newest(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup(played=1)
    boards = {}
    for number in (2, 3):
        boards[number - 1] = read(program, board_of(cup.tournament_id))["rankings"]
        play(cup, number)
    registrations.withdraw(cup.participant_ids[0], actor=SYSTEM, now=ended_at(5))
    ranking.rank_due(cup.tournament_id, now=ended_at(5))
    now = {row["participant_id"]: row["rank"] for row in read(program, board_of(cup.tournament_id))["rankings"]}
    for version, rows in boards.items():
        had = {row["participant_id"]: row["rank"] for row in rows}
        for change in program.get(board_of(cup.tournament_id, f"deltas/?since={version}")).get_json()["deltas"]:
            assert had.pop(change["participant_id"]) == change["previous_rank"]
            assert change["team_id"] is not None
            if change["current_rank"] is not None:
                had[change["participant_id"]] = change["current_rank"]
        assert had == now
        forget_rates()
    assert NO_RANK not in now.values()


def test_a_version_that_was_not_yet_has_no_deltas(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup()
    answer = program.get(board_of(cup.tournament_id, "deltas/?since=7"))
    assert (answer.status_code, code_of(answer)) == (404, "version_not_found")


def test_a_series_has_its_summary(program: Program) -> None:
    turn_on_the_api()
    league = played_league()
    one, other = league.participant_ids
    document = read(program, f"/api/tournaments/{league.tournament_id}/series/{league.match_ids[0]}/")
    assert document == {
        "match_id": league.match_ids[0], "best_of": 3, "status": "completed", "series_winner_id": one,
        "series_score": {str(one): 2, str(other): 0},
        "games": [
            {"number": 1, "winner_id": one, "score": {str(one): 13, str(other): 5}, "map": "Haven"},
            {"number": 2, "winner_id": one, "score": {str(one): 13, str(other): 11}, "map": "Bind"},
        ],
    }  # fmt: skip


def test_a_match_of_another_tournament_is_no_series_of_this(program: Program) -> None:
    turn_on_the_api()
    cup, league = played_cup(), played_league()
    answer = program.get(f"/api/tournaments/{cup.tournament_id}/series/{league.match_ids[0]}/")
    assert (answer.status_code, code_of(answer)) == (404, "match_not_found")
    answer = program.get(f"/api/tournaments/{cup.tournament_id}/series/{cup.match_ids[0]}/")
    assert (answer.status_code, code_of(answer)) == (422, "invalid_result")


def test_a_history_has_versions_and_tournaments(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup(played=2)
    who = cup.participant_ids[0]
    document = read(program, f"/api/tournaments/leaderboards/participant/{who}/history/")
    assert [row["version"] for row in document["versions"]] == [1, 2]
    (own,) = document["tournaments"]
    assert (own["tournament_id"], own["version"], own["rank"], own["entries_count"]) == (
        cup.tournament_id, 2, document["versions"][-1]["rank"], 6
    )  # fmt: skip
    answer = program.get("/api/tournaments/leaderboards/participant/99999/history/")
    assert (answer.status_code, code_of(answer)) == (404, "participant_not_found")


def test_boards_of_other_scopes(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup(season="2026_S1", region="EU")
    season_ranking.compute_season_rankings("pubgm", "2026_S1", now=ended_at(5))
    season_ranking.compute_all_time_rankings("pubgm", now=ended_at(5))
    scoped = "/api/tournaments/leaderboards/scoped/?scope="
    season = read(program, f"{scoped}season&game=pubgm&season=2026_S1&limit=2")
    assert (season["scope"], season["count"], season["metadata"]["key"]) == ("season", 6, "pubgm:2026_S1")
    assert season["next"].endswith("?scope=season&game=pubgm&season=2026_S1&limit=2&offset=2")
    assert read(program, f"{scoped}all_time&game=pubgm")["count"] == 6
    own = read(program, f"{scoped}tournament&tournament_id={cup.tournament_id}")
    assert own == read(program, board_of(cup.tournament_id))
    assert (
        read(program, f"{scoped}season&game=pubgm&season=2026_S1&region=EU&from=2026-01-01&to=2026-12-31")["count"] == 6
    )
    assert read(program, f"{scoped}season&game=pubgm&season=2026_S1&region=NA")["count"] == 0
    assert read(program, f"{scoped}all_time&game=pubgm&to=2025-12-31")["count"] == 0


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("season&game=pubgm", {"season"}),
        ("all_time", {"game"}),
        ("tournament", {"tournament_id"}),
        ("tournament&tournament_id=1&region=EU", {"region"}),
        ("all_time&game=pubgm&from=2026-02-01&to=2026-01-01", {"to"}),
        ("all_time&game=pubgm&season=2026_S1", {"season"}),
        ("everything", {"scope"}),
        ("all_time&game=pubgm&from=yesterday", {"from"}),
    ],
)
def test_parameters_that_do_not_fit_are_named(program: Program, query: str, fields: set[str]) -> None:
    turn_on_the_api()
    answer = program.get(f"/api/tournaments/leaderboards/scoped/?scope={query}")
    assert (answer.status_code, code_of(answer)) == (422, "invalid_request")
    assert {error["path"] for error in answer.get_json()["errors"]} == fields


def test_bytes_that_are_no_text_are_no_error_of_ours(program: Program) -> None:
    turn_on_the_api()
    for path in (
        "scoped/?scope=all_time&game=pubgm&region=%ff%fe",
        "scoped/?scope=all_time&game=pubgm&region=a%26b%00",
    ):
        assert program.get(f"/api/tournaments/leaderboards/{path}").status_code in {200, 422}


def test_there_is_no_such_game(program: Program) -> None:
    turn_on_the_api()
    answer = program.get("/api/tournaments/leaderboards/scoped/?scope=all_time&game=chess")
    assert (answer.status_code, code_of(answer)) == (404, "game_unknown")


def test_the_flag_switches_reading_off_and_says_for_how_long(program: Program, staff_program: Program) -> None:
    turn_on_the_engine()
    cup = played_cup()
    for path in (
        board_of(cup.tournament_id),
        board_of(cup.tournament_id, "deltas/?since=0"),
        f"/api/tournaments/{cup.tournament_id}/series/{cup.match_ids[0]}/",
        f"/api/tournaments/leaderboards/participant/{cup.participant_ids[0]}/history/",
        "/api/tournaments/leaderboards/scoped/?scope=all_time&game=pubgm",
    ):
        answer = program.get(path)
        assert (answer.status_code, code_of(answer)) == (503, "FEATURE_DISABLED")
        assert (answer.get_json()["retry_after_seconds"], answer.headers["Retry-After"]) == (300, "300")
    body = {"participant_id": cup.participant_ids[3], "new_rank": 1, "reason": REASON}
    assert staff_program.post(f"/api/tournaments/{cup.tournament_id}/override-placement/", json=body).status_code == 200
    assert staff_program.get(f"/api/admin/leaderboards/inspect/{cup.tournament_id}/").status_code == 200
    flags.set_flag(API_FLAG, is_on=True, actor=SYSTEM, now=utc_now())
    assert program.get(board_of(cup.tournament_id)).status_code == 200


def test_an_unchanged_board_is_a_304_that_asks_no_database(program: Program, redis_server: RedisServer) -> None:
    turn_on_the_api(cache=True)
    cup = played_cup()
    first = program.get(board_of(cup.tournament_id))
    had = {"If-None-Match": first.headers["ETag"]}
    again, statements = with_redis_at_hand(lambda: program.get(board_of(cup.tournament_id), headers=had), at_most=0)
    assert (again.status_code, again.data, statements) == (304, b"", [])
    assert again.headers["ETag"] == first.headers["ETag"]
    other = program.get(board_of(cup.tournament_id, "?limit=1"), headers=had)
    assert other.status_code == 200
    play(cup, 2)
    changed = program.get(board_of(cup.tournament_id), headers=had)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_a_tag_is_known_by_who_had_the_answer_and_cannot_be_guessed(program: Program, vic: FlaskClient) -> None:
    turn_on_the_api()
    path = board_of(played_cup().tournament_id)
    etag = program.get(path).headers["ETag"]
    assert vic.get(path, headers={"If-None-Match": etag}).status_code == 304
    for guess in ('"1"', 'W/"1"', "*", etag[:-2] + '"'):
        assert vic.get(path, headers={"If-None-Match": guess}).status_code == 401


def test_a_cached_page_says_so_and_asks_for_the_token_alone(program: Program, redis_server: RedisServer) -> None:
    turn_on_the_api(cache=True)
    cup = played_cup()
    assert read(program, board_of(cup.tournament_id))["metadata"]["cache_hit"] is False
    answer, statements = with_redis_at_hand(lambda: program.get(board_of(cup.tournament_id)), at_most=1)
    assert answer.get_json()["metadata"]["cache_hit"] is True
    (asked,) = statements
    assert "FROM api_tokens" in asked


def test_what_officials_alone_see_is_not_there(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup(visibility="private")
    for more in ("leaderboard/", "leaderboard/deltas/?since=0", "events/", "metadata/"):
        answer = program.get(f"/api/tournaments/{cup.tournament_id}/{more}")
        assert (answer.status_code, code_of(answer)) == (404, "tournament_not_found")


def test_the_log_is_followed_by_a_cursor(program: Program) -> None:
    turn_on_the_api()
    cup = played_cup(played=2)
    path = f"/api/tournaments/{cup.tournament_id}/events/"
    seen: list[dict[str, Any]] = []
    since, has_more = 0, True
    while has_more:
        forget_rates()
        told = read(program, f"{path}?since={since}&limit=2")
        seen += told["events"]
        since, has_more = told["next_since"], told["has_more"]
    numbers = [event["seq"] for event in seen]
    assert numbers == sorted(set(numbers))
    assert {event["type"] for event in seen} >= {"tournament_started", "match_completed", "rank_update"}
    assert "registration_created" not in {event["type"] for event in seen}
    forget_rates()
    assert read(program, f"{path}?since={since}")["events"] == []
    play(cup, 3)
    forget_rates()
    assert [event["type"] for event in read(program, f"{path}?since={since}")["events"]] == [
        "match_completed", "rank_update"
    ]  # fmt: skip
