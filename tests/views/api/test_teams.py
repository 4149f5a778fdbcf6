"""Teams by API: the same use cases, with problem documents for what is refused."""

from typing import Any

import pytest
from flask import Flask

from tests.personas import Persona, persona
from tests.views.api.worlds import program_of
from webapp.models import Team
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction

NEW = {"name": "Night Ferry", "game": "valorant", "tag": "NF"}


@pytest.fixture
def vera(app: Flask) -> Persona:
    return persona(app, "vera")


def told(answer: Any) -> tuple[int, Any]:
    document = answer.get_json()
    return answer.status_code, document.get("code", document)


def test_a_team_from_its_founding_to_its_end(app: Flask, pat: Persona, vera: Persona) -> None:
    captain, other = program_of(app, pat, "read", "play"), program_of(app, vera, "read", "play")
    made = captain.post("/api/teams/", json=NEW).get_json()
    assert made == {
        "id": 1, "game": "valorant", "status": "active", "captain_id": pat.user_id, "logo": None,
        "members": [{"user_id": pat.user_id, "role": "captain"}], "points": 0.0, "points_at": None, "seq": 1,
    }  # fmt: skip
    assert captain.patch("/api/teams/1/", json={"name": "Copper Kites"}).get_json()["seq"] == 2
    invite = captain.post("/api/teams/1/invite/", json={"handle": "vera", "role": "coach"}).get_json()
    assert (invite["user_id"], invite["status"]) == (vera.user_id, "pending")
    waiting = other.get("/api/teams/invites/").get_json()
    assert [one["id"] for one in waiting["results"]] == [invite["id"]]
    assert other.post(f"/api/teams/invites/{invite['id']}/accept/").get_json()["status"] == "accepted"
    assert other.get("/api/teams/invites/").get_json() == {"count": 0, "results": []}
    assert other.get("/api/teams/1/").get_json()["members"][1] == {"user_id": vera.user_id, "role": "coach"}
    handed = captain.post("/api/teams/1/transfer-captain/", json={"user_id": vera.user_id}).get_json()
    assert handed["captain_id"] == vera.user_id
    assert len(captain.post("/api/teams/1/leave/").get_json()["members"]) == 1
    assert other.delete("/api/teams/1/").get_json()["status"] == "disbanded"
    assert other.get("/api/teams/1/").get_json()["members"] == []


def test_what_is_refused_has_its_code(app: Flask, pat: Persona, vera: Persona) -> None:
    captain, other = program_of(app, pat, "read", "play"), program_of(app, vera, "read", "play")
    assert told(captain.post("/api/teams/", json=NEW | {"tag": "!"})) == (422, "invalid_team")
    captain.post("/api/teams/", json=NEW)
    assert told(captain.post("/api/teams/", json=NEW | {"name": "Other"})) == (409, "in_another_team")
    assert told(other.post("/api/teams/", json=NEW)) == (409, "team_name_taken")
    assert told(other.patch("/api/teams/1/", json={"name": "Mine"})) == (403, "not_captain")
    assert told(other.delete("/api/teams/1/")) == (403, "not_captain")
    assert told(other.get("/api/teams/2/")) == (404, "team_not_found")
    assert told(captain.post("/api/teams/1/invite/", json={"handle": "nobody"})) == (422, "invalid_team")
    assert told(captain.post("/api/teams/1/remove-member/", json={"user_id": pat.user_id})) == (409, "captain_stays")
    assert told(captain.post("/api/teams/1/transfer-captain/", json={"user_id": 9})) == (404, "member_not_found")
    invite = captain.post("/api/teams/1/invite/", json={"handle": "vera"}).get_json()["id"]
    assert told(captain.post(f"/api/teams/invites/{invite}/accept/")) == (404, "invite_not_found")
    assert other.post(f"/api/teams/invites/{invite}/decline/").status_code == 200
    assert told(other.post(f"/api/teams/invites/{invite}/accept/")) == (409, "invite_answered")
    captain.post("/api/teams/1/invite/", json={"handle": "vera"})
    assert told(captain.post("/api/teams/1/invite/", json={"handle": "vera"}))[0] == 200


def test_a_key_is_honoured_and_reading_is_not_playing(app: Flask, pat: Persona) -> None:
    reader, captain = program_of(app, pat, "read"), program_of(app, pat, "play")
    assert told(reader.post("/api/teams/", json=NEW)) == (403, "scope_missing")
    key = {"Idempotency-Key": "first"}
    first = captain.post("/api/teams/", json=NEW, headers=key)
    again = captain.post("/api/teams/", json=NEW, headers=key)
    assert (again.status_code, again.get_json()["id"]) == (200, first.get_json()["id"])
    other = captain.post("/api/teams/", json=NEW | {"name": "x"}, headers=key)
    assert told(other) == (422, "idempotency_key_reused")


def test_a_team_known_from_hidden_results_is_not_there(app: Flask, pat: Persona) -> None:
    with transaction() as session:
        session.add(Team(game="valorant", name="Known from results", created_at=utc_now()))
    assert told(program_of(app, pat).get("/api/teams/1/")) == (404, "team_not_found")
