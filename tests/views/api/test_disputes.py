"""Disputes by API: the same services and the same refusals as the pages."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.disputed import REASON, TEXT, Duel, games, match_now, open_duel
from tests.personas import Persona, persona
from tests.views.api.worlds import Program, program_of
from webapp.services.matches import series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

CLAIM = [{"number": 1, "score_a": 9, "score_b": 13}, {"number": 2, "score_a": 9, "score_b": 13}]
OBJECTION = {"reason_code": "wrong_score", "text": TEXT, "games": CLAIM, "revision": 1}


@pytest.fixture
def duel(app: Flask, pat: Persona, olga: Persona) -> Duel:
    """Confirmed a moment ago."""
    duel = open_duel(pat, persona(app, "una"), organizer=olga)
    series.confirm(duel.match_id, games(duel.sides, "aa"), actor=SYSTEM, now=utc_now())
    return duel


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "play", "organize")


@pytest.fixture
def plays(app: Flask, pat: Persona) -> Program:
    return program_of(app, pat, "read", "play")


def path_of(duel: Duel, rest: str) -> str:
    return f"/api/tournaments/matches/{duel.match_id}/{rest}"


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_a_side_objects_and_an_official_decides(duel: Duel, plays: Program, runs: Program) -> None:
    told = plays.post(path_of(duel, "dispute/"), json=OBJECTION)
    assert told.status_code == 200
    dispute = told.get_json()
    assert (dispute["state"], dispute["match_revision"], dispute["participant_id"]) == ("open", 1, duel.sides[0])
    assert TEXT not in told.text
    assert plays.get(f"/api/tournaments/disputes/{dispute['id']}/").get_json() == dispute
    assert code(plays.post(path_of(duel, "dispute/"), json=OBJECTION)) == (409, "dispute_open")
    listed = runs.get(f"/api/admin/tournaments/{duel.arena.tournament_id}/disputes/?state=open").get_json()
    assert (listed["count"], listed["counts"]["open"], listed["results"]) == (1, 1, [dispute])
    decision = {"resolution": "approve_dispute", "reason": REASON, "dispute_revision": 1}
    assert plays.post(path_of(duel, "resolve-dispute/"), json=decision).status_code == 403
    stale = runs.post(path_of(duel, "resolve-dispute/"), json=decision | {"dispute_revision": 7})
    assert code(stale) == (409, "stale_revision")
    done = runs.post(path_of(duel, "resolve-dispute/"), json=decision).get_json()
    assert (done["state"], done["match_state"], done["match_revision"]) == ("resolved", "completed", 2)
    assert match_now(duel.match_id).winner_id == duel.sides[1]
    assert code(runs.post(path_of(duel, "resolve-dispute/"), json=decision)) == (404, "dispute_not_found")


def test_refusals_name_what_is_wrong(app: Flask, duel: Duel, plays: Program, runs: Program, otto: Persona) -> None:
    path = path_of(duel, "dispute/")
    assert code(plays.post(path, json=OBJECTION | {"text": "no"})) == (422, "invalid_request")
    assert code(plays.post(path, json=OBJECTION | {"games": CLAIM[:1]})) == (422, "invalid_series")
    assert code(plays.post(path, json=OBJECTION | {"revision": 4})) == (409, "stale_revision")
    stranger = program_of(app, otto, "read", "play", "organize")
    assert code(stranger.post(path, json=OBJECTION)) == (404, "match_not_found")
    assert stranger.get(f"/api/admin/tournaments/{duel.arena.tournament_id}/disputes/").status_code == 404
    dispute_id = plays.post(path, json=OBJECTION | {"games": None}).get_json()["id"]
    assert stranger.get(f"/api/tournaments/disputes/{dispute_id}/").status_code == 404
    nothing = {"resolution": "approve_dispute", "reason": REASON}
    assert code(runs.post(path_of(duel, "resolve-dispute/"), json=nothing)) == (422, "invalid_result")
