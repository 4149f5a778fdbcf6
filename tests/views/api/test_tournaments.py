"""Finding tournaments by API, moving them on, and saying who won."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.arenas import OPENED_AT, open_battle_royale, play_undecided
from tests.personas import Persona
from tests.views.api.worlds import Program, code_of, program_of, turn_on_the_api
from tests.views.organizer.pages import draft
from webapp.models import Tournament
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments


@pytest.fixture
def program(app: Flask, olga: Persona) -> Program:
    turn_on_the_api()
    return program_of(app, olga, "read", "organize")


def listed(owner: Persona, name: str, **details: Any) -> int:
    tournament_id = draft(owner, name, **details)
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    return tournament_id


def found(program: Program, path: str) -> list[int]:
    answer = program.get(f"/api/tournaments/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["count"] >= len(answer.get_json()["results"])
    return [entry["id"] for entry in answer.get_json()["results"]]


def test_every_filter_narrows_and_the_words_may_stand_anywhere(program: Program, olga: Persona, otto: Persona) -> None:
    day = timedelta(days=1)
    free = listed(olga, "Élan Open", description="An evening by the harbor", starts_at=OPENED_AT)
    paid = listed(
        olga, "Copper Cup", game="valorant", format="swiss", entry_fee=500, prize_pool=9000, currency="BDT",
        starts_at=OPENED_AT + day,
    )  # fmt: skip
    draft(otto, "Elan Draft")
    listed(olga, "Elan Private", visibility="private")
    for query, wanted in (
        ("", [paid, free]),
        ("?search=elan%20HARB", [free]),
        ("?search=valo", [paid]),
        ("?search=lan", []),
        ("?search=%25", []),
        ("?game=valorant", [paid]),
        ("?format=swiss", [paid]),
        ("?free_only=1", [free]),
        ("?min_fee=100&max_fee=500", [paid]),
        ("?min_prize=9001", []),
        ("?max_prize=0", [free]),
        ("?start_after=2026-03-02", [paid]),
        ("?start_before=2026-03-01T13:00:00Z", [free]),
        ("?status=live", []),
        ("?is_official=0", [paid, free]),
        ("?is_official=1", []),
        ("?organizer=OLGA", [paid, free]),
        ("?organizer=otto", []),
        ("?ordering=starts_at", [free, paid]),
        ("?ordering=name&limit=1", [paid]),
        ("?ordering=name&limit=1&offset=1", [free]),
    ):
        assert found(program, f"discover/{query}") == wanted, query
    assert found(program, "upcoming/") == [free, paid]
    assert found(program, "by-game/valorant/") == [paid]
    assert found(program, "featured/") == []
    tournaments.start(free, actor=SYSTEM, now=OPENED_AT)
    assert found(program, "live/") == [free]
    with transaction() as session:
        session.get_one(Tournament, paid).is_featured = True
    assert found(program, "featured/") == [paid]


@pytest.mark.parametrize("query", ["?limit=101", "?status=secret", "?ordering=id", "?start_after=soon", "?colour=red"])
def test_what_cannot_be_looked_for_is_refused(program: Program, query: str) -> None:
    assert program.get(f"/api/tournaments/discover/{query}").status_code in (400, 422)


def test_a_tournament_is_moved_on_and_its_winners_are_reviewed(program: Program, olga: Persona) -> None:
    arena = open_battle_royale(squads=3, lobbies=0, organizer_id=olga.user_id)
    path = f"/api/tournaments/{arena.tournament_id}/"
    assert code_of(program.post(path + "complete/")) == "nothing_played"
    play_undecided(arena)
    assert program.post(path + "complete/").json == {"tournament_id": arena.tournament_id, "status": "completed"}
    first, second, _ = arena.participant_ids
    body = {"decision": "by_hand", "winner_id": second, "runner_up_id": first, "reason": "They drew lots on stage"}
    done = program.post(path + "review/", json=body)
    assert done.json == {
        "tournament_id": arena.tournament_id, "changed": True, "winner_id": second, "runner_up_id": first,
        "third_place_id": None, "determination_method": "manual", "requires_review": False,
    }  # fmt: skip
    assert program.post(path + "review/", json=body).get_json()["changed"] is False
    assert program.post(path + "review/", json=body | {"winner_id": 999}).status_code == 422
    assert program.post(path + "open/").status_code == 409
    assert program.post(path + "archive/").get_json()["status"] == "archived"
    assert program.post(path + "review/", json=body).status_code == 409


def test_another_organizer_finds_nothing_to_move(app: Flask, program: Program, olga: Persona, otto: Persona) -> None:
    tournament_id = listed(olga, "Harbor Cup")
    other = program_of(app, otto, "read", "organize")
    assert other.post(f"/api/tournaments/{tournament_id}/start/").status_code == 404
