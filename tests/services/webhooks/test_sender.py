"""The sender as it runs in a worker: in a thread, by the clock on the wall, woken or not."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeVar

import pytest
from flask import Flask
from structlog.testing import capture_logs

from tests.servers.receiver import HANG, Receiver, status
from tests.webhooked import attempts, change, deliver, deliveries, endpoint, endpoint_at, policy, states
from webapp.extensions import db
from webapp.models import WebhookMessage
from webapp.services.operations import flags
from webapp.services.spine import outbox, precedence
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.services.webhooks import sender
from webapp.services.webhooks.sender import Sender

pytestmark = pytest.mark.usefixtures("sending")
Result = TypeVar("Result")


@pytest.fixture
def running(app: Flask) -> Iterator[Sender]:
    """A sender at work."""
    at_work = Sender(inside(app), clock=utc_now)
    yield at_work
    at_work.stop(within_s=1)
    assert not at_work.is_alive


def inside(app: Flask) -> Callable[[Callable[[], object]], object]:
    def run(work: Callable[[], object]) -> object:
        with app.app_context():
            try:
                return work()
            finally:
                db.session.remove()

    return run


def wait_until(is_so: Callable[[], bool], *, seconds: float = 20) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, "it did not come true in time"
        time.sleep(0.02)


def test_without_a_bell_it_finds_what_is_due_by_itself(running: Sender, receiver: Receiver) -> None:
    deliver(endpoint_at(receiver.at("/")), now=utc_now())
    receiver.wait_for(1)
    wait_until(lambda: states() == ["delivered"])


def test_it_tries_again_when_promised(running: Sender, receiver: Receiver) -> None:
    receiver.behave("/", status(500))
    endpoint_id = endpoint_at(receiver.at("/"))
    with policy(delays_s=(1, 2)):
        deliver(endpoint_id, now=utc_now())
        running.wake()
        receiver.wait_for(3)
        wait_until(lambda: states() == ["exhausted"])
    ends = [attempt.at.timestamp() + attempt.duration_ms / 1000 for attempt in attempts(endpoint_id)]
    starts = [attempt.at.timestamp() for attempt in attempts(endpoint_id)]
    waits = [start - end for end, start in zip(ends, starts[1:], strict=False)]
    assert waits[0] >= 1
    assert waits[1] >= 2
    # What is added is a tenth at most, and what this machine takes with all else that it does.
    assert waits[0] <= 1.2 + 0.5
    assert waits[1] <= 2.4 + 0.5


@pytest.mark.slow
def test_the_four_attempts_by_the_clock_on_the_wall(running: Sender, receiver: Receiver) -> None:
    receiver.behave("/", status(500))
    deliver(endpoint_at(receiver.at("/")), now=utc_now())
    running.wake()
    times = [request.monotonic for request in receiver.wait_for(4, seconds=60)]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert all(least <= waited <= 1.2 * least + 0.3 for least, waited in zip((1, 5, 25), waits, strict=True)), waits


def test_endpoints_that_hang_hold_up_no_other(running: Sender, receiver: Receiver) -> None:
    receiver.behave("/hangs", HANG)
    hanging = [endpoint_at(receiver.at("/hangs"), in_flight_limit=4) for _ in range(2)]
    healthy = [endpoint_at(receiver.at(f"/{number}")) for number in range(8)]
    deliver(*hanging, *healthy, count=15, now=utc_now())
    running.wake()
    wait_until(lambda: all(states(endpoint_id) == ["delivered"] * 15 for endpoint_id in healthy))
    waited = sorted(
        (delivery.delivered_at - delivery.created_at).total_seconds()
        for endpoint_id in healthy
        for delivery in deliveries(endpoint_id)
        if delivery.delivered_at is not None
    )
    # Whoever had waited for one that hangs would have waited for ten seconds. How long it takes on a machine that has
    # nothing else to do is measured by the benchmark.
    assert waited[int(len(waited) * 0.95)] <= 5
    assert all(len(receiver.of("/hangs")) <= 8 for _ in hanging)


def test_told_to_stop_it_lets_what_is_on_its_way_arrive(app: Flask, receiver: Receiver) -> None:
    receiver.behave("/", status(200, after_s=0.7))
    deliver(endpoint_at(receiver.at("/")), count=5, now=utc_now())
    at_work = Sender(inside(app), clock=utc_now)
    receiver.wait_for(5)
    at_work.stop(within_s=5)
    assert (at_work.is_alive, states()) == (False, ["delivered"] * 5)


def test_what_is_not_there_in_time_is_given_back_at_once(app: Flask, receiver: Receiver) -> None:
    receiver.behave("/", HANG)
    deliver(endpoint_at(receiver.at("/")), now=utc_now())
    at_work = Sender(inside(app), clock=utc_now)
    receiver.wait_for(1)
    began = time.monotonic()
    at_work.stop(within_s=0.5)
    assert time.monotonic() - began < 5
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempts, delivery.lease_token) == ("pending", 0, None)
    assert delivery.next_at <= utc_now()


@pytest.mark.usefixtures("polite")
def test_it_gives_way_to_a_ranking_and_not_for_ever(app: Flask, receiver: Receiver) -> None:
    with transaction() as session:
        outbox.want(session, "rank", "7", now=utc_now())
    deliver(endpoint_at(receiver.at("/")), now=utc_now())
    began = time.monotonic()
    at_work = Sender(inside(app), clock=utc_now)
    receiver.wait_for(1)
    assert time.monotonic() - began >= precedence.LONGEST_S
    at_work.stop(within_s=1)


def test_it_works_sparingly_while_more_is_due_than_a_few(
    app: Flask, receiver: Receiver, pieces: list[tuple[bool, precedence.Piece]]
) -> None:
    deliver(*(endpoint_at(receiver.at(f"/{number}")) for number in range(5)), count=13, now=utc_now())
    at_work = Sender(inside(app), clock=utc_now)
    wait_until(lambda: states() == ["delivered"] * 65)
    # It looks once more, and finds nothing.
    wait_until(lambda: not pieces[-1][0])
    at_work.stop(within_s=5)
    # It learns from what it claims: 25, 25, and 15, which is still more than half of what it takes at a time.
    claimed = [number for number, (_, piece) in enumerate(pieces) if piece.share in (1.0, 0.6)][:3]
    assert [pieces[number][0] for number in claimed] == [False, True, True]


def test_the_flag_stops_it(running: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.behave("/", status(200, after_s=0.02))
    endpoint_id = endpoint_at(receiver.at("/"), in_flight_limit=1)
    deliver(endpoint_id, count=60, now=utc_now())
    running.wake()
    receiver.wait_for(3)
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "off")
    flags.forget()
    time.sleep(0.6)
    sent = len(receiver.requests)
    time.sleep(0.5)
    assert len(receiver.requests) == sent < 60
    assert "pending" in states()


def test_the_flag_breaks_off_what_is_on_its_way_and_nobody_counts_that(
    running: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.behave("/", HANG)
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id, now=utc_now())
    running.wake()
    receiver.wait_for(1)
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "off")
    flags.forget()
    # Long before the receiver's time to answer is over.
    wait_until(lambda: deliveries()[0].lease_token is None, seconds=5)
    assert (states(), attempts(endpoint_id), endpoint(endpoint_id).failures_in_a_row) == (["pending"], [], 0)
    receiver.behave("/")
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "on")
    flags.forget()
    wait_until(lambda: states() == ["delivered"], seconds=5)


def test_it_ends_by_itself_where_there_is_nothing_to_do(app: Flask) -> None:
    at_work = Sender(inside(app), clock=utc_now, idle_s=0.1)
    wait_until(lambda: not at_work.is_alive)


def test_a_process_has_one_sender_made_when_it_is_first_woken(app: Flask, receiver: Receiver) -> None:
    assert not sender.wake(), "this process was not told that it may have one"
    sender.connect(inside(app), clock=utc_now)
    try:
        deliver(endpoint_at(receiver.at("/")), now=utc_now())
        assert sender.wake()
        assert sender.wake()
        receiver.wait_for(1)
        assert [thread.name for thread in threading.enumerate()].count("webhook-sender") == 1
    finally:
        sender.stop(within_s=5)
    assert states() == ["delivered"]
    assert not sender.wake()


def test_a_fault_of_our_own_is_written_down_and_told_to_the_log(running: Sender, receiver: Receiver) -> None:
    broken = endpoint_at(receiver.at("/broken"), paused_at=utc_now())
    (event_id,) = deliver(broken, now=utc_now())
    with transaction() as session:
        session.get_one(WebhookMessage, event_id).body = b"\xff"  # which nothing can sign
    with policy(delays_s=(1,)), capture_logs() as told:
        change(broken, paused_at=None)
        running.wake()
        wait_until(lambda: states(broken) == ["exhausted"])
    assert [attempt.error for attempt in attempts(broken)] == ["internal"] * 2
    failed = [entry["endpoint_id"] for entry in told if entry["event"] == "webhook_attempt_failed"]
    assert (failed, receiver.requests) == ([broken] * 2, [])


def test_a_slow_database_loses_no_outcome(app: Flask, receiver: Receiver) -> None:
    """What came of attempts is written down by the next round when one fails."""
    trouble = threading.Event()

    def troubled(work: Callable[[], object]) -> object:
        if trouble.is_set():
            raise OSError("the database is away")
        return inside(app)(work)

    receiver.behave("/", status(200, after_s=0.3))
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id, now=utc_now())
    at_work = Sender(troubled, clock=utc_now)
    receiver.wait_for(1)
    trouble.set()
    time.sleep(1.0)
    trouble.clear()
    wait_until(lambda: states() == ["delivered"])
    at_work.stop(within_s=2)
    assert (len(receiver.requests), endpoint(endpoint_id).failures_in_a_row) == (1, 0)
