"""Line-ups and many payments by API."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.entering import OPENED_AT, enter, line_up, open_tournament, players, team
from tests.personas import Persona
from tests.views.api.worlds import Program, program_of
from tests.views.registrations.test_organizer_pages import payment_of
from webapp.services.registration import entries, payments
from webapp.services.registration.entries import Entry
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now


@pytest.fixture
def plays(app: Flask, pat: Persona) -> Program:
    return program_of(app, pat, "read", "play")


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "organize")


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def put(program: Program, path: str, body: dict[str, Any]) -> TestResponse:
    return program.client.put(f"{path}line-up/", json=body, headers=program.headers)


def sent(people: list[Actor]) -> list[dict[str, Any]]:
    return [{"user_id": who.user_id, "role": who.role, "player_id": who.player_id} for who in line_up(people)]


def ids(answer: TestResponse) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [one["user_id"] for one in answer.get_json()["players"]]


def test_the_captain_sends_another_line_up(app: Flask, plays: Program, runs: Program, pat: Persona) -> None:
    people = [pat.actor, *players(6)]
    team_id = team(pat.actor, people[1:])
    starts_at = utc_now() + timedelta(days=2)
    tournament_id = open_tournament("valorant", starts_at=starts_at)
    done = entries.register(
        tournament_id, Entry(team_id=team_id, players=line_up(people[:5])), actor=pat.actor, now=utc_now()
    )  # fmt: skip
    path = f"/api/tournaments/registrations/{done.registration_id}/"
    assert sorted(ids(plays.get(path))) == sorted(who.user_id or 0 for who in people[:5])
    others = [pat.actor, *people[3:]]
    for _ in range(2):
        assert sorted(ids(put(plays, path, {"players": sent(others)}))) == sorted(who.user_id or 0 for who in others)
    few = put(plays, path, {"players": sent(others[:2])})
    assert code(few) == (422, "wrong_team_size")
    twice = [who | {"player_id": "Rider 1#EUW1"} for who in sent(others)]
    assert code(put(plays, path, {"players": twice})) == (422, "duplicate_player_id")
    assert code(put(runs, path, {"players": sent(others)})) == (403, "scope_missing")
    assert code(runs.get(path)) == (404, "registration_not_found")
    entries.withdraw(done.registration_id, actor=pat.actor, now=utc_now())
    assert code(put(plays, path, {"players": sent(people[:5])})) == (409, "registration_over")


def test_a_player_alone_is_known_by_another_name(plays: Program, pat: Persona) -> None:
    tournament_id = open_tournament(starts_at=utc_now() + timedelta(days=2))
    path = f"/api/tournaments/registrations/{enter(tournament_id, pat.actor, now=utc_now()).registration_id}/"
    assert ids(put(plays, path, {"player_id": "KeeperSeven7"})) == [pat.user_id]
    assert code(put(plays, path, {"player_id": "?"})) == (422, "bad_player_id")
    assert "KeeperSeven7" not in plays.get(path).text


def test_many_payments_are_verified_and_what_cannot_be_is_named(
    app: Flask, runs: Program, olga: Persona, otto: Persona
) -> None:
    tournament_id = open_tournament(organizer_id=olga.user_id, entry_fee=500, currency="BDT")
    people = players(4)
    fees = [payment_of(enter(tournament_id, who).registration_id) for who in people]
    for payment_id, who in list(zip(fees, people, strict=True))[:3]:
        payments.submit_proof(payment_id, method="Bank", reference="TX1", proof=None, actor=who, now=OPENED_AT)
    payments.verify(fees[0], actor=SYSTEM, now=OPENED_AT)
    path = f"/api/tournaments/{tournament_id}/payments/verify/"
    seen = [{"payment_id": fees[0]}, {"payment_id": fees[1], "revision": 1}, {"payment_id": fees[2], "revision": 0}]
    told = runs.post(path, json={"payments": [*seen, {"payment_id": fees[3]}]})
    assert told.status_code == 200, told.text
    answer = told.get_json()
    assert (answer["payment_ids"], len(answer["registration_ids"])) == ([fees[1]], 1)
    assert [(one["payment_id"], one["code"]) for one in answer["refused"]] == [
        (fees[2], "payment_changed"), (fees[3], "illegal_transition"),
    ]  # fmt: skip
    again = runs.post(path, json={"payments": seen[:2]}).get_json()
    assert (again["payment_ids"], again["refused"]) == ([], [])
    assert code(runs.post(path, json={"payments": [seen[0], seen[0]]})) == (422, "invalid_request")
    assert code(runs.post(path, json={"payments": []})) == (422, "invalid_request")
    elsewhere = payment_of(enter(open_tournament(entry_fee=500, currency="BDT"), people[0]).registration_id)
    assert code(runs.post(path, json={"payments": [{"payment_id": elsewhere}]})) == (404, "payment_not_found")
    stranger = program_of(app, otto, "read", "organize")
    assert code(stranger.post(path, json={"payments": seen})) == (404, "tournament_not_found")
