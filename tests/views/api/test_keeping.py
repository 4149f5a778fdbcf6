"""By API: versions, announcements, deleted tournaments, how the winners were found."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.arenas import OPENED_AT
from tests.entering import enter, open_tournament
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.api.worlds import Program, forget_rates, played_cup, program_of
from webapp.models import Tournament
from webapp.services.live import freezes
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import organizer_notices, tournament_removal, tournaments

REASON = "It was made by mistake"


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "organize")


@pytest.fixture
def stranger(app: Flask, otto: Persona) -> Program:
    return program_of(app, otto, "read", "organize")


@pytest.fixture
def cup(olga: Persona) -> str:
    """The address of a tournament of olga's that is open."""
    return f"/api/tournaments/{open_tournament(organizer_id=olga.user_id)}/"


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def numbers(answer: TestResponse) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [one["number"] for one in answer.get_json()["results"]]


def announce(program: Program, cup: str, text: str, audience: str = "all", **options: Any) -> TestResponse:
    return program.post(f"{cup}announcements/", json={"text": text, "audience": audience}, **options)


def texts(program: Program, cup: str) -> list[str]:
    answer = program.get(f"{cup}announcements/")
    assert answer.status_code == 200, answer.text
    return [one["text"] for one in answer.get_json()["results"]]


def test_versions_are_listed_looked_at_and_gone_back_to(cup: str, runs: Program, stranger: Program) -> None:
    assert runs.get(f"{cup}versions/").get_json()["count"] == 0
    for places in (16, 32):
        assert runs.patch(cup, json={"places": places, "description": f"For **{places}**"}).status_code == 200
    assert numbers(runs.get(f"{cup}versions/")) == [3, 2, 1]
    page = runs.get(f"{cup}versions/?limit=1&offset=1").get_json()
    assert (page["count"], [one["changed"] for one in page["results"]]) == (3, [["description", "places"]])
    second = runs.get(f"{cup}versions/2/").get_json()
    assert (second["settings"]["places"], second["settings"]["description"]) == (16, "For **16**")
    assert (second["differs"], second["fixed"], second["restored_from"]) == (["description", "places"], [], None)
    for _ in range(2):
        done = runs.post(f"{cup}versions/2/restore/")
        assert done.status_code == 200, done.text
    assert (done.get_json()["changed"], runs.get(cup).get_json()["places"]) == ([], 16)
    newest = runs.get(f"{cup}versions/?limit=1").get_json()["results"][0]
    assert (newest["number"], newest["restored_from"]) == (4, 2)
    assert code(runs.get(f"{cup}versions/9/")) == (404, "version_not_found")
    assert code(runs.post(f"{cup}versions/9/restore/")) == (404, "version_not_found")
    for answer in (
        stranger.get(f"{cup}versions/"), stranger.get(f"{cup}versions/2/"), stranger.post(f"{cup}versions/2/restore/"),
    ):  # fmt: skip
        assert code(answer) == (404, "tournament_not_found")


def test_what_is_fixed_by_now_is_left_and_named(cup: str, runs: Program, olga: Persona) -> None:
    draft = tournaments.create(
        "Copper Cup", game="fc26", format="single-elimination", ruleset={"win_points": 3}, actor=olga.actor,
        now=OPENED_AT,
    )  # fmt: skip
    path = f"/api/tournaments/{draft}/"
    assert runs.patch(path, json={"ruleset": {"win_points": 2}}).status_code == 200
    assert runs.post(f"{path}open/").status_code == 200
    assert runs.get(f"{path}versions/1/").get_json()["fixed"] == ["ruleset"]
    assert code(runs.post(f"{path}versions/1/restore/")) == (409, "frozen")
    assert runs.patch(path, json={"places": 8}).status_code == 200
    assert runs.post(f"{path}versions/1/restore/").get_json()["left"] == ["ruleset"]


def test_announcements_reach_those_they_are_for(
    app: Flask, cup: str, runs: Program, stranger: Program, program: Program, pat: Persona
) -> None:
    first = announce(runs, cup, "Doors **open** at six")
    assert (first.status_code, first.get_json()["stands"]) == (200, True), first.text
    assert announce(runs, cup, "Bring your own pad\r\nor borrow one", "participants").status_code == 200
    assert texts(runs, cup) == ["Bring your own pad\nor borrow one", "Doors **open** at six"]
    for other in (program, stranger):
        assert texts(other, cup) == ["Doors **open** at six"]
    enter(int(cup.split("/")[3]), pat.actor)
    assert len(texts(program, cup)) == 2
    gone = f"{cup}announcements/{first.get_json()['announcement_id']}/"
    assert code(stranger.delete(gone)) == (404, "tournament_not_found")
    for _ in range(2):
        assert runs.delete(gone).get_json()["stands"] is False
    assert texts(program, cup) == ["Bring your own pad\nor borrow one"]
    assert code(runs.delete(f"{cup}announcements/99/")) == (404, "announcement_not_found")


