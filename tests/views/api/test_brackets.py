"""Brackets by API."""

from typing import Any

import pytest
from flask import Flask

from tests.arenas import OPENED_AT
from tests.knockouts import Knockout, open_knockout, registered
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.api.worlds import Program, code_of, forget_rates, program_of
from webapp.models import Tournament
from webapp.services.live import freezes
from webapp.services.matches import matches
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction


def owned(knockout: Knockout, owner: Persona) -> Knockout:
    with transaction() as session:
        session.get_one(Tournament, knockout.tournament_id).organizer_id = owner.user_id
    return knockout


@pytest.fixture
def organizer(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "organize")


def path_of(knockout: Knockout, what: str = "") -> str:
    return f"/api/tournaments/brackets/{knockout.tournament_id}/{what}"


def sides(document: dict[str, Any]) -> dict[str, tuple[int | None, int | None]]:
    (stage,) = document["stages"]
    return {node["key"]: (node["side_a_id"], node["side_b_id"]) for node in stage["nodes"]}


def test_a_bracket_is_drawn_locked_opened_and_changed(organizer: Program, olga: Persona) -> None:
    knockout = owned(registered(sides=4), olga)
    one, two, three, four = knockout.participant_ids
    assert organizer.get(path_of(knockout)).get_json() == {"tournament_id": knockout.tournament_id, "stages": []}
    drawn = organizer.post(path_of(knockout, "generate/"), json={"seeding": "manual", "order": [four, three, two, one]})
    assert drawn.status_code == 200, drawn.text
    assert sides(drawn.get_json()) == {"W1-1": (four, one), "W1-2": (three, two), "W2-1": (None, None)}
    (stage,) = drawn.get_json()["stages"]
    assert (stage["state"], stage["seeding"], stage["seeds"]) == ("generated", "manual", [four, three, two, one])
    locked = organizer.post(path_of(knockout, "finalize/"))
    assert locked.get_json()["stages"][0]["state"] == "finalized"
    refused = organizer.post(path_of(knockout, "generate/"), json={})
    assert (refused.status_code, code_of(refused)) == (409, "bracket_finalized")
    assert organizer.post(path_of(knockout, "unfinalize/")).status_code == 200
    swapped = organizer.post(path_of(knockout, "swap-seeds/"), json={"first": 1, "second": 3})
    assert sides(swapped.get_json())["W1-1"] == (two, one)
    assert organizer.get(path_of(knockout)).get_json() == swapped.get_json()


def test_every_refusal_has_its_code(organizer: Program, olga: Persona, app: Flask) -> None:
    teams = owned(registered(sides=3), olga)
    players = owned(registered(sides=3, game="efootball", name="Solo"), olga)
    alone = owned(registered(sides=1, name="Alone"), olga)
    lobby = owned(registered("battle-royale", sides=4, game="pubgm", name="Lobby"), olga)
    strangers = registered(sides=4, name="Not mine")
    begun = owned(open_knockout(sides=4, name="Begun"), olga)
    matches.start_match(begun.match_ids()["W1-1"], actor=SYSTEM, now=OPENED_AT)
    for knockout, what, body, expected in (
        (teams, "generate/", {"seeding": "ranked"}, (422, "unranked_teams")),
        (players, "generate/", {"seeding": "ranked"}, (422, "ranking_needs_teams")),
        (teams, "generate/", {"seeding": "manual", "order": [1]}, (422, "invalid_bracket")),
        (alone, "generate/", {}, (422, "too_few_participants")),
        (lobby, "generate/", {}, (422, "no_bracket")),
        (strangers, "generate/", {}, (404, "tournament_not_found")),
        (begun, "generate/", {"seeding": "random"}, (409, "bracket_begun")),
        (begun, "swap-seeds/", {"first": 1, "second": 9}, (422, "invalid_bracket")),
        (teams, "finalize/", {}, (409, "no_bracket_yet")),
    ):
        answer = organizer.post(path_of(knockout, what), json=body)
        assert (answer.status_code, code_of(answer)) == expected, what
    ranked = organizer.post(path_of(teams, "generate/"), json={"seeding": "ranked"}).get_json()
    assert [error["path"] for error in ranked["errors"]] == [f"participant {who}" for who in teams.participant_ids]
    assert "Squad" not in str(ranked)


def test_a_frozen_bracket_tells_the_public_what_it_knew(organizer: Program, program: Program, olga: Persona) -> None:
    knockout = owned(open_knockout(sides=4), olga)
    knockout.win("W1-1", 4)
    before = program.get(path_of(knockout)).get_json()
    freezes.freeze_now(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
    knockout.win("W1-2", 3)
    knockout.win("W2-1", 4)
    frozen = program.get(path_of(knockout)).get_json()
    (stage,) = frozen["stages"]
    assert stage["state"] == "generated"
    assert sides(frozen) == sides(before)
    assert [node["winner_id"] for node in stage["nodes"]] == [knockout.seed(4), None, None]
    official = organizer.get(path_of(knockout)).get_json()
    assert (official["stages"][0]["state"], sides(official)["W2-1"]) == (
        "completed", (knockout.seed(4), knockout.seed(3)),
    )  # fmt: skip


def test_a_bracket_costs_as_many_statements_with_many_nodes(program: Program, app: Flask) -> None:
    counts = []
    for size in (2, 16):
        knockout = open_knockout("double-elimination", sides=size, name=f"Of {size}")
        program.get(path_of(knockout))
        with count_statements() as found:
            assert program.get(path_of(knockout)).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_a_hidden_tournament_has_no_bracket_to_read(program: Program, app: Flask) -> None:
    knockout = open_knockout(sides=2)
    with transaction() as session:
        session.get_one(Tournament, knockout.tournament_id).visibility = "private"
    answer = program.get(path_of(knockout))
    assert (answer.status_code, code_of(answer)) == (404, "tournament_not_found")


def test_the_same_key_draws_once(organizer: Program, olga: Persona) -> None:
    knockout = owned(registered(sides=5), olga)
    key = {"Idempotency-Key": "a1"}
    first = organizer.post(path_of(knockout, "generate/"), json={"seeding": "random"}, headers=key)
    forget_rates()
    again = organizer.post(path_of(knockout, "generate/"), json={"seeding": "random"}, headers=key)
    assert again.get_json() == first.get_json() | {"idempotent_replay": True}
    assert again.headers["Idempotency-Replayed"] == "true"
