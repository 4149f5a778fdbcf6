"""Tables of groups, of a round robin and of a Swiss by API, and what is kept while the board is frozen."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.arenas import ended_at
from tests.personas import Persona
from tests.services.league_play import League, drawn
from tests.statements import count_statements
from tests.views.api.test_leagues import GROUPS, owned
from tests.views.api.worlds import Program, program_of
from webapp.models import Tournament
from webapp.services.live import freezes
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

Rows = list[dict[str, Any]]


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "organize")


def asked(program: Program, league: League) -> TestResponse:
    return program.get(f"/api/tournaments/brackets/{league.tournament_id}/tables/")


def tables(program: Program, league: League) -> dict[str | None, Rows]:
    """By group the rows of the first stage."""
    answer = asked(program, league)
    assert answer.status_code == 200, answer.text
    first = answer.get_json()["stages"][0]
    return {table["group"]: table["rows"] for table in first["tables"]}


def points(rows: Rows) -> list[int]:
    return [row["points"] for row in rows]


def test_each_group_has_its_table(runs: Program, program: Program, olga: Persona) -> None:
    league = owned(drawn("round-robin", 8, GROUPS), olga)
    before = tables(program, league)
    assert {group: points(rows) for group, rows in before.items()} == {"A": [0] * 4, "B": [0] * 4}
    league.play(league.stronger)
    for asker in (runs, program):
        after = tables(asker, league)
        assert {group: points(rows) for group, rows in after.items()} == {"A": [9, 6, 3, 0], "B": [9, 6, 3, 0]}
    first = after["A"][0]
    assert (first["rank"], first["matches_played"], first["wins"], first["score_for"]) == (1, 3, 3, 3)
    assert [row["advances"] for row in after["A"]] == [True, True, False, False]
    assert runs.post(f"/api/tournaments/brackets/{league.tournament_id}/next-stage/", json={}).status_code == 200
    assert [stage["format"] for stage in asked(program, league).get_json()["stages"]] == ["round-robin"]


def test_a_swiss_is_one_table_with_the_opponents_scores(program: Program, olga: Persona) -> None:
    league = owned(drawn("swiss", 4, {"rounds": 2}), olga)
    league.play(league.stronger)
    rows = tables(program, league)[None]
    assert (points(rows), [row["buchholz"] for row in rows]) == ([3, 3, 0, 0], [0.0, 0.0, 3.0, 3.0])


def test_while_the_board_is_frozen_only_officials_see_on(runs: Program, program: Program, olga: Persona) -> None:
    league = owned(drawn("round-robin", 4, {}), olga)
    league.confirm(league.open_duels()[0], (1, 0))
    frozen = tables(program, league)
    freezes.freeze_now(league.tournament_id, actor=SYSTEM, now=ended_at(20))
    league.play(league.stronger)
    assert tables(program, league) == frozen
    assert points(next(iter(tables(runs, league).values()))) == [9, 6, 3, 0]
    freezes.unfreeze(league.tournament_id, actor=SYSTEM, now=ended_at(40))
    assert tables(program, league) == tables(runs, league)


def test_it_is_not_there_for_who_does_not_see_the_tournament(program: Program, runs: Program, olga: Persona) -> None:
    league = owned(drawn("round-robin", 4, {}), olga)
    with transaction() as session:
        session.get_one(Tournament, league.tournament_id).visibility = "private"
    assert asked(program, league).status_code == 404
    assert asked(runs, league).status_code == 200


def test_it_costs_the_same_for_few_and_for_many_groups(program: Program, olga: Persona) -> None:
    costs = []
    for size, groups in ((8, 2), (24, 6)):
        league = owned(drawn("round-robin", size, GROUPS | {"groups": groups}), olga)
        tables(program, league)
        with count_statements() as statements:
            assert len(tables(program, league)) == groups
        costs.append(len(statements))
    assert costs[0] == costs[1]
