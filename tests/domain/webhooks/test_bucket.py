"""How much goes out: never more than burst and rate allow, and nearly all of it; at a time as much as is answered."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.webhooks.bucket import (
    FIRST_IN_FLIGHT,
    Bucket,
    filled,
    in_flight_after_failure,
    in_flight_after_success,
    next_token_at,
    taken,
    whole_tokens,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(
    steps=st.lists(st.tuples(st.floats(0, 3), st.integers(0, 40)), max_size=60),
    rate=st.floats(0.5, 50),
    burst=st.integers(1, 40),
)
def test_no_span_of_time_gets_more_than_burst_and_rate(steps: list[tuple[float, int]], rate: float, burst: int) -> None:
    bucket, now, grants = Bucket(), NOW, list[tuple[datetime, int]]()
    for pause, wanted in steps:
        now += timedelta(seconds=pause)
        bucket = filled(bucket, rate=rate, burst=burst, now=now)
        count = min(wanted, whole_tokens(bucket))
        bucket = taken(bucket, count)
        grants.append((now, count))
    for start in range(len(grants)):
        for end in range(start, len(grants)):
            span = (grants[end][0] - grants[start][0]).total_seconds()
            assert sum(count for _, count in grants[start : end + 1]) <= burst + rate * span + 1e-3


def test_under_load_nearly_all_of_it_is_granted() -> None:
    bucket, now, granted = Bucket(), NOW, 0
    for _ in range(1000):
        now += timedelta(seconds=0.013)
        bucket = filled(bucket, rate=10, burst=20, now=now)
        count = whole_tokens(bucket)
        bucket, granted = taken(bucket, count), granted + count
    assert 0.95 * (20 + 130) <= granted <= 20 + 130


@given(rate=st.floats(0.1, 50), tokens=st.floats(-3, 0.99))
def test_at_the_moment_that_it_names_there_is_a_token_and_not_before(rate: float, tokens: float) -> None:
    bucket = Bucket(tokens, NOW)
    at = next_token_at(bucket, rate=rate)
    assert at is not None
    assert whole_tokens(filled(bucket, rate=rate, burst=5, now=at + timedelta(microseconds=1))) == 1
    early = NOW + (at - NOW) * 0.98
    assert whole_tokens(filled(bucket, rate=rate, burst=5, now=early)) == 0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = filled(Bucket(3, NOW), rate=10, burst=20, now=NOW - timedelta(hours=1))
    assert bucket == Bucket(3, NOW)
    assert whole_tokens(filled(bucket, rate=10, burst=20, now=NOW)) == 3


def test_a_full_bucket_has_no_next_token() -> None:
    assert next_token_at(Bucket(), rate=1) is None
    assert next_token_at(Bucket(1, NOW), rate=1) is None


def test_what_is_sent_at_a_time_doubles_with_each_round_that_is_answered() -> None:
    limit = FIRST_IN_FLIGHT
    for expected in (8, 16, 32, 64, 100, 100):
        for _ in range(limit):
            limit = in_flight_after_success(limit, was_full=True, most=100)
        assert limit == expected


def test_an_endpoint_that_needs_no_more_gets_no_more() -> None:
    assert in_flight_after_success(4, was_full=False, most=100) == 4


def test_failures_leave_one_at_a_time() -> None:
    limits = [100]
    while limits[-1] > 1:
        limits.append(in_flight_after_failure(limits[-1]))
    assert limits == [100, 50, 25, 12, 6, 3, 1]
    assert in_flight_after_failure(1) == 1
