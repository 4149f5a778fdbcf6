"""What a receiver may do wrong, row by row, with a clock that the test moves."""

from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from flask import Flask

from tests.servers.receiver import CLOSE, GARBAGE, HALF_A_BODY, HANG, Receiver, status
from tests.webhooked import (
    STARTED_AT,
    Clock,
    attempts,
    change,
    deliver,
    deliveries,
    endpoint,
    endpoint_at,
    policy,
    states,
)  # fmt: skip
from webapp.models import WebhookDelivery, WebhookMessage
from webapp.services.spine import leases
from webapp.services.spine.transaction import transaction
from webapp.services.webhooks import claims, results, sender
from webapp.services.webhooks.http import Answer as Said
from webapp.services.webhooks.outcomes import Outcome

pytestmark = pytest.mark.usefixtures("sending")

OK = status(200)
CASES = [
    # what it answers, one after the other; the state in the end, and when attempts were made
    ("answers at once", [OK], "delivered", [0]),
    ("made", [status(201)], "delivered", [0]),
    ("taken", [status(202)], "delivered", [0]),
    ("nothing to say", [status(204)], "delivered", [0]),
    ("a half success", [status(206), OK], "delivered", [0, 1]),
    ("moved", [status(301, headers={"Location": "/elsewhere"})] * 4, "exhausted", [0, 1, 5, 25]),
    ("does not like it", [status(400)], "failed", [0]),
    ("asks for a password", [status(401)], "failed", [0]),
    ("knows no such path", [status(404)], "failed", [0]),
    ("gone for good", [status(410)], "failed", [0]),
    ("too slow itself", [status(408), OK], "delivered", [0, 1]),
    ("too early", [status(425), OK], "delivered", [0, 1]),
    ("broken once", [status(500), OK], "delivered", [0, 1]),
    ("broken three times", [status(500)] * 3 + [OK], "delivered", [0, 1, 5, 25]),
    ("broken for good", [status(500)], "exhausted", [0, 1, 5, 25]),
    ("away behind its proxy", [status(502), status(503), status(504), OK], "delivered", [0, 1, 5, 25]),
    ("hangs up", [CLOSE, OK], "delivered", [0, 1]),
    ("speaks no HTTP", [GARBAGE, OK], "delivered", [0, 1]),
    ("stops in the middle", [HALF_A_BODY, OK], "delivered", [0, 1]),
    ("says nothing", [HANG, OK], "delivered", [0, 1]),
    ("throttles", [status(429), OK], "delivered", [0, 1]),
    ("throttles for 7 seconds", [status(429, headers={"Retry-After": "7"}), OK], "delivered", [0, 7]),
    ("throttles for a day", [status(429, headers={"Retry-After": "86400"}), OK], "delivered", [0, 3600]),
    ("throttles for nothing", [status(429, headers={"Retry-After": "0"}), OK], "delivered", [0, 1]),
    ("names the hour", [status(503, headers={"Retry-After": format_datetime(STARTED_AT + timedelta(seconds=40),
                                                                            usegmt=True)}), OK], "delivered", [0, 40]),
    ("asks in vain after a final no", [status(400, headers={"Retry-After": "7"}), OK], "failed", [0]),
]  # fmt: skip


def work_through(clock: Clock, *, seconds: int = 4000) -> None:
    """Let the time pass that it takes, looking whenever something is due."""
    end = clock.now + timedelta(seconds=seconds)
    while clock.now < end:
        sender.deliver_due(clock=clock)
        next_at = claims.take(now=clock.now, limit=0).next_at
        if next_at is None:
            return
        clock.now = max(next_at, clock.now + timedelta(milliseconds=10))


def test_every_fault_ends_as_promised(app: Flask, receiver: Receiver) -> None:
    paths = {name: f"/{number}" for number, (name, *_) in enumerate(CASES)}
    endpoint_ids = {}
    for name, answers, *_ in CASES:
        receiver.behave(paths[name], *answers)
        endpoint_ids[name] = endpoint_at(receiver.at(paths[name]))
        deliver(endpoint_ids[name])
    with policy(timeout_s=0.7):
        work_through(Clock())
    for name, _, state, offsets in CASES:
        (delivery,) = deliveries(endpoint_ids[name])
        made = attempts(endpoint_ids[name])
        requests = receiver.of(paths[name])
        assert delivery.state == state, name
        assert delivery.attempts == len(made) == len(requests) == len(offsets), name
        # Each delay counts from the attempt before it: never early, at most a fifth late.
        for (earlier, later), offset in zip(pairwise(made), offsets[1:], strict=True):
            waited = (later.at - earlier.at).total_seconds()
            assert offset <= waited + 0.000001, name
            assert waited <= offset * 1.2 + 0.02, name
        assert len({(request.headers["webhook-id"], request.body) for request in requests}) == 1
        assert [attempt.is_success for attempt in made] == [False] * (len(made) - 1) + [state == "delivered"], name
        assert (endpoint(endpoint_ids[name]).disabled_reason == "gone") is (name == "gone for good")


def test_every_attempt_is_signed_for_its_own_moment(app: Flask, receiver: Receiver) -> None:
    receiver.behave("/", status(500))
    deliver(endpoint_at(receiver.at("/")))
    work_through(Clock())
    stamps = [int(request.headers["webhook-timestamp"]) for request in receiver.requests]
    first = int(STARTED_AT.timestamp())
    assert stamps[0] == first
    assert all(later > earlier for earlier, later in pairwise(stamps))
    assert len({request.headers["webhook-signature"] for request in receiver.requests}) == 4


