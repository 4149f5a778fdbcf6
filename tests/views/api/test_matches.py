"""Matches by API: the same services and the same refusals as the pages."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.arenas import OPENED_AT, REASON, ended_at
from tests.contests import Contest, open_contest
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.api.worlds import Program, forget_rates, program_of
from webapp.models import Match, Tournament
from webapp.services.live import freezes
from webapp.services.matches import lobbies, reporting, series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def contest(olga: Persona, pat: Persona) -> Contest:
    return made(olga, pat)


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    """A program of the organizer."""
    return program_of(app, olga, "read", "play", "organize")


@pytest.fixture
def plays(app: Flask, pat: Persona) -> Program:
    """A program of who speaks for side a."""
    return program_of(app, pat, "read", "play")


def made(olga: Persona, pat: Persona, **how: Any) -> Contest:
    contest = open_contest(**{"matches": 3, **how})
    contest.also_speaks_for(pat.actor, contest.a)
    with transaction() as session:
        session.get_one(Tournament, contest.tournament_id).organizer_id = olga.user_id
    return contest


def path_of(contest: Contest, rest: str = "") -> str:
    return f"/api/tournaments/matches/{contest.match_id}/{rest}"


def games(*scores: tuple[int, int]) -> list[dict[str, int]]:
    return [{"number": number, "score_a": a, "score_b": b} for number, (a, b) in enumerate(scores, start=1)]


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def patch(program: Program, path: str, body: dict[str, Any]) -> TestResponse:
    return program.client.patch(path, json=body, headers=program.headers)


def test_a_side_reports_and_the_other_one_answers_by_number(contest: Contest, plays: Program) -> None:
    body = {"games": games((13, 7), (13, 3)), "note": "Close"}
    for _ in range(2):
        answer = plays.post(path_of(contest, "submit-result/"), json=body)
        assert (answer.status_code, answer.get_json()["report_revision"]) == (200, 1)
    assert code(plays.post(path_of(contest, "confirm-result/"), json={"report_revision": 1})) == (409, "own_report")
    reporting.submit(contest.match_id, contest.games(1, 1), actor=contest.bob, now=ended_at(3))
    assert code(plays.post(path_of(contest, "confirm-result/"), json={"report_revision": 1})) == (409, "stale_revision")
    assert code(plays.post(path_of(contest, "confirm-result/"), json={})) == (422, "invalid_request")
    told = plays.get(path_of(contest)).get_json()
    assert [report["report_revision"] for report in told["reports"]] == [1, 2]
    answer = plays.post(path_of(contest, "confirm-result/"), json={"report_revision": 2})
    assert (answer.status_code, answer.get_json()["changed"]) == (200, True)
    told = plays.get(path_of(contest)).get_json()
    assert (told["state"], told["winner_id"], told["reports"]) == ("completed", contest.b, [])


def test_what_is_wrong_with_games_is_said_by_game(contest: Contest, plays: Program) -> None:
    wrong = plays.post(path_of(contest, "submit-result/"), json={"games": games((13, 7), (9, 3))})
    assert code(wrong) == (422, "invalid_series")
    assert [problem["path"] for problem in wrong.get_json()["errors"]] == ["game 2: score"]


def test_officials_confirm_decide_reset_and_cancel(contest: Contest, runs: Program, plays: Program) -> None:
    body = {"games": games((13, 7), (13, 3)), "revision": 0}
    assert runs.post(path_of(contest, "confirm-result/"), json=body).get_json()["changed"]
    assert code(runs.post(path_of(contest, "confirm-result/"), json=body)) == (409, "stale_revision")
    win = {"participant_id": contest.b, "reason": REASON}
    assert code(runs.post(path_of(contest, "force-win/"), json=win)) == (409, "already_confirmed")
    assert runs.post(path_of(contest, "reset/"), json={"reason": REASON}).get_json()["changed"]
    assert not runs.post(path_of(contest, "reset/"), json={"reason": REASON}).get_json()["changed"]
    assert runs.post(path_of(contest, "start/")).get_json()["changed"]
    assert code(runs.post(path_of(contest, "force-win/"), json=win | {"participant_id": 999})) == (
        422,
        "invalid_result",
    )
    walk_over = win | {"how": "walk_over"}
    assert runs.post(path_of(contest, "force-win/"), json=walk_over).status_code == 200
    told = runs.get(path_of(contest)).get_json()
    assert (told["state"], told["winner_id"], told["forfeited_by_id"]) == ("forfeit", contest.b, contest.a)
    assert code(runs.post(path_of(contest, "cancel/"), json={"reason": REASON})) == (409, "match_has_result")
    for rest in ("start/", "force-win/", "reset/", "cancel/", "lobby/", "assign-coordinator/"):
        assert plays.post(path_of(contest, rest), json={}).status_code == 403


def test_a_match_is_changed_field_by_field_and_times_are_set_all_or_none(contest: Contest, runs: Program) -> None:
    at = OPENED_AT + timedelta(hours=2)
    assert patch(runs, path_of(contest), {"map": "Haven", "scheduled_at": at.isoformat()}).get_json()["changed"]
    with read_snapshot() as session:
        match = session.get_one(Match, contest.match_id)
        assert (match.label, match.map, match.scheduled_at) == ("Match 1", "Haven", at)
    assert not patch(runs, path_of(contest), {"map": "Haven"}).get_json()["changed"]
    second, third = contest.match_ids[1:]
    times: list[dict[str, Any]] = [
        {"match_id": second, "scheduled_at": at.isoformat()},
        {"match_id": third, "scheduled_at": None},
    ]
    body = {"tournament_id": contest.tournament_id, "times": times}
    clash = runs.post("/api/tournaments/matches/bulk-schedule/", json=body)
    assert code(clash) == (422, "invalid_result")
    assert {problem["path"] for problem in clash.get_json()["errors"]} == {f"at-{second}"}
    times[0]["scheduled_at"] = (at + timedelta(hours=1)).isoformat()
    answer = runs.post("/api/tournaments/matches/bulk-schedule/", json=body)
    assert answer.get_json()["match_ids"] == [second]


def test_the_lobby_is_for_sides_and_officials(
    contest: Contest, app: Flask, runs: Program, plays: Program, otto: Persona, olga: Persona
) -> None:
    lobby = {"name": "DC-1", "password": "kite", "notes": ""}
    assert runs.post(path_of(contest, "lobby/"), json=lobby).get_json()["changed"]
    assert runs.post(path_of(contest, "assign-coordinator/"), json={"user_id": olga.user_id}).get_json()["changed"]
    for program in (runs, plays):
        assert program.get(path_of(contest)).get_json()["lobby"] == lobby
    stranger = program_of(app, otto)
    assert stranger.get(path_of(contest)).get_json()["lobby"] is None
    assert "kite" not in stranger.get(f"/api/tournaments/matches/?tournament_id={contest.tournament_id}").text
    report = program_of(app, otto, "play").post(path_of(contest, "submit-result/"), json={"games": games((13, 7))})
    assert code(report) == (404, "match_not_found")
    lobbies.set_lobby(contest.match_id, name="", password="", notes="", actor=SYSTEM, now=OPENED_AT)
    assert plays.get(path_of(contest)).get_json()["lobby"] is None


def test_a_frozen_result_is_hidden_from_all_but_officials(contest: Contest, runs: Program, plays: Program) -> None:
    freezes.freeze_now(contest.tournament_id, actor=SYSTEM, now=OPENED_AT)
    series.confirm(contest.match_id, contest.games(0, 0), actor=SYSTEM, now=ended_at(1))
    listed = f"/api/tournaments/matches/?tournament_id={contest.tournament_id}"
    seen = plays.get(listed).get_json()["results"][0]
    assert (seen["state"], seen["winner_id"], seen["revision"]) == ("hidden", None, None)
    assert runs.get(listed).get_json()["results"][0]["winner_id"] == contest.a
    assert plays.get(f"{listed}&state=completed").get_json()["count"] == 0


def test_the_list_has_pages_and_costs_the_same_however_long(olga: Persona, pat: Persona, plays: Program) -> None:
    counts = []
    for size in (1, 3):
        contest = made(olga, pat, matches=size, name=f"Cup {size}")
        path = f"/api/tournaments/matches/?tournament_id={contest.tournament_id}"
        plays.get(path)
        with count_statements() as found:
            assert plays.get(path).get_json()["count"] == size
        counts.append(len(found))
    assert counts[0] == counts[1]
    page = plays.get(f"{path}&limit=1&offset=1").get_json()
    assert [match["id"] for match in page["results"]] == [contest.match_ids[1]]
    assert page["next"].endswith("offset=2")
    assert page["previous"].endswith("offset=0")
    forget_rates()
    assert plays.get("/api/tournaments/matches/?tournament_id=999999").status_code == 404


def test_everything_is_stopped_and_goes_on(contest: Contest, runs: Program, plays: Program) -> None:
    home = f"/api/tournaments/{contest.tournament_id}/"
    assert runs.post(f"{home}emergency-stop/", json={"reason": REASON}).get_json()["changed"]
    report = f"/api/tournaments/results/{contest.match_id}/submit-result/"
    assert code(plays.post(report, json={"games": games((13, 7), (13, 3))})) == (409, "tournament_paused")
    assert runs.post(f"{home}resume/").get_json() == {
        "tournament_id": contest.tournament_id, "is_stopped": False, "changed": True,
    }  # fmt: skip
    assert plays.post(report, json={"games": games((13, 7), (13, 3))}).status_code == 200
    answer = f"/api/tournaments/results/{contest.match_id}/confirm-result/"
    assert code(plays.post(answer, json={"report_revision": 1})) == (409, "own_report")