def test_an_announcement_that_cannot_be_made_says_why(cup: str, runs: Program, stranger: Program) -> None:
    assert code(announce(stranger, cup, "Hello")) == (404, "tournament_not_found")
    assert code(announce(runs, cup, " \n ")) == (422, "invalid_result")
    for wrong in ({"text": ""}, {"text": "x" * 2001}, {"text": "x", "audience": "some"}, {"text": "a\u0000b"}):
        assert code(runs.post(f"{cup}announcements/", json=wrong)) == (422, "invalid_request")
    same = {"Idempotency-Key": "once"}
    first = announce(runs, cup, "Once", headers=same)
    assert announce(runs, cup, "Once", headers=same).get_json() == first.get_json() | {"idempotent_replay": True}
    assert texts(runs, cup) == ["Once"]
    with transaction() as session:
        session.get_one(Tournament, int(cup.split("/")[3])).paused_at = OPENED_AT
    assert code(announce(runs, cup, "Nobody hears this")) == (409, "tournament_paused")


def test_staff_bring_a_deleted_tournament_back(cup: str, runs: Program, staff_program: Program, olga: Persona) -> None:
    tournament_id = int(cup.split("/")[3])
    tournament_removal.delete(tournament_id, reason=REASON, actor=olga.actor, now=OPENED_AT)
    assert code(runs.get(cup)) == (404, "tournament_not_found")
    assert runs.get("/api/admin/tournaments/deleted/").status_code == 403
    listed = staff_program.get("/api/admin/tournaments/deleted/").get_json()
    (gone,) = listed["results"]
    assert (listed["count"], gone["id"], gone["organizer_id"], gone["status"]) == (
        1, tournament_id, olga.user_id, "registration_open",
    )  # fmt: skip
    back = f"/api/admin/tournaments/{tournament_id}/restore/"
    assert runs.post(back).status_code == 403
    for _ in range(2):
        assert staff_program.post(back).get_json() == {"tournament_id": tournament_id}
    assert runs.get(cup).status_code == 200
    assert staff_program.get("/api/admin/tournaments/deleted/").get_json()["count"] == 0
    assert code(staff_program.post("/api/admin/tournaments/9999/restore/")) == (404, "tournament_not_found")


def test_how_the_winners_were_found_is_told_once_it_is_public(program: Program, runs: Program, olga: Persona) -> None:
    arena = played_cup(squads=4, played=4, lobbies=4)
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = olga.user_id
    path = f"/api/tournaments/{arena.tournament_id}/winners/"
    before = program.get(path).get_json()
    assert (before["is_over"], before["places"], before["steps"], before["determination_method"]) == (
        False, [], [], None,
    )  # fmt: skip
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=OPENED_AT)
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=OPENED_AT)
    forget_rates()
    for asker in (program, runs):
        assert asker.get(path).get_json() == before
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=OPENED_AT)
    told = program.get(path).get_json()
    assert (told["is_over"], [one["place"] for one in told["places"]]) == (True, [1, 2, 3])
    assert told["steps"][0]["rule"] == "board"
    assert told["determination_method"] == "normal"
    assert code(program.get("/api/tournaments/9999/winners/")) == (404, "tournament_not_found")


def test_lists_cost_the_same_for_one_and_for_many(cup: str, runs: Program, olga: Persona) -> None:
    tournament_id = int(cup.split("/")[3])

    def cost() -> list[int]:
        costs = []
        for what in ("versions/", "announcements/"):
            with count_statements() as statements:
                assert runs.get(cup + what).status_code == 200
            costs.append(len(statements))
        return costs

    def more(count: int) -> None:
        for number in range(count):
            tournaments.update(tournament_id, actor=olga.actor, now=OPENED_AT, places=number + 50)
            organizer_notices.publish(
                tournament_id, f"Number {number}", audience="all", actor=olga.actor, now=OPENED_AT
            )  # fmt: skip

    more(1)
    cost()
    first = cost()
    more(4)
    assert cost() == first
