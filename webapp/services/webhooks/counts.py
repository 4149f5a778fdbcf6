"""What Prometheus is told of webhooks: counted in Redis, since who sends may be another process or another machine.

An emptied Redis looks like a restart to Prometheus, which it knows how to read. Without Redis nothing is counted, and
nothing else changes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import redis
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.models import WebhookEndpoint
from webapp.services.spine.redis_link import link
from webapp.services.spine.transaction import read_snapshot

KEY: Final = "deltacrown:webhook-counts"
ENDED: Final = ("delivered", "failed", "exhausted")
"""Outcomes after which nothing more is tried by itself."""
OUTCOMES: Final = (*ENDED, "retried", "postponed")
CIRCUITS: Final = ("closed", "half_open", "open")
LATENCY_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
ATTEMPTS: Final = (1, 2, 3, 4, 6, 10)


class Sent(NamedTuple):
    """One attempt and what came of it.

    `outcome` is one of OUTCOMES: `retried` when it is tried again, `postponed` when that cost no attempt. `attempts`
    are those of the round so far.
    """

    event_type: str
    outcome: str
    duration_s: float
    attempts: int


def count(sent: Sequence[Sent]) -> None:
    """Add what was sent to the counts of all; at most one call to Redis, and no error where it is away."""
    counted = Counter[str]()
    microseconds = tries = 0
    for one in sent:
        is_success = one.outcome == "delivered"
        counted[f"status:{one.outcome}"] += 1
        counted[f"call:{one.event_type}:{'success' if is_success else 'failure'}"] += 1
        counted[f"latency:{_bucket(LATENCY_S, one.duration_s)}"] += 1
        microseconds += round(one.duration_s * 1_000_000)
        if one.outcome in ENDED:
            counted[f"attempts:{_bucket(ATTEMPTS, one.attempts)}"] += 1
            tries += one.attempts
    counted.update({"latency_us": microseconds, "attempts_sum": tries})
    if sent and link().url is not None:
        _add(counted)


class Counts(Collector):
    """The counts of all processes, and how many circuits are in which state."""

    def collect(self) -> Iterator[Metric]:
        """Read whenever Prometheus asks."""
        return _families()

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: it would ask the database."""
        return iter(())


def _families() -> Iterator[Metric]:
    # Prometheus wants the other counts most of all while the database is away.
    with suppress(SQLAlchemyError):
        yield _circuits()
    counted = _read()
    if counted is None:
        return
    deliveries = CounterMetricFamily("webhook_deliveries", "Attempts by what came of them", labels=["status"])
    for outcome in OUTCOMES:
        deliveries.add_metric([outcome], counted.get(f"status:{outcome}", 0))
    yield deliveries
    calls = CounterMetricFamily("integration_calls", "Calls to other sites", labels=["event", "outcome"])
    for name, number in sorted(counted.items()):
        kind, _, rest = name.partition(":")
        if kind == "call":
            calls.add_metric(rest.split(":"), number)
    yield calls
    yield _histogram(
        "webhook_latency_seconds", "How long attempts took", "latency", LATENCY_S, counted,
        counted.get("latency_us", 0) / 1_000_000,
    )  # fmt: skip
    yield _histogram(
        "webhook_attempts", "Attempts until the end of a round", "attempts", ATTEMPTS, counted,
        counted.get("attempts_sum", 0),
    )  # fmt: skip


def _circuits() -> GaugeMetricFamily:
    gauge = GaugeMetricFamily("webhook_circuits", "Endpoints that are sent to, by state", labels=["state"])
    sends = (WebhookEndpoint.deleted_at.is_(None), WebhookEndpoint.disabled_at.is_(None))
    with read_snapshot() as session:
        by_state: dict[str, int] = {
            row[0]: row[1]
            for row in session.execute(
                select(WebhookEndpoint.circuit, func.count()).where(*sends).group_by(WebhookEndpoint.circuit)
            )
        }
    for state in CIRCUITS:
        gauge.add_metric([state], by_state.get(state, 0))
    return gauge


def _histogram(
    name: str, what: str, key: str, ends: Sequence[float], counted: Mapping[str, int], total: float
) -> HistogramMetricFamily:
    passed, buckets = 0, []
    for end in (*map(str, ends), "+Inf"):
        passed += counted.get(f"{key}:{end}", 0)
        buckets.append((end, float(passed)))
    family = HistogramMetricFamily(name, what)
    family.add_metric([], buckets, total)
    return family


def _bucket(ends: Sequence[float], value: float) -> str:
    return next((str(end) for end in ends if value <= end), "+Inf")


def _add(counted: Mapping[str, int]) -> None:
    def add(client: redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for name, number in counted.items():
                pipe.hincrby(KEY, name, number)
            pipe.execute()

    try:
        link().run(add)
    except redis.RedisError:
        return


def _read() -> dict[str, int] | None:
    found = link().try_request(lambda client: client.hgetall(KEY))
    if not isinstance(found, dict):
        return None
    return {name.decode() if isinstance(name, bytes) else name: int(number) for name, number in found.items()}
