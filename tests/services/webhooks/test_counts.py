"""What Prometheus is told of webhooks: the counts of all senders, wherever they are."""

import time
from datetime import timedelta

import pytest
from flask import Flask

from tests.servers.outages import OUTAGES, outage
from tests.servers.receiver import Receiver, status
from tests.servers.redis import RedisServer
from tests.webhooked import STARTED_AT, Clock, change, deliver, endpoint_at
from webapp.services.webhooks import counts, sender
from webapp.services.webhooks.counts import Sent

DELIVERED = Sent("match_completed", "delivered", 0.02, 1)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Counts lie in Redis."""
    return sqlite_url


def told(app: Flask) -> dict[str, float]:
    lines = app.test_client().get("/metrics").text.splitlines()
    found = (line.rsplit(" ", 1) for line in lines if line.startswith(("webhook_", "integration_")))
    return {name: float(value) for name, value in found}


def test_attempts_are_counted_by_what_came_of_them(app: Flask, redis_server: RedisServer) -> None:
    counts.count([DELIVERED, Sent("rank_update", "retried", 12.0, 1), Sent("rank_update", "exhausted", 0.3, 4)])
    counts.count([DELIVERED, Sent("webhook_test", "failed", 0.3, 1)])
    found = told(app)
    by_status = {outcome: found[f'webhook_deliveries_total{{status="{outcome}"}}'] for outcome in counts.OUTCOMES}
    assert by_status == {"delivered": 2, "failed": 1, "exhausted": 1, "retried": 1, "postponed": 0}
    assert found['integration_calls_total{event="match_completed",outcome="success"}'] == 2
    assert found['integration_calls_total{event="rank_update",outcome="failure"}'] == 2
    assert found['webhook_latency_seconds_bucket{le="0.025"}'] == 2
    assert found['webhook_latency_seconds_bucket{le="10.0"}'] == 4
    assert (found["webhook_latency_seconds_count"], found["webhook_latency_seconds_sum"]) == (5, 12.64)
    # Of rounds that have ended.
    assert (found["webhook_attempts_count"], found["webhook_attempts_sum"]) == (4, 7)
    assert found['webhook_attempts_bucket{le="1"}'] == 3


def test_circuits_are_counted_from_the_rows_with_or_without_redis(app: Flask) -> None:
    ids = [endpoint_at("https://example.org/") for _ in range(5)]
    for endpoint_id, name in zip(ids, ("circuit", "circuit", "deleted_at", "disabled_at"), strict=False):
        change(endpoint_id, **{name: "open" if name == "circuit" else STARTED_AT})
    found = told(app)
    assert [found[f'webhook_circuits{{state="{state}"}}'] for state in counts.CIRCUITS] == [1, 0, 2]
    assert not any(name.startswith("webhook_deliveries") for name in found)
    counts.count([DELIVERED])


@pytest.mark.parametrize("kind", OUTAGES)
def test_a_redis_that_is_away_costs_the_counts_and_nothing_else(
    app: Flask, redis_server: RedisServer, kind: str
) -> None:
    with outage(kind, redis_server):
        began = time.monotonic()
        for _ in range(10):
            counts.count([DELIVERED])
        assert time.monotonic() - began < 2
        assert 'webhook_circuits{state="closed"}' in told(app)


@pytest.mark.usefixtures("sending")
def test_the_sender_counts_what_it_sends(app: Flask, redis_server: RedisServer, receiver: Receiver) -> None:
    receiver.behave("/a", status(500), status(200))
    endpoint_id = endpoint_at(receiver.at("/a"))
    deliver(endpoint_id)
    for seconds in (0, 2):
        sender.deliver_due(clock=Clock(STARTED_AT + timedelta(seconds=seconds)))
    found = told(app)
    assert found['webhook_deliveries_total{status="retried"}'] == 1
    assert found['webhook_deliveries_total{status="delivered"}'] == 1
    assert found["webhook_attempts_sum"] == 2
