"""Idempotency-Key: the same request twice is one change and one answer."""

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests.arenas import REASON, Arena
from tests.personas import Persona
from tests.views.api.worlds import Program, code_of, played_cup, played_league, program_of, turn_on_the_api
from webapp.models import AuditEntry, IdempotencyKey
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction

KEY = {"Idempotency-Key": "4f1c"}


def override(program: Program, cup: Arena, rank: int = 1, *, who: int = 3, **options: Any) -> Any:
    body = {"participant_id": cup.participant_ids[who], "new_rank": rank, "reason": REASON}
    return program.post(f"/api/tournaments/{cup.tournament_id}/override-placement/", json=body, **options)


def overrides_on_record() -> int:
    with read_snapshot() as session:
        return len(session.scalars(select(AuditEntry).where(AuditEntry.action == "placement.overridden")).all())


def test_the_answer_comes_again_and_the_change_does_not(staff_program: Program) -> None:
    turn_on_the_api()
    cup = played_cup()
    first = override(staff_program, cup, headers=KEY)
    again = override(staff_program, cup, headers=KEY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.get_json() | {"idempotent_replay": True} == again.get_json()
    assert "idempotent_replay" not in first.get_json()
    assert first.get_json()["changed"] is True
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert overrides_on_record() == 1


def test_without_a_key_the_service_says_that_nothing_changed(staff_program: Program) -> None:
    turn_on_the_api()
    cup = played_cup()
    assert [override(staff_program, cup).get_json()["changed"] for _ in range(2)] == [True, False]


def test_a_key_is_good_for_one_request(staff_program: Program) -> None:
    turn_on_the_api()
    cup = played_cup()
    override(staff_program, cup, headers=KEY)
    other = override(staff_program, cup, 2, headers=KEY)
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")
    league = played_league()
    body = {"participant_id": league.participant_ids[0], "new_rank": 1, "reason": REASON}
    elsewhere = staff_program.post(
        f"/api/tournaments/{league.tournament_id}/override-placement/", json=body, headers=KEY
    )
    assert (elsewhere.status_code, code_of(elsewhere)) == (422, "idempotency_key_reused")
    assert overrides_on_record() == 1


def test_a_key_belongs_to_its_route(staff_program: Program) -> None:
    turn_on_the_api()
    override(staff_program, played_cup(), headers=KEY)
    path = "/api/admin/leaderboards/cache/invalidate/"
    assert staff_program.post(path, json={"scope": "season"}, headers=KEY).status_code == 200


def test_a_refused_request_may_be_mended_under_its_key(staff_program: Program) -> None:
    turn_on_the_api()
    cup = played_cup()
    assert override(staff_program, cup, 99, headers=KEY).status_code == 422
    assert override(staff_program, cup, 2, headers=KEY).status_code == 200


def test_a_request_that_was_cut_off_can_be_sent_again(app: Flask, sam: Persona) -> None:
    turn_on_the_api()
    cup, program = played_cup(), program_of(app, sam)
    done = override(program, cup, headers=KEY)
    with read_snapshot() as session:
        kept = session.scalars(select(IdempotencyKey)).one()
        row_of = (kept.user_id, kept.key)
    # The process died after the change and before the answer was stored.
    with transaction() as session:
        row = session.get_one(IdempotencyKey, row_of)
        row.status = row.content_type = row.body = None
    running = override(program, cup, headers=KEY)
    assert (running.status_code, code_of(running)) == (409, "idempotency_running")
    with transaction() as session:
        session.get_one(IdempotencyKey, row_of).created_at = utc_now() - timedelta(minutes=2)
    again = override(program, cup, headers=KEY)
    assert again.status_code == 200
    assert (done.get_json()["changed"], again.get_json()["changed"]) == (True, False)
    assert overrides_on_record() == 1


def test_a_key_that_cannot_be_is_named(staff_program: Program) -> None:
    turn_on_the_api()
    answer = override(staff_program, played_cup(), headers={"Idempotency-Key": "x" * 256})
    assert (answer.status_code, code_of(answer)) == (422, "idempotency_key_invalid")
