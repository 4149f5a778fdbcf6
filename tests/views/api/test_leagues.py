"""Rounds of a Swiss and the stage that follows, by API."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.personas import Persona
from tests.services.league_play import League, drawn
from tests.views.api.worlds import Program, program_of
from webapp.models import Tournament
from webapp.services.spine.transaction import transaction

GROUPS = {"groups": 2, "advance": 2, "then": {"format": "single-elimination"}}


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "organize")


def owned(league: League, owner: Persona) -> League:
    with transaction() as session:
        session.get_one(Tournament, league.tournament_id).organizer_id = owner.user_id
    return league


def send(program: Program, league: League, what: str, **body: Any) -> TestResponse:
    return program.post(f"/api/tournaments/brackets/{league.tournament_id}/{what}/", json=body)


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_rounds_are_paired_one_after_the_other(app: Flask, runs: Program, olga: Persona, otto: Persona) -> None:
    swiss = owned(drawn("swiss", 4, {"rounds": 2}), olga)
    assert code(send(runs, swiss, "next-round")) == (409, "round_open")
    assert code(send(runs, swiss, "next-round", number=3)) == (409, "round_skipped")
    first = send(runs, swiss, "next-round", number=1).get_json()
    assert first == {"tournament_id": swiss.tournament_id, "match_ids": [duel.match_id for duel in swiss.duels()]}
    swiss.play(swiss.stronger)
    told = send(runs, swiss, "next-round", number=2)
    assert told.status_code == 200
    assert told.get_json()["match_ids"] == [duel.match_id for duel in swiss.duels() if duel.round == 2]
    assert send(runs, swiss, "next-round", number=2).get_json() == told.get_json()
    one, two, three, four = swiss.ids
    again = [{"side_a_id": one, "side_b_id": three}, {"side_a_id": two, "side_b_id": four}]
    wrong = send(runs, swiss, "next-round", number=2, pairs=again)
    assert code(wrong) == (422, "invalid_bracket")
    assert {problem["path"] for problem in wrong.get_json()["errors"]} == {"pair 1", "pair 2"}
    other = [{"side_a_id": one, "side_b_id": four}, {"side_a_id": two, "side_b_id": three}]
    assert send(runs, swiss, "next-round", number=2, pairs=other).status_code == 200
    assert [(duel.a, duel.b) for duel in swiss.duels() if duel.round == 2] == [(one, four), (two, three)]
    stranger = program_of(app, otto, "read", "organize")
    assert send(stranger, swiss, "next-round").status_code == 404


def test_a_stage_follows_the_groups(runs: Program, olga: Persona) -> None:
    groups = owned(drawn("round-robin", 4, GROUPS), olga)
    assert code(send(runs, groups, "next-round")) == (409, "no_swiss")
    assert code(send(runs, groups, "next-stage")) == (409, "stage_open")
    groups.play(groups.stronger)
    told = send(runs, groups, "next-stage")
    assert told.status_code == 200, told.text
    second = told.get_json()["stages"][1]
    assert (second["number"], second["seeding"], sorted(second["seeds"])) == (2, "advanced", sorted(groups.ids))
    assert send(runs, groups, "next-stage").get_json() == told.get_json()
    wrong = send(runs, groups, "next-stage", order=[groups.ids[0]])
    assert wrong.status_code == 422


def test_a_league_without_a_second_stage_says_so(runs: Program, olga: Persona) -> None:
    assert code(send(runs, owned(drawn("round-robin", 4), olga), "next-stage")) == (409, "no_next_stage")
