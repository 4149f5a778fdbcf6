"""A tournament whole, by API: made, read, changed, copied, with its questions, officials and templates."""

from typing import Any

import pytest
from flask import Flask

from tests.arenas import OPENED_AT
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.api.worlds import Program, code_of, program_of, turn_on_the_api
from tests.views.organizer.pages import draft
from webapp.models import Tournament
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments
from webapp.services.tournaments.tournament_details import FIELDS

CUP: dict[str, Any] = {
    "name": "Copper Cup", "game": "valorant", "format": "double-elimination", "ruleset": {"win_points": 3},
    "description": "An *evening*", "rules": "Be kind", "region": "South Asia", "visibility": "unlisted",
    "starts_at": "2026-05-01T18:00:00Z", "registration_closes_at": "2026-05-01T20:00:00+06:00", "has_checkin": True,
    "places": 8, "team_size": 5, "entry_fee": 50_000, "currency": "BDT", "prize_pool": 400_000,
    "payment_methods": [{"name": "bKash", "instructions": "To 01700-000000"}], "prize_distribution": [7000, 3000],
    "bracket": {"reset": False}, "best_of_by_round": {"default": 1, "final": 3}, "asks_ready": True,
}  # fmt: skip


@pytest.fixture
def program(app: Flask, olga: Persona) -> Program:
    turn_on_the_api()
    return program_of(app, olga, "read", "organize")


@pytest.fixture
def other(app: Flask, otto: Persona) -> Program:
    return program_of(app, otto, "read", "organize")