def test_with_the_slow_lane_open_it_goes_on_for_a_day(
    app: Flask, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_SLOW_LANE", "on")
    receiver.behave("/", status(500))
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id)
    work_through(Clock(), seconds=60 * 60 * 48)
    assert states() == ["exhausted"]
    made = [attempt.at for attempt in attempts(endpoint_id)]
    waits = [round((later - earlier).total_seconds()) for earlier, later in pairwise(made)]
    promised = [1, 5, 25, 300, 1800, 7200, 18000, 36000, 36000]
    # The circuit opens after the fifth failure and has a probe a minute later, which is earlier than these.
    assert len(waits) == len(promised)
    assert all(least <= waited <= 1.2 * least + 1 for least, waited in zip(promised, waits, strict=True))


def test_the_answer_is_kept_as_it_came_and_no_secret_with_it(app: Flask, receiver: Receiver) -> None:
    receiver.behave("/", status(500, b"<script>\xff\x00 no</script>" + b"x" * 10_000, {"Content-Encoding": "gzip"}))
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id)
    sender.deliver_due(clock=Clock())
    (attempt,) = attempts(endpoint_id)
    assert attempt.answer is not None
    assert (len(attempt.answer), attempt.answer[:22]) == (4096, b"<script>\xff\x00 no</script>")
    assert attempt.headers.keys() == {
        "Content-Type", "User-Agent", "Accept-Encoding", "X-Webhook-Event", "webhook-id", "webhook-timestamp",
    }  # fmt: skip
    assert (attempt.status_code, attempt.error, attempt.is_success) == (500, "", False)


# -- leases


def test_what_a_sender_died_over_is_sent_again_when_its_lease_ends(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id)
    assert len(claims.take(now=clock(), limit=10).claims) == 1
    clock.forward(14.9)
    assert sender.deliver_due(clock=clock) == 0
    clock.forward(0.2)
    assert sender.deliver_due(clock=clock) == 1
    assert states() == ["delivered"]


def test_leases_of_the_dead_end_at_once_and_those_of_the_living_do_not(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    deliver(endpoint_at(receiver.at("/")))
    (claim,) = claims.take(now=clock(), limit=10).claims
    assert leases.release_of_dead(WebhookDelivery, now=clock()) == 0
    place, _, _ = claim.token.partition(":")
    _lend_to(f"{place}:4194305:dead")  # beyond the largest process id
    assert leases.release_of_dead(WebhookDelivery, now=clock()) == 1
    _lend_to("another machine:4194305:unknown")
    assert leases.release_of_dead(WebhookDelivery, now=clock()) == 0


def _lend_to(token: str) -> None:
    (delivery,) = deliveries()
    with transaction() as session:
        session.get_one(WebhookDelivery, delivery.id).lease_token = token


def test_one_success_ends_it_and_a_late_failure_changes_nothing(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id)
    (late,) = claims.take(now=clock(), limit=10).claims
    clock.forward(15)
    assert sender.deliver_due(clock=clock) == 1
    failed = Outcome(late, clock(), {}, said(error="timeout"))
    results.write([failed], now=clock())
    assert (states(), deliveries()[0].attempts) == (["delivered"], 1)
    assert [attempt.is_success for attempt in attempts(endpoint_id)] == [True, False]


def test_a_success_that_comes_after_the_lease_counts(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    deliver(endpoint_at(receiver.at("/")))
    (late,) = claims.take(now=clock(), limit=10).claims
    clock.forward(15)
    (again,) = claims.take(now=clock(), limit=10).claims
    results.write([Outcome(late, clock(), {}, said(status=200))], now=clock())
    results.write([Outcome(again, clock(), {}, said(status=500))], now=clock())
    assert states() == ["delivered"]


def said(*, status: int | None = None, error: str = "") -> Said:
    return Said(1, status, error=error)


# -- what is not sent


@pytest.mark.parametrize("column", ["paused_at", "disabled_at", "deleted_at"])
def test_to_an_endpoint_that_is_out_of_use_nothing_is_sent(app: Flask, receiver: Receiver, column: str) -> None:
    endpoint_id = endpoint_at(receiver.at("/"), **{column: STARTED_AT})
    deliver(endpoint_id)
    assert sender.deliver_due(clock=Clock()) == 0
    change(endpoint_id, **{column: None})
    assert sender.deliver_due(clock=Clock()) == 1


def test_while_the_flag_is_off_what_is_due_waits_and_nothing_is_used_up(
    app: Flask, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(endpoint_at(receiver.at("/")))
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "off")
    clock = Clock()
    for _ in range(3):
        assert sender.deliver_due(clock=clock) == 0
        clock.forward(3600)
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "on")
    assert sender.deliver_due(clock=clock) == 1
    assert [delivery.attempts for delivery in deliveries()] == [1]


def test_what_cannot_be_read_any_more_fails_for_good(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    lost = endpoint_at(receiver.at("/"))
    change(lost, url_sealed="sealed by another key")
    deliver(lost)
    sender.deliver_due(clock=clock)
    assert (states(), [attempt.error for attempt in attempts(lost)]) == (["failed"], ["unreadable"])


def test_a_fault_of_our_own_is_a_failed_attempt_and_no_other_is_lost_by_it(app: Flask, receiver: Receiver) -> None:
    broken, whole = endpoint_at(receiver.at("/broken")), endpoint_at(receiver.at("/whole"))
    (event_id,) = deliver(broken)
    deliver(whole)
    with transaction() as session:
        session.get_one(WebhookMessage, event_id).body = b"\xff"  # which nothing can sign
    work_through(Clock())
    assert (states(whole), states(broken), receiver.of("/broken")) == (["delivered"], ["exhausted"], [])
    made = [(attempt.error, attempt.status_code, attempt.headers) for attempt in attempts(broken)]
    assert made == [("internal", None, {})] * 4
    assert endpoint(broken).failures_in_a_row == 4
