"""What staff are told of webhooks by API: ids, states and numbers; it changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.personas import Persona
from tests.statements import count_statements
from tests.views.api.worlds import Program, forget_rates, program_of
from tests.webhooked import attempted, change, deliver, deliveries, endpoint_at
from webapp.models import WebhookDelivery
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.services.webhooks import deliveries as asked

SIGNED = {
    "webhook-id": "x",
    "webhook-signature": "v1,c2lnbmF0dXJlIG9mIGEgbWVzc2FnZQ==",
    "X-Webhook-Signature": "ab" * 32,
}


@pytest.fixture
def staff(app: Flask, sam: Persona) -> Program:
    return program_of(app, sam, "admin")


def told(program: Program, path: str) -> TestResponse:
    forget_rates()
    return program.get(f"/api/admin/webhooks/{path}")


def sent(endpoint_id: int, state: str, **attempt: Any) -> int:
    """A delivery in that state; its id."""
    deliver(endpoint_id, now=utc_now())
    delivery = deliveries(endpoint_id)[-1]
    if attempt:
        attempted(delivery, **attempt)
    with transaction() as session:
        row = session.get_one(WebhookDelivery, delivery.id)
        row.state = state
        row.delivered_at = utc_now() if state == "delivered" else None
    return delivery.id


def ids(answer: TestResponse) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.get_json()["results"]]


def test_deliveries_by_state_endpoint_and_circuit(staff: Program) -> None:
    good, bad = endpoint_at("https://example.org/a"), endpoint_at("https://example.org/b")
    change(bad, circuit="open", circuit_since=utc_now())
    first, second = sent(good, "delivered", is_success=True, status_code=200), sent(good, "pending")
    third = sent(bad, "exhausted", error="timeout", status_code=None)
    assert ids(told(staff, "deliveries/")) == [third, second, first]
    assert ids(told(staff, "deliveries/?status=delivered")) == [first]
    assert ids(told(staff, f"deliveries/?endpoint={good}&status=pending")) == [second]
    assert ids(told(staff, "deliveries/?circuit=open")) == [third]
    assert ids(told(staff, "deliveries/?circuit=half_open")) == []
    page = told(staff, "deliveries/?limit=1&offset=1").get_json()
    assert (page["count"], [one["id"] for one in page["results"]]) == (3, [second])
    assert page["next"].endswith("?limit=1&offset=2")
    for wrong in ("status=lost", "endpoint=0", "circuit=ajar", "state=pending"):
        assert told(staff, f"deliveries/?{wrong}").status_code in (400, 422)


def test_a_delivery_is_told_as_specified_without_secrets_and_answers(staff: Program) -> None:
    endpoint_id = endpoint_at("https://example.org/hush", description="Bittern")
    delivery_id = sent(endpoint_id, "failed", status_code=400, answer=b"No, Bittern", headers=SIGNED)
    listed = told(staff, "deliveries/").get_json()["results"][0]
    assert listed.keys() >= {"id", "event_id", "type", "endpoint_id", "state", "attempts", "delivered_at"}
    assert listed["attempts"][0].keys() == {"at", "status_code", "duration_ms", "error"}
    answer = told(staff, f"deliveries/{delivery_id}/")
    (attempt,) = answer.get_json()["attempts"]
    assert attempt["headers"] == {
        "webhook-id": "x", "webhook-signature": "[hidden]", "X-Webhook-Signature": "[hidden]",
    }  # fmt: skip
    assert (attempt["answer_bytes"], attempt["status_code"], attempt["error"]) == (11, 400, None)
    for hidden in ("Bittern", "hush", "example.org", "whsec_", "c2lnbmF0"):
        assert hidden not in answer.text
    missing = told(staff, "deliveries/999999/")
    assert (missing.status_code, missing.get_json()["code"]) == (404, "delivery_not_found")


def test_what_is_redelivered_is_told_as_delivered_no_more(staff: Program, sam: Persona) -> None:
    endpoint_id = endpoint_at("https://example.org/")
    delivery_id = sent(endpoint_id, "delivered", is_success=True, status_code=200)
    before = told(staff, f"deliveries/{delivery_id}/").get_json()
    assert (before["state"], before["delivered_at"] is None) == ("delivered", False)
    asked.redeliver(endpoint_id, delivery_id, actor=sam.actor, now=utc_now())
    again = told(staff, f"deliveries/{delivery_id}/").get_json()
    assert (again["state"], again["delivered_at"], len(again["attempts"])) == ("pending", None, 1)
    stats = told(staff, "stats/").get_json()
    assert (stats["deliveries"]["delivered"], stats["waiting"], stats["attempts"]) == (0, 1, 1)


def test_stats_of_a_day(staff: Program) -> None:
    empty = told(staff, "stats/").get_json()
    assert (empty["success_ratio"], empty["p95_ms"], empty["attempts"]) == (None, None, 0)
    endpoint_id = endpoint_at("https://example.org/")
    for number in range(1, 4):
        sent(endpoint_id, "delivered", is_success=True, status_code=200, duration_ms=number)
    sent(endpoint_id, "exhausted", duration_ms=900)
    sent(endpoint_id, "pending")
    deliver(endpoint_id, now=utc_now() - timedelta(days=2))
    told_now = told(staff, "stats/").get_json()
    assert told_now["deliveries"] == {"pending": 1, "held": 0, "delivered": 3, "failed": 0, "exhausted": 1}
    assert (told_now["waiting"], told_now["success_ratio"]) == (2, 0.75)
    assert (told_now["attempts"], told_now["attempts_failed"]) == (4, 1)
    assert (told_now["p50_ms"], told_now["p95_ms"]) == (3, 900)


def test_circuits_of_all_endpoints_that_stand(staff: Program) -> None:
    now = utc_now()
    first, gone = endpoint_at("https://example.org/"), endpoint_at("https://example.org/")
    change(gone, deleted_at=now)
    old = now - timedelta(days=2)
    change(
        first, circuit="open", circuit_since=now, failures_in_a_row=5, failing_since=now,
        openings=[old.isoformat(), now.isoformat()],
    )  # fmt: skip
    (circuit,) = told(staff, "circuit/").get_json()["results"]
    assert (circuit["endpoint_id"], circuit["circuit"], circuit["opened_today"]) == (first, "open", 1)
    assert circuit["since"] == now.isoformat()
    assert circuit["next_probe_at"] == (now + timedelta(seconds=60)).isoformat()


def test_only_staff_with_the_scope_are_told(app: Flask, olga: Persona, sam: Persona) -> None:
    for path in ("deliveries/", "stats/", "circuit/"):
        assert told(program_of(app, olga, "read", "organize"), path).status_code == 403
        assert told(program_of(app, sam, "read"), path).get_json()["code"] == "scope_missing"


def test_a_page_asks_the_database_as_often_for_three_as_for_one(staff: Program) -> None:
    endpoint_id = endpoint_at("https://example.org/")
    sent(endpoint_id, "failed", status_code=400)

    def counted() -> list[int]:
        counts = []
        for path in ("deliveries/", "stats/", "circuit/"):
            with count_statements() as statements:
                assert told(staff, path).status_code == 200
            counts.append(len(statements))
        return counts

    counted()
    with_one = counted()
    for _ in range(2):
        sent(endpoint_at("https://example.org/"), "failed", status_code=400)
    assert counted() == with_one