def made(program: Program, **more: Any) -> dict[str, Any]:
    answer = program.post("/api/tournaments/", json=CUP | more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def test_what_is_sent_is_what_is_told_and_words_come_by_the_metadata(program: Program, olga: Persona) -> None:
    told = made(program)
    assert (told["status"], told["organizer_id"], told["relation"]) == ("draft", olga.user_id, "owner")
    words = {"name", "description", "rules", "payment_methods"}
    differing = {"starts_at", "registration_closes_at", "ruleset"}
    assert {field: told[field] for field in CUP.keys() - words - differing} == {
        field: value for field, value in CUP.items() if field not in words | differing
    }
    assert told["starts_at"] == "2026-05-01T18:00:00+00:00"
    assert told["registration_closes_at"] == "2026-05-01T14:00:00+00:00"
    assert told["ruleset"]["win_points"] == 3
    assert words.isdisjoint(told)
    assert program.get(f"/api/tournaments/{told['id']}/").get_json() == told
    names = program.get(f"/api/tournaments/{told['id']}/metadata/").get_json()
    assert (names["name"], names["description"], names["rules_text"]) == ("Copper Cup", "An *evening*", "Be kind")
    assert names["payment_methods"] == CUP["payment_methods"]


def test_a_draft_is_there_for_its_officials_alone(app: Flask, program: Program, other: Program, pat: Persona) -> None:
    cup = made(program)["id"]
    player = program_of(app, pat)
    for path in ("", "metadata/", "custom-fields/"):
        for asker in (other, player):
            assert asker.get(f"/api/tournaments/{cup}/{path}").status_code == 404, path
    assert other.patch(f"/api/tournaments/{cup}/", json={"places": 16}).status_code == 404
    assert other.patch(f"/api/tournaments/{cup}/", json={"places": "?"}).status_code == 404
    assert other.post(f"/api/tournaments/{cup}/duplicate/").status_code == 404
    tournaments.open_registration(cup, actor=SYSTEM, now=OPENED_AT)
    seen = player.get(f"/api/tournaments/{cup}/").get_json()
    assert (seen["relation"], seen["requires_review"], seen["fixed"]) == (None, None, None)
    assert player.get(f"/api/tournaments/{cup}/metadata/").get_json()["payment_methods"] is None


def test_an_edit_changes_what_it_names_and_the_same_again_nothing(program: Program) -> None:
    before = made(program)
    path = f"/api/tournaments/{before['id']}/"
    changes = {"places": None, "region": "Europe", "format": "swiss", "bracket": {"rounds": 3}}
    after = program.patch(path, json=changes).get_json()
    assert after.pop("changed") == ["bracket", "format", "places", "region"]
    assert after == before | changes
    assert program.patch(path, json=changes).get_json()["changed"] == []
    assert program.patch(path, json={}).get_json()["changed"] == []


@pytest.mark.parametrize(
    ("changes", "status", "code", "fields"),
    [
        ({"places": 1}, 422, "invalid_result", ["places"]),
        ({"places": None, "has_checkin": None}, 422, "invalid_request", ["has_checkin"]),
        ({"bracket": {"legs": 2}}, 422, "invalid_result", ["bracket.legs"]),
        ({"best_of_by_round": {"final": 4}}, 422, "invalid_result", ["best_of_by_round.final"]),
        ({"registration_opens_at": "2026-05-02T00:00:00Z"}, 422, "invalid_result", None),
        ({"starts_at": "2026-05-01T18:00:00"}, 422, "invalid_request", ["starts_at"]),
        ({"currency": ""}, 422, "invalid_result", ["currency"]),
        ({"prize_distribution": [9000, 9000]}, 422, "invalid_result", ["prize_distribution"]),
        ({"ruleset": {"win_points": -1}}, 422, "invalid_rules", None),
        ({"game": "pubgm"}, 422, "invalid_result", ["game"]),
        ({"is_official": True}, 403, "forbidden", []),
        ({"organizer_id": 1}, 422, "invalid_request", ["organizer_id"]),
    ],
)
def test_every_wrong_edit_is_refused_by_its_field(
    program: Program, changes: dict[str, Any], status: int, code: str, fields: list[str] | None
) -> None:
    cup = made(program)
    answer = program.patch(f"/api/tournaments/{cup['id']}/", json=changes)
    assert (answer.status_code, code_of(answer)) == (status, code)
    if fields is not None:
        assert [error["path"] for error in answer.get_json()["errors"]] == fields
    assert program.get(f"/api/tournaments/{cup['id']}/").get_json() == cup


def test_what_its_state_has_fixed_is_named(program: Program) -> None:
    cup = made(program)["id"]
    tournaments.start(cup, actor=SYSTEM, now=OPENED_AT)
    answer = program.patch(f"/api/tournaments/{cup}/", json={"format": "swiss", "bracket": {}, "entry_fee": 0})
    assert (answer.status_code, code_of(answer)) == (409, "frozen")
    assert {error["path"] for error in answer.get_json()["errors"]} == {"format", "bracket", "entry_fee"}
    assert {"format", "bracket", "entry_fee"} <= set(program.get(f"/api/tournaments/{cup}/").get_json()["fixed"])
    assert program.patch(f"/api/tournaments/{cup}/", json={"region": "Asia"}).get_json()["changed"] == ["region"]


def test_a_new_tournament_that_is_wrong_is_not_made(program: Program, pat: Persona, app: Flask) -> None:
    for wrong, status, code in (
        ({"game": "chess-of-war"}, 404, "game_unknown"),
        ({"format": "battle-royale"}, 422, "invalid_result"),
        ({"name": " "}, 422, "invalid_result"),
        ({"is_featured": True}, 403, "forbidden"),
        ({"ruleset": {"extends": "nobody"}}, 422, "invalid_rules"),
    ):
        answer = program.post("/api/tournaments/", json=CUP | wrong)
        assert (answer.status_code, code_of(answer)) == (status, code), wrong
    assert program_of(app, pat, "read", "play").post("/api/tournaments/", json=CUP).status_code == 403
    assert program.get("/api/tournaments/").get_json()["count"] == 0


def test_the_same_request_makes_one_tournament(program: Program) -> None:
    headers = {"Idempotency-Key": "cup-1"}
    first, second = (program.post("/api/tournaments/", json=CUP, headers=headers) for _ in range(2))
    assert first.get_json()["id"] == second.get_json()["id"]
    assert program.get("/api/tournaments/").get_json()["count"] == 1


def test_ones_own_are_listed_with_drafts_by_pages(
    program: Program, other: Program, olga: Persona, otto: Persona
) -> None:
    cups = [made(program, name=f"Cup {number}")["id"] for number in range(3)]
    foreign = draft(otto, "Otto's")
    first = program.get("/api/tournaments/?limit=2").get_json()
    assert (first["count"], first["previous"]) == (3, None)
    rest = program.get(first["next"]).get_json()
    assert [line["id"] for line in first["results"] + rest["results"]] == cups[::-1]
    assert rest["next"] is None
    assert other.post(f"/api/tournaments/{foreign}/officials/", json={"handle": "olga", "role": "referee"}).json
    listed = {line["id"]: line["relation"] for line in program.get("/api/tournaments/").get_json()["results"]}
    assert listed == dict.fromkeys(cups, "owner") | {foreign: "referee"}
    tournaments.open_registration(cups[0], actor=SYSTEM, now=OPENED_AT)
    assert program.get("/api/tournaments/?status=registration_open").get_json()["count"] == 1


def test_the_list_asks_as_often_for_three_as_for_one(program: Program) -> None:
    counts = []
    for number in range(3):
        made(program, name=f"Cup {number}")
        with count_statements() as statements:
            assert program.get("/api/tournaments/").get_json()["count"] == number + 1
        counts.append(len(statements))
    assert counts[0] == counts[2]


def test_a_copy_is_a_draft_without_dates(program: Program) -> None:
    cup = made(program)
    copied = program.post(f"/api/tournaments/{cup['id']}/duplicate/").get_json()
    assert copied["copied_from"] == cup["id"]
    copy = program.get(f"/api/tournaments/{copied['tournament_id']}/").get_json()
    changed = {field for field in cup if copy[field] != cup[field]}
    assert changed == {"id", "slug", "starts_at", "registration_closes_at"}


def test_a_template_makes_another_tournament_of_its_settings(program: Program, olga: Persona) -> None:
    cup = made(program)
    body = {"tournament_id": cup["id"], "name": "Our cup", "description": "As every month"}
    saved = program.post("/api/tournaments/templates/", json=body).get_json()
    assert (saved["name"], saved["scope"], saved["owner_id"], saved["uses"]) == ("Our cup", "private", olga.user_id, 0)
    path = f"/api/tournaments/templates/{saved['id']}/"
    whole = program.get(path).get_json()
    assert whole["settings"].keys() == set(FIELDS) - {
        "name", "starts_at", "registration_opens_at", "registration_closes_at", "checkin_opens_at", "is_official",
        "is_featured",
    }  # fmt: skip
    given = {"name": "Second cup", "places": 16, "best_of_by_round": {"final": 5}}
    applied = program.post(path + "apply/", json={"settings": given}).get_json()["settings"]
    assert applied["best_of_by_round"] == {"default": 1, "final": 5}
    second = program.post("/api/tournaments/", json=applied).get_json()
    with read_snapshot() as session:
        kept = session.get_one(Tournament, second["id"])
        assert (kept.name, kept.places, kept.rules, kept.entry_fee) == ("Second cup", 16, "Be kind", 50_000)
    assert program.get(path).get_json()["uses"] == 1


def test_templates_are_listed_changed_switched_and_deleted(program: Program, other: Program) -> None:
    cup = made(program)["id"]
    one, two = (
        program.post("/api/tournaments/templates/", json={"tournament_id": cup, "name": name}).get_json()["id"]
        for name in ("Weekly", "Monthly")
    )
    path = f"/api/tournaments/templates/{one}/"

    def listed(query: str = "") -> list[int]:
        return [line["id"] for line in program.get(f"/api/tournaments/templates/{query}").get_json()["results"]]

    assert (listed(), listed("?search=week"), listed("?game=pubgm"), listed("?limit=1")) == (
        [two, one],
        [one],
        [],
        [two],
    )
    assert program.post(path + "deactivate/").get_json()["is_active"] is False
    assert listed("?only_active=1") == [two]
    assert program.post(path + "apply/", json={}).status_code == 404
    assert program.post(path + "activate/").get_json()["is_active"] is True
    assert program.patch(path, json={"name": "Weekly cup", "scope": "organization"}).get_json()["name"] == "Weekly cup"
    assert listed("?scope=organization") == [one]
    assert program.patch(path, json={"scope": "global"}).status_code == 403
    assert program.patch(path, json={"name": "a\u202eb"}).status_code == 422
    for answer in (other.get(path), other.patch(path, json={"name": "Mine"}), other.delete(path)):
        assert (answer.status_code, code_of(answer)) == (404, "template_not_found")
    assert program.delete(path).get_json() == {"template_id": one}
    assert program.get(path).status_code == 404
    assert other.post("/api/tournaments/templates/", json={"tournament_id": cup, "name": "x"}).status_code == 404


def test_who_organizes_together_reads_a_template_and_only_its_owner_changes_it(
    program: Program, other: Program
) -> None:
    cup = made(program)["id"]
    body = {"tournament_id": cup, "name": "Ours", "scope": "organization"}
    path = f"/api/tournaments/templates/{program.post('/api/tournaments/templates/', json=body).get_json()['id']}/"
    appointment = {"handle": "otto", "role": "co_organizer"}
    assert program.post(f"/api/tournaments/{cup}/officials/", json=appointment).status_code == 200
    assert other.get(path).get_json()["may_change"] is False
    assert other.post(path + "apply/", json={}).status_code == 200
    assert other.delete(path).status_code == 403


def test_officials_are_appointed_and_dismissed(program: Program, other: Program, olga: Persona, otto: Persona) -> None:
    cup = made(program)["id"]
    path = f"/api/tournaments/{cup}/officials/"
    for role in ("referee", "co_organizer", "co_organizer"):
        told = program.post(path, json={"handle": "otto", "role": role}).get_json()
    assert told == {
        "tournament_id": cup, "owner_id": olga.user_id,
        "officials": [{"user_id": otto.user_id, "role": "co_organizer"}],
    }  # fmt: skip
    assert program.get(path).get_json() == told
    assert program.post(path, json={"handle": "nobody-here", "role": "referee"}).status_code == 422
    assert other.get(path).status_code == 200
    assert other.delete(f"{path}{otto.user_id}/").get_json()["officials"] == []
    assert other.get(path).status_code == 404
    assert program.delete(f"{path}{otto.user_id}/").get_json()["officials"] == []


def test_questions_are_added_changed_moved_and_removed(program: Program, other: Program) -> None:
    cup, foreign = made(program)["id"], draft_of(other)
    path = f"/api/tournaments/{cup}/custom-fields/"
    discord = {"key": "discord", "label": "Discord name", "kind": "text", "limits": {"max": 32}, "is_required": True}
    program.post(path, json=discord)
    told = program.post(
        path, json={"key": "size", "label": "Shirt", "kind": "dropdown", "limits": {"choices": ["S", "L"]}}
    ).get_json()
    first, second = told["custom_fields"]
    assert first == discord | {"id": first["id"], "help": ""}
    assert program.get(path).get_json() == told
    changed = program.patch(f"{path}{first['id']}/", json={"label": "Discord", "limits": {}}).get_json()
    assert changed["custom_fields"][0] == first | {"label": "Discord", "limits": {}}
    moved = program.post(f"{path}{second['id']}/move/", json={"step": -1}).get_json()
    assert [field["id"] for field in moved["custom_fields"]] == [second["id"], first["id"]]
    assert len(program.delete(f"{path}{second['id']}/").get_json()["custom_fields"]) == 1
    for answer, status, code in (
        (program.post(path, json=discord), 422, "invalid_result"),
        (program.post(path, json=discord | {"key": "x", "kind": "toggle"}), 422, "invalid_result"),
        (program.patch(f"{path}{first['id']}/", json={"kind": "date"}), 422, "invalid_request"),
        (program.patch(f"{path}999999/", json={"label": "x"}), 404, "custom_field_not_found"),
        (
            other.patch(f"/api/tournaments/{foreign}/custom-fields/{first['id']}/", json={}),
            404,
            "custom_field_not_found",
        ),
        (other.patch(f"{path}{first['id']}/", json={"label": "x"}), 404, "tournament_not_found"),
    ):
        assert (answer.status_code, code_of(answer)) == (status, code)


def draft_of(program: Program) -> int:
    return int(made(program, name="Another")["id"])


def test_staff_change_what_is_anybodys(program: Program, staff_program: Program) -> None:
    cup = made(program)["id"]
    told = staff_program.patch(f"/api/tournaments/{cup}/", json={"is_official": True}).get_json()
    assert (told["changed"], told["is_official"], told["relation"]) == (["is_official"], True, None)
    assert told["requires_review"] is False


@pytest.mark.parametrize("too_large", ["2147483648", "99999999999999999999", "1" * 5000])
def test_an_id_beyond_all_ids_is_not_there_by_any_method(program: Program, too_large: str) -> None:
    for ask in (program.get, program.post, program.patch, program.delete):
        answer = ask(f"/api/tournaments/{too_large}/custom-fields/", json={})
        assert (answer.status_code, code_of(answer)) == (404, "not_found")
    assert program.patch("/api/tournaments/1/custom-fields/").status_code == 405
