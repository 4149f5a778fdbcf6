"""Circuits, buckets and windows in the database: shared by every sender, and one endpoint's trouble is its own."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.personas import Persona
from tests.servers.receiver import Receiver, status
from tests.services.rival_senders import at_once, take_all, take_for
from tests.webhooked import (
    STARTED_AT,
    Clock,
    deliver,
    deliveries,
    endpoint,
    endpoint_at,
    policy,
    states,
)  # fmt: skip
from webapp.models import Notification
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.webhooks import claims, endpoints, replays, sender
from webapp.services.webhooks.endpoints import Draft

pytestmark = pytest.mark.usefixtures("sending")
SENDERS = 8


def test_five_failures_in_a_row_open_it_and_nothing_is_sent_or_used_up(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    receiver.behave("/", status(500))
    endpoint_id = endpoint_at(receiver.at("/"), in_flight_limit=1)
    deliver(endpoint_id, count=8)
    assert sender.deliver_due(clock=clock) == 5
    assert (endpoint(endpoint_id).circuit, endpoint(endpoint_id).circuit_since) == ("open", clock())
    before = [(delivery.attempts, delivery.state) for delivery in deliveries()]
    for _ in range(59):
        clock.forward(1)
        assert sender.deliver_due(clock=clock) == 0
    assert [(delivery.attempts, delivery.state) for delivery in deliveries()] == before
    assert len(receiver.requests) == 5
    # A minute later exactly one goes out, and its failure means another minute.
    clock.forward(1)
    assert sender.deliver_due(clock=clock) == 1
    clock.forward(59)
    assert sender.deliver_due(clock=clock) == 0
    assert len(endpoint(endpoint_id).openings) == 2


def test_a_probe_that_succeeds_closes_it_and_all_that_waited_goes_out(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    receiver.behave("/", *[status(500)] * 5, status(200))
    endpoint_id = endpoint_at(receiver.at("/"), in_flight_limit=1)
    deliver(endpoint_id, count=8)
    sender.deliver_due(clock=clock)
    clock.forward(60)
    assert sender.deliver_due(clock=clock) == 8
    assert (states(), endpoint(endpoint_id).circuit) == (["delivered"] * 8, "closed")
    assert endpoint(endpoint_id).failing_since is None


def test_most_of_ten_failing_within_minutes_opens_it(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    # Seven of ten fail, and never five in a row.
    receiver.behave("/", *[status(404 if letter == "f" else 200) for letter in "ffffsffsfs"], status(404))
    endpoint_id = endpoint_at(receiver.at("/"))
    for sent in range(1, 12):
        deliver(endpoint_id)
        clock.forward(20)
        assert sender.deliver_due(clock=clock) == 1
        expected = "open" if sent == 11 else "closed"
        assert endpoint(endpoint_id).circuit == expected, f"after {sent}"


def test_throttling_is_no_failure(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    receiver.behave("/", status(429, headers={"Retry-After": "2"}))
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id, count=6)
    sender.deliver_due(clock=clock)
    assert (endpoint(endpoint_id).circuit, endpoint(endpoint_id).failures_in_a_row) == ("closed", 0)
    assert endpoint(endpoint_id).throttled_until == clock() + timedelta(seconds=2)
    deliver(endpoint_id, now=clock())
    assert sender.deliver_due(clock=clock) == 0, "it wants to be left alone, whatever else is due"
    clock.forward(2)
    assert sender.deliver_due(clock=clock) > 0


def test_of_eight_senders_one_sends_the_probe(app: Flask) -> None:
    endpoint_id = endpoint_at(
        "http://127.0.0.1:9/", circuit="open", circuit_since=STARTED_AT, failures_in_a_row=5, in_flight_limit=100
    )
    deliver(endpoint_id, count=40)
    for minute in (1, 2, 3):
        at = STARTED_AT + timedelta(minutes=minute)
        assert sum(at_once(app, SENDERS, take_all, at)) == 1
        # That one dies with its answer: another probe may go out once its lease is over.
    assert endpoint(endpoint_id).circuit == "half_open"


def test_eight_senders_together_get_what_the_bucket_holds_each_delivery_once(app: Flask) -> None:
    endpoint_id = endpoint_at("http://127.0.0.1:9/")
    deliver(endpoint_id, count=100, now=utc_now())
    began = utc_now()
    granted = sum(at_once(app, SENDERS, take_for, 2.0))
    bucket_since = endpoint(endpoint_id).tokens_at
    assert bucket_since is not None
    most = 20 + 10 * (bucket_since - began).total_seconds()
    assert 0.95 * (20 + 10 * 2.0) <= granted <= most
    assert sum(delivery.lease_token is not None for delivery in deliveries()) == granted


def test_no_more_are_on_the_way_than_an_endpoint_has_shown_to_bear(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    endpoint_id = endpoint_at(receiver.at("/"), in_flight_limit=4)
    deliver(endpoint_id, count=30)
    first = claims.take(now=clock(), limit=100).claims
    assert (len(first), claims.take(now=clock(), limit=100).claims) == (4, [])
    clock.forward(20)
    with policy(rate=1000.0, burst=1000):
        assert sender.deliver_due(clock=clock) == 30
    assert endpoint(endpoint_id).in_flight_limit > 16


def test_one_with_thousands_waiting_leaves_the_others_their_share(app: Flask) -> None:
    busy, quiet = endpoint_at("http://127.0.0.1:9/busy"), endpoint_at("http://127.0.0.1:9/quiet")
    deliver(busy, count=50)
    deliver(quiet, count=2)
    taken = [claim.endpoint_id for claim in claims.take(now=STARTED_AT, limit=10).claims]
    assert (taken.count(busy), taken.count(quiet)) == (5, 2)


# -- endpoints that are given up


@pytest.mark.parametrize(("waiting", "claimed_of"), [(20, 5), (1, 25)])
def test_a_claim_is_of_no_more_endpoints_than_it_takes(app: Flask, waiting: int, claimed_of: int) -> None:
    for number in range(30):
        deliver(endpoint_at(f"http://127.0.0.1:9/{number}"), count=waiting)
    taken = claims.take(now=Clock()(), limit=25).claims
    assert (len(taken), len({claim.endpoint_id for claim in taken})) == (25, claimed_of)


def test_after_five_days_of_failures_it_is_disabled_and_its_owner_told_once(
    app: Flask, receiver: Receiver, olga: Persona
) -> None:
    clock = Clock()
    receiver.behave("/", status(404))
    endpoint_id = endpoint_at(receiver.at("/"), scope="tournaments", owner_id=olga.user_id)
    for hours in (0, 13, 50, 119):
        clock.now = STARTED_AT + timedelta(hours=hours)
        deliver(endpoint_id, now=clock())
        sender.deliver_due(clock=clock)
        assert endpoint(endpoint_id).disabled_at is None
    clock.now = STARTED_AT + timedelta(hours=120, seconds=1)
    deliver(endpoint_id, count=3, now=clock())
    sender.deliver_due(clock=clock)
    given_up = endpoint(endpoint_id)
    assert (given_up.disabled_at, given_up.disabled_reason) == (clock(), "failing")
    assert told("webhook_disabled") == [(olga.user_id, {"endpoint_id": endpoint_id, "reason": "failing"})]
    deliver(endpoint_id, now=clock())
    assert sender.deliver_due(clock=clock) == 0


def test_one_success_in_between_begins_the_five_days_anew(app: Flask, receiver: Receiver) -> None:
    clock = Clock()
    endpoint_id = endpoint_at(receiver.at("/"))
    for hours, code in ((0, 404), (13, 404), (50, 200), (121, 404), (122, 404)):
        receiver.behave("/", status(code))
        clock.now = STARTED_AT + timedelta(hours=hours)
        deliver(endpoint_id, now=clock())
        sender.deliver_due(clock=clock)
    assert endpoint(endpoint_id).disabled_at is None


def test_one_that_is_gone_is_disabled_at_once_and_what_waits_is_kept(
    app: Flask, receiver: Receiver, olga: Persona
) -> None:
    clock = Clock()
    receiver.behave("/", status(410))
    endpoint_id = endpoint_at(receiver.at("/"), scope="tournaments", owner_id=olga.user_id, in_flight_limit=1)
    deliver(endpoint_id, count=5)
    assert sender.deliver_due(clock=clock) == 1
    assert endpoint(endpoint_id).disabled_reason == "gone"
    assert sorted(states()) == ["exhausted"] * 4 + ["failed"]
    assert len(told("webhook_disabled")) == 1


def test_one_that_failed_for_days_and_was_mended_is_sent_all_of_them_each_once(
    app: Flask, receiver: Receiver, olga: Persona
) -> None:
    clock = Clock()
    receiver.behave("/", status(200))
    endpoint_id = endpoint_at(receiver.at("/"), scope="tournaments", owner_id=olga.user_id)
    deliver(endpoint_id)
    sender.deliver_due(clock=clock)
    receiver.behave("/", status(404))
    missed = []
    for hours in (1, 13, 50, 119, 122):
        clock.now = STARTED_AT + timedelta(hours=hours)
        missed += [str(event_id) for event_id in deliver(endpoint_id, count=2, now=clock())]
        clock.forward(2)
        sender.deliver_due(clock=clock)
    failing = endpoint(endpoint_id)
    assert (failing.disabled_reason, failing.missed_since) == ("failing", STARTED_AT + timedelta(hours=1))
    endpoints.edit(endpoint_id, Draft(receiver.at("/mended")), actor=olga.actor, now=clock.forward(60))
    mended = endpoint(endpoint_id)
    assert (mended.failing_since, mended.missed_since) == (None, STARTED_AT + timedelta(hours=1))
    receiver.forget()
    receiver.behave("/mended", status(200))
    enabled = replays.enable(endpoint_id, is_replayed=True, actor=olga.actor, now=clock.forward(60))
    assert (enabled, endpoint(endpoint_id).missed_since) == ((len(missed), ()), None)
    while "pending" in states(endpoint_id):
        sender.deliver_due(clock=clock)
        clock.forward(1)
    assert sorted(request.headers["webhook-id"] for request in receiver.requests) == sorted(missed)


def test_what_was_given_up_before_the_last_success_is_not_missed(app: Flask, receiver: Receiver, olga: Persona) -> None:
    clock = Clock()
    endpoint_id = endpoint_at(receiver.at("/"), scope="tournaments", owner_id=olga.user_id)
    for code in (404, 200, 410):
        receiver.behave("/", status(code))
        clock.forward(600)
        deliver(endpoint_id, now=clock())
        clock.forward(1)
        sender.deliver_due(clock=clock)
    assert endpoint(endpoint_id).missed_since == STARTED_AT + timedelta(seconds=1802)
    enabled = replays.enable(endpoint_id, is_replayed=True, actor=olga.actor, now=clock.forward(60))
    assert (enabled.events, states(endpoint_id)) == (1, ["failed", "delivered", "pending"])


def test_who_owns_one_that_opens_five_times_a_day_hears_of_it_once_a_day(
    app: Flask, receiver: Receiver, olga: Persona
) -> None:
    clock = Clock()
    receiver.behave("/", status(500))
    endpoint_id = endpoint_at(receiver.at("/"), scope="tournaments", owner_id=olga.user_id, in_flight_limit=1)
    deliver(endpoint_id, count=40)
    sender.deliver_due(clock=clock)
    for opened in range(2, 9):
        clock.forward(61)
        sender.deliver_due(clock=clock)
        assert len(endpoint(endpoint_id).openings) == opened
        assert len(told("webhook_circuit_opened")) == (opened >= 5)


def told(kind: str) -> list[tuple[int, object]]:
    """Who has been told of something of this kind, and what."""
    with read_snapshot() as session:
        rows = session.execute(select(Notification.user_id, Notification.data).where(Notification.kind == kind))
        return [(user_id, data) for user_id, data in rows]
