"""What programs do wrong, and how they are told."""

from typing import Any

import pytest

from tests.arenas import REASON
from tests.views.api.worlds import Program, code_of, played_cup, turn_on_the_api
from webapp.views.api.requests import LARGEST_BODY

INVALIDATE = "/api/admin/leaderboards/cache/invalidate/"


def errors_of(answer: Any) -> dict[str, str]:
    assert (answer.status_code, code_of(answer)) == (422, "invalid_request")
    return {error["path"]: error["message"] for error in answer.get_json()["errors"]}


@pytest.mark.parametrize(
    ("query", "path", "message"),
    [
        ("limit=201", "limit", "less than or equal to 200"),
        ("limit=0", "limit", "greater than or equal to 1"),
        ("limit=ten", "limit", "written in digits"),
        ("limit=1e2", "limit", "written in digits"),
        ("limit=%D9%A3", "limit", "written in digits"),
        ("offset=-1", "offset", "written in digits"),
        ("offset=99999999999999", "offset", "written in digits"),
        ("at=0", "at", "greater than or equal to 1"),
        ("explain=2", "explain", "write 1 for yes or 0 for no"),
        ("matches=", "matches.0", "written in digits"),
        ("matches=1,,2", "matches.1", "written in digits"),
        ("page=2", "page", "is not known here; known are limit, offset, at, explain, matches"),
        ("limit=1&limit=2", "limit", "is given more than once"),
        ("at=1&matches=1", "matches", "cannot come together with at"),
    ],
)
def test_a_wrong_parameter_is_named(program: Program, query: str, path: str, message: str) -> None:
    turn_on_the_api()
    cup = played_cup()
    errors = errors_of(program.get(f"/api/tournaments/{cup.tournament_id}/leaderboard/?{query}"))
    assert message in errors[path]


def test_several_wrong_fields_are_named_at_once(staff_program: Program) -> None:
    body = {"participant_id": "7", "new_rank": True, "rank": 1}
    errors = errors_of(staff_program.post("/api/tournaments/1/override-placement/", json=body))
    assert errors.keys() == {"participant_id", "new_rank", "reason", "rank"}
    assert errors["reason"] == "is missing"
    assert errors["rank"] == "is not known here; known are participant_id, new_rank, reason"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "unreadable_json"),
        (b"", "application/json", 400, "unreadable_json"),
        (b'{"scope": "\xff"}', "application/json", 400, "unreadable_json"),
        (b'{"scope": "\\ud800"}', "application/json", 400, "unreadable_json"),
        (b"[" * 5000, "application/json", 400, "unreadable_json"),
        (b"[]", "application/json", 422, "invalid_request"),
        (b"null", "application/json", 422, "invalid_request"),
        (b'{"scope": NaN}', "application/json", 422, "invalid_request"),
        (b'{"scope": "season", "tournament_id": 1}', "application/json", 422, "invalid_request"),
        (b"{}", "application/json", 422, "invalid_request"),
        (b"scope=season", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"scope": "season"}', "text/plain", 415, "unsupported_media_type"),
        (b" " * (LARGEST_BODY + 1), "application/json", 413, "request_entity_too_large"),
    ],
)
def test_a_body_that_cannot_be(staff_program: Program, body: bytes, content_type: str, status: int, code: str) -> None:
    answer = staff_program.post(INVALIDATE, data=body, content_type=content_type)
    assert (answer.status_code, code_of(answer)) == (status, code)


def test_addresses_and_methods_that_are_not_there(program: Program) -> None:
    for path in ("/api/nothing/", "/api/tournaments/x/leaderboard/", "/api/tournaments/99999999999/leaderboard/"):
        answer = program.get(path)
        assert (answer.status_code, code_of(answer)) == (404, "not_found")
    answer = program.post("/api/profiles/")
    assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_tournament_that_is_not_there(program: Program) -> None:
    turn_on_the_api()
    answer = program.get("/api/tournaments/77/leaderboard/")
    assert (answer.status_code, code_of(answer)) == (404, "tournament_not_found")


@pytest.mark.parametrize(
    ("rank", "reason", "status", "field"),
    [
        (7, REASON, 422, "new_rank"),
        (0, REASON, 422, "new_rank"),
        (1, "too short", 422, "reason"),
        (1, "x" * 501, 422, "reason"),
        (1, "            ", 422, "reason"),
        (1, "A ruling\x00 of the jury", 422, "reason"),
    ],
)
def test_overrides_that_cannot_be(staff_program: Program, rank: int, reason: str, status: int, field: str) -> None:
    cup = played_cup_with_engine()
    body = {"participant_id": cup.participant_ids[0], "new_rank": rank, "reason": reason}
    answer = staff_program.post(f"/api/tournaments/{cup.tournament_id}/override-placement/", json=body)
    assert answer.status_code == status
    assert [error["path"] for error in answer.get_json()["errors"]] == [field]


def test_a_participant_of_another_tournament_and_a_rank_that_is_taken(staff_program: Program) -> None:
    cup, other = played_cup_with_engine(), played_cup(name="Other")
    path = f"/api/tournaments/{cup.tournament_id}/override-placement/"
    first, second = cup.participant_ids[:2]
    body = {"participant_id": other.participant_ids[0], "new_rank": 1, "reason": REASON}
    answer = staff_program.post(path, json=body)
    assert (answer.status_code, code_of(answer)) == (404, "participant_not_found")
    assert staff_program.post(path, json=body | {"participant_id": first}).get_json()["changed"] is True
    answer = staff_program.post(path, json=body | {"participant_id": second})
    assert (answer.status_code, code_of(answer)) == (409, "rank_taken")
    again = staff_program.post(path, json=body | {"participant_id": first}).get_json()
    assert (again["changed"], again["new_rank"]) == (False, 1)


def played_cup_with_engine() -> Any:
    turn_on_the_api()
    return played_cup()
