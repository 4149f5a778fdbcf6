"""Corrections and undo by API: looked at on a copy, done with a reason, taken back."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.arenas import REASON
from tests.knockouts import Knockout, games, open_knockout
from tests.personas import Persona, persona
from tests.views.api.worlds import Program, played_cup, program_of, turn_on_the_api
from webapp.models import Tournament
from webapp.services.matches import series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction

OTHER_WAY: Any = [{"number": 1, "score_a": 0, "score_b": 1}]


@pytest.fixture
def cup(app: Flask, olga: Persona) -> Knockout:
    """A knock-out of four, played to its end: seed 1 has beaten 4 and 2."""
    knockout = open_knockout(sides=4)
    for key, seed in (("W1-1", 1), ("W1-2", 2), ("W2-1", 1)):
        match_id = knockout.match_ids()[key]
        series.confirm(match_id, games(match_id, knockout.seed(seed)), actor=SYSTEM, now=utc_now())
    with transaction() as session:
        session.get_one(Tournament, knockout.tournament_id).organizer_id = olga.user_id
    return knockout


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "organize")


def path_of(cup: Knockout, rest: str = "") -> str:
    return f"/api/tournaments/matches/{cup.match_ids()['W1-1']}/correct/{rest}"


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_a_preview_names_everything_and_changes_nothing(cup: Knockout, runs: Program) -> None:
    final = cup.match_ids()["W2-1"]
    before = cup.sides(), cup.states()
    told = runs.post(path_of(cup, "preview/"), json={"games": OTHER_WAY}).get_json()
    assert told["needs_choice"] is True
    assert told["in_doubt"] == [
        {"match_id": final, "number": 3, "state": "completed", "choice": "replay", "is_chosen": False}
    ]
    first, last = told["matches"]
    assert (first["before"]["winner_id"], first["after"]["winner_id"]) == (cup.seed(1), cup.seed(4))
    assert (last["after"]["state"], last["after"]["side_a_id"]) == ("scheduled", cup.seed(4))
    assert {move["participant_id"] for move in told["ranks"]} >= {cup.seed(1), cup.seed(4)}
    assert {"event": "result_corrected", "match_number": 1} in told["events"]
    assert (cup.sides(), cup.states()) == before
    chosen = {"games": OTHER_WAY, "choices": [{"match_id": final, "choice": "keep"}]}
    assert runs.post(path_of(cup, "preview/"), json=chosen).get_json()["needs_choice"] is False


def test_it_is_done_once_the_later_match_is_decided_and_can_be_taken_back(
    app: Flask, cup: Knockout, runs: Program, sam: Persona
) -> None:
    before = cup.sides(), cup.states()
    body = {"games": OTHER_WAY, "reason": REASON, "revision": 1}
    refused = runs.post(path_of(cup), json=body)
    assert code(refused) == (409, "choices_needed")
    final = cup.match_ids()["W2-1"]
    assert [problem["path"] for problem in refused.get_json()["errors"]] == [str(final)]
    body["choices"] = [{"match_id": final, "choice": "replay"}]
    done = runs.post(path_of(cup), json=body).get_json()
    assert (done["revision"], done["changed"]) == (2, True)
    assert cup.sides()["W2-1"] == (4, 2)
    assert code(runs.post(path_of(cup), json=body)) == (409, "stale_revision")
    undo = f"/api/tournaments/{cup.tournament_id}/undo/"
    listed = runs.get(undo).get_json()
    assert [(one["action_id"], one["action"]) for one in listed["results"]] == [(done["undo_id"], "result.corrected")]
    assert program_of(app, sam).get(undo).get_json() == {"count": 0, "results": []}
    back = runs.post(f"{undo}{done['undo_id']}/").get_json()
    assert back == {"action_id": done["undo_id"], "action": "result.corrected", "changed": True}
    assert (cup.sides(), cup.states()) == before
    assert runs.post(f"{undo}{done['undo_id']}/").get_json()["changed"] is False
    assert runs.get(undo).get_json() == {"count": 0, "results": []}


def test_refusals_have_their_codes(app: Flask, cup: Knockout, runs: Program, otto: Persona) -> None:
    body = {"games": OTHER_WAY, "reason": REASON}
    assert code(runs.post(path_of(cup), json=body | {"reason": "no"})) == (422, "invalid_request")
    assert code(runs.post(path_of(cup), json=body | {"games": []})) == (422, "invalid_request")
    both = body | {"lines": [{"participant_id": cup.seed(1), "placement": 1}]}
    assert code(runs.post(path_of(cup), json=both)) == (422, "invalid_request")
    lines = {"lines": both["lines"], "reason": REASON}
    assert code(runs.post(path_of(cup), json=lines)) == (422, "invalid_result")
    wrong = {"kind": "forfeit", "lost_by": cup.seed(2), "reason": REASON}
    assert code(runs.post(path_of(cup), json=wrong)) == (422, "invalid_result")
    undo = f"/api/tournaments/{cup.tournament_id}/undo/"
    assert code(runs.post(f"{undo}99/")) == (404, "action_not_found")
    stranger = program_of(app, otto, "read", "organize")
    for path in (path_of(cup), path_of(cup, "preview/")):
        assert stranger.post(path, json=body).status_code == 404
    assert stranger.get(undo).status_code == 404
    assert program_of(app, persona(app, "pat"), "read", "play").post(path_of(cup), json=body).status_code == 403


def test_what_is_disputed_can_be_looked_at_before_it_is_decided(cup: Knockout, runs: Program) -> None:
    match = f"/api/tournaments/matches/{cup.match_ids()['W2-1']}/"
    objection = {"reason_code": "wrong_score", "text": "The second game was never played.", "games": OTHER_WAY}
    by_official = program_of(runs.client.application, persona(runs.client.application, "sam"))
    assert by_official.post(f"{match}dispute/", json=objection).status_code == 200
    told = runs.post(f"{match}resolve-dispute/preview/", json={"resolution": "approve_dispute"})
    assert told.status_code == 200, told.text
    (change,) = told.get_json()["matches"]
    assert change["after"]["winner_id"] == cup.seed(2)
    assert code(
        runs.post(path_of(cup).replace("correct/", "resolve-dispute/preview/"), json={"resolution": "reject"})
    ) == (
        404,
        "dispute_not_found",
    )


def test_a_lobby_is_confirmed_corrected_and_taken_out_by_its_lines(app: Flask, sam: Persona) -> None:
    turn_on_the_api()
    cup = played_cup(squads=3, played=0, lobbies=1)
    one, two, three = cup.participant_ids
    program, match = program_of(app, sam), f"/api/tournaments/matches/{cup.match_ids[0]}/"

    def lines(*order: int) -> list[dict[str, Any]]:
        return [
            {"participant_id": who, "placement": place, "kills": 4 - place} for place, who in enumerate(order, start=1)
        ]

    wrong = program.post(f"{match}confirm-result/", json={"lines": lines(one, two, two)})
    assert code(wrong) == (422, "invalid_result")
    done = program.post(f"{match}confirm-result/", json={"lines": lines(one, two, three)}).get_json()
    assert (done["revision"], done["changed"]) == (1, True)
    again = {"lines": lines(three, two, one), "reason": REASON, "revision": 1}
    told = program.post(f"{match}correct/preview/", json={"lines": again["lines"]}).get_json()
    assert {move["participant_id"]: move["rank_after"] for move in told["ranks"]} == {three: 1, one: 3}
    assert program.post(f"{match}correct/", json=again).get_json()["revision"] == 2
    void = program.post(f"{match}correct/", json={"kind": "void", "reason": REASON}).get_json()
    assert (void["revision"], void["changed"]) == (3, True)
    back = program.post(f"/api/tournaments/{cup.tournament_id}/undo/{void['undo_id']}/")
    assert back.get_json()["changed"] is True
    series_of = program.post(f"{match}confirm-result/", json={"games": OTHER_WAY})
    assert series_of.status_code == 422
