"""What officials look through by API, and how check-in is closed."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.arenas import ended_at
from tests.entering import enter, open_tournament, players
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.api.test_matches import made
from tests.views.api.worlds import Program, program_of
from webapp.services.live import freezes
from webapp.services.matches import series
from webapp.services.registration import checkins, payments
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now

SOON = timedelta(minutes=20)


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "organize")


@pytest.fixture
def stranger(app: Flask, otto: Persona) -> Program:
    return program_of(app, otto, "read", "organize")


def entered(count: int, owner: Persona, **columns: Any) -> tuple[int, list[int]]:
    starts_at = utc_now() + SOON
    tournament_id = open_tournament(organizer_id=owner.user_id, starts_at=starts_at, **columns)
    now = starts_at - timedelta(days=1)
    return tournament_id, [enter(tournament_id, who, now=now, waitlist=True).registration_id for who in players(count)]


def listed(program: Program, tournament_id: int, what: str) -> TestResponse:
    return program.get(f"/api/admin/tournaments/{tournament_id}/{what}")


def first_of(answer: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = answer.get_json()["results"][0]
    return found


def test_registrations_and_payments_have_counts_filters_and_pages(
    runs: Program, stranger: Program, olga: Persona
) -> None:
    tournament_id, ids = entered(3, olga, entry_fee=500, currency="BDT", has_checkin=True)
    answer = listed(runs, tournament_id, "payments/")
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    assert (told["count"], told["counts"]["pending"], told["counts"]["verified"]) == (3, 3, 0)
    first = first_of(answer)
    assert (first["registration_id"], first["amount"], first["currency"], first["has_proof"]) == (
        ids[0], 500, "BDT", False,
    )  # fmt: skip
    payer = Actor(first_of(listed(runs, tournament_id, "registrations/"))["user_id"], "player")
    payments.submit_proof(first["payment_id"], method="", reference="TX1", proof=None, actor=payer, now=utc_now())
    payments.verify(first["payment_id"], actor=SYSTEM, now=utc_now())
    assert listed(runs, tournament_id, "payments/?status=verified").get_json()["count"] == 1
    told = listed(runs, tournament_id, "registrations/?limit=1&offset=1").get_json()
    assert (told["count"], told["counts"]["approved"], told["counts"]["pending"]) == (3, 1, 2)
    assert [one["registration_id"] for one in told["results"]] == [ids[1]]
    assert told["next"].endswith(f"/api/admin/tournaments/{tournament_id}/registrations/?limit=1&offset=2")
    assert told["previous"].endswith("limit=1&offset=0")
    last = listed(runs, tournament_id, "registrations/?limit=1&offset=2").get_json()
    assert (last["next"], len(last["results"])) == (None, 1)
    approved = listed(runs, tournament_id, "registrations/?status=approved").get_json()
    assert (approved["count"], approved["counts"]["pending"]) == (1, 2)
    assert approved["results"][0]["payment_status"] == "verified"
    checkins.check_in(ids[0], actor=SYSTEM, now=utc_now())
    there = listed(runs, tournament_id, "registrations/?checked_in=1").get_json()
    assert [one["registration_id"] for one in there["results"]] == [ids[0]]
    for what in ("payments/", "registrations/", "matches/"):
        assert listed(stranger, tournament_id, what).status_code == 404
        assert listed(runs, tournament_id, f"{what}?status=nothing").status_code == 422


def test_matches_are_told_to_officials_as_they_are(runs: Program, olga: Persona, pat: Persona) -> None:
    contest = made(olga, pat)
    freezes.freeze_now(contest.tournament_id, actor=SYSTEM, now=ended_at(1))
    series.confirm(contest.match_id, contest.games(0, 0), actor=SYSTEM, now=ended_at(2))
    told = listed(runs, contest.tournament_id, "matches/?state=completed").get_json()
    assert (told["count"], told["counts"]["completed"], told["counts"]["scheduled"]) == (1, 1, 2)
    assert told["results"][0]["winner_id"] == contest.a
    by_side = listed(runs, contest.tournament_id, f"matches/?participant_id={contest.b}&scheduled=0").get_json()
    assert by_side["count"] == 3
    assert listed(runs, contest.tournament_id, "matches/?round=9").get_json()["results"] == []


def test_lists_cost_the_same_however_long(runs: Program, olga: Persona, pat: Persona) -> None:
    few, _ = entered(1, olga, entry_fee=500, currency="BDT")
    listed(runs, few, "payments/")
    counted = []
    for tournament_id in (few, _more(olga)):
        with count_statements() as statements:
            listed(runs, tournament_id, "registrations/")
            listed(runs, tournament_id, "payments/")
        counted.append(len(statements))
    assert counted[0] == counted[1]


def _more(owner: Persona) -> int:
    tournament_id = open_tournament(organizer_id=owner.user_id, entry_fee=500, currency="BDT")
    for who in players(4, first=50):
        enter(tournament_id, who)
    return tournament_id


def test_check_in_is_looked_at_closed_and_opened_again(runs: Program, stranger: Program, olga: Persona) -> None:
    tournament_id, (one, two, three) = entered(3, olga, has_checkin=True)
    for registration_id in (one, three):
        checkins.check_in(registration_id, actor=SYSTEM, now=utc_now())
    path = f"/api/tournaments/{tournament_id}/checkin/"
    seen = runs.get(path).get_json()
    assert (seen["no_show_ids"], seen["promoted_ids"], seen["seeds"]) == ([two], [], [one, three])
    checkins.check_in(two, actor=SYSTEM, now=utc_now())
    late = runs.post(f"{path}close/", json={"seen": seen["seen"]})
    assert (late.status_code, late.get_json()["code"]) == (409, "preview_changed")
    checkins.undo(two, actor=SYSTEM, now=utc_now())
    done = runs.post(f"{path}close/", json={"seen": seen["seen"]}).get_json()
    assert done == {"tournament_id": tournament_id, "no_show_ids": [two], "promoted_ids": [], "seeds": [one, three]}
    assert runs.post(f"{path}close/", json={}).get_json()["no_show_ids"] == []
    assert runs.post(f"{path}reopen/").get_json() == {"tournament_id": tournament_id, "changed": True}
    assert runs.post(f"{path}reopen/").get_json()["changed"] is False
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}close/", json={"seen": 3}).status_code == 404
