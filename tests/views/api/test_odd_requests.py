"""What programs send that people would not: other words for yes, odd moments, texts from other systems, wrong values."""

from typing import Any

import pytest
from flask import Flask

from tests.arenas import OPENED_AT
from tests.entering import open_tournament
from tests.personas import Persona
from tests.views.api.worlds import Program, code_of, program_of
from tests.views.organizer.pages import draft
from webapp.services.tournaments import officials

CUP = {"name": "Harbor Cup", "game": "fc26", "format": "single-elimination", "ruleset": {"win_points": 3}}
FIND = "/api/tournaments/discover/"


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "organize")


@pytest.fixture
def plays(app: Flask, pat: Persona) -> Program:
    return program_of(app, pat, "read", "play")


def fields(answer: Any) -> dict[str, str]:
    return {error["path"]: error["message"] for error in answer.get_json()["errors"]}


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon", ""])
@pytest.mark.parametrize("name", ["start_after", "start_before"])
def test_a_moment_that_no_calendar_has_is_a_wrong_value(runs: Program, name: str, moment: str) -> None:
    answer = runs.get(FIND, query_string={name: moment})
    assert (answer.status_code, code_of(answer)) == (422, "invalid_request")
    assert fields(answer) == {name: "write a moment such as 2026-11-21T18:00:00Z"}


def test_a_moment_is_meant_in_its_zone_and_without_one_in_utc(runs: Program) -> None:
    tournament_id = open_tournament()  # It starts at 12:00 UTC on March 3.
    for moment, is_found in (
        ("2026-03-03T12:00", True), ("2026-03-03T18:00:00+06:00", True), ("2026-03-03T12:01:00Z", False)
    ):  # fmt: skip
        results = runs.get(FIND, query_string={"start_after": moment}).get_json()["results"]
        assert [one["id"] for one in results] == ([tournament_id] if is_found else []), moment


@pytest.mark.parametrize(("written", "count"), [("1", 1), ("true", 1), ("True", 1), ("0", 2), ("false", 2)])
def test_yes_and_no_are_written_in_digits_or_words(runs: Program, written: str, count: int) -> None:
    open_tournament()
    open_tournament(entry_fee=500, currency="EUR")
    assert runs.get(FIND, query_string={"free_only": written}).get_json()["count"] == count


def test_another_word_for_yes_is_refused_by_what_would_be_right(runs: Program) -> None:
    assert fields(runs.get(FIND + "?free_only=yes")) == {"free_only": "write 1 for yes or 0 for no"}


def test_a_draft_is_found_by_those_who_organize_it_alone(app: Flask, olga: Persona, otto: Persona) -> None:
    tournament_id = draft(olga, "Harbor Cup")
    programs = {"olga": program_of(app, olga, "read"), "otto": program_of(app, otto, "read")}

    def found(who: str, query: str = "") -> list[int]:
        return [one["id"] for one in programs[who].get(FIND + query).get_json()["results"]]

    assert found("olga") == found("olga", "?status=draft") == found("olga", "?search=harbor") == [tournament_id]
    assert found("olga", "?status=live") == found("otto") == found("otto", "?status=draft") == []
    officials.appoint(tournament_id, "Otto", "referee", actor=olga.actor, now=OPENED_AT)
    assert found("otto") == []
    officials.appoint(tournament_id, "Otto", "co_organizer", actor=olga.actor, now=OPENED_AT)
    assert found("otto", "?status=draft") == [tournament_id]


def test_a_draft_is_opened_before_it_starts(runs: Program, olga: Persona) -> None:
    path = f"/api/tournaments/{draft(olga, 'Harbor Cup')}/"
    refused = runs.post(path + "start/")
    assert (refused.status_code, code_of(refused)) == (409, "illegal_transition")
    assert "draft cannot become live; possible from here: registration_open, cancelled" in refused.get_json()["detail"]
    assert runs.post(path + "open/").get_json()["status"] == "registration_open"
    for _ in range(2):
        assert runs.post(path + "start/").get_json()["status"] == "live"


def test_texts_of_several_lines_may_end_their_lines_as_they_like(runs: Program) -> None:
    made = runs.post("/api/tournaments/", json=CUP | {"rules": "# Fair play\r\nNo pauses."}).get_json()
    assert runs.get(f"/api/tournaments/{made['id']}/metadata/").get_json()["rules_text"] == "# Fair play\nNo pauses."


@pytest.mark.parametrize(
    ("sent", "path", "message"),
    [
        ({"name": "Cup\x07"}, "name", "holds a control character; leave it out"),
        (
            {"payment_methods": [{"name": "Bank"}, {"name": "Bank"}]}, "payment_methods", "name each way to pay once",
        ),
        (
            {"starts_at": "2027-01-01T10:00:00Z", "checkin_opens_at": "2027-01-01T10:00:00Z"},
            "checkin_opens_at", "choose a moment before the start; check-in ends with it",
        ),
        (
            {"prize_distribution": [6000, 5000]}, "prize_distribution",
            "share 100 percent at most; these make 110",
        ),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_by_what_would_be_right(
    runs: Program, sent: dict[str, Any], path: str, message: str
) -> None:
    refused = runs.post("/api/tournaments/", json=CUP | sent)
    assert (refused.status_code, fields(refused)) == (422, {path: message})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "write a text, a number, or true or false"),
        (["a"], "write a text, a number, or true or false"),
        ("a\x00b", "holds a control character; leave it out"),
    ],
)
def test_an_answer_of_a_wrong_type_is_told_once(plays: Program, answer: object, message: str) -> None:
    body = {"tournament_id": open_tournament(), "player_id": "Striker9", "answers": {"club": answer}}
    refused = plays.post("/api/tournaments/registrations/", json=body)
    assert (refused.status_code, fields(refused)) == (422, {"answers.club": message})
