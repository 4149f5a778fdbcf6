"""The circuit as a machine: what opens it, what closes it, and how many get through meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.webhooks.breaker import (
    IN_A_ROW,
    OPEN_FOR,
    OPENINGS_TOLD,
    Breaker,
    Circuit,
    Window,
    after_failure,
    after_success,
    is_hopeless,
    probe_at,
    probing,
    window_start,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=15)


def failed(breaker: Breaker, *, times: int = 1, window: Window | None = None, is_probe: bool = False) -> Breaker:
    for _ in range(times):
        breaker = after_failure(breaker, window or Window(), is_probe=is_probe, now=NOW)
    return breaker


def test_five_failures_in_a_row_open_it() -> None:
    assert failed(Breaker(), times=4) == Breaker(failures_in_a_row=4)
    assert failed(Breaker(), times=5) == Breaker(Circuit.OPEN, NOW, 5, (NOW,))


def test_a_success_in_between_begins_a_new_row() -> None:
    after = after_success(failed(Breaker(), times=4), is_probe=False, now=NOW)
    assert failed(after, times=4).circuit is Circuit.CLOSED


@pytest.mark.parametrize(
    ("attempts", "failures", "opens"),
    [(9, 9, False), (10, 6, False), (10, 7, True), (13, 9, False), (100, 69, False), (100, 70, True)],
)
def test_too_many_failures_of_the_last_minutes_open_it(attempts: int, failures: int, opens: bool) -> None:
    after = failed(Breaker(), window=Window(attempts, failures))
    assert (after.circuit is Circuit.OPEN) is opens


def test_the_window_does_not_reach_behind_the_last_closing() -> None:
    closed = Breaker(since=NOW - timedelta(seconds=20))
    assert window_start(closed, NOW) == NOW - timedelta(seconds=20)
    assert window_start(Breaker(since=NOW - timedelta(hours=1)), NOW) == NOW - timedelta(minutes=5)
    assert window_start(Breaker(), NOW) == NOW - timedelta(minutes=5)


def test_a_minute_later_one_probe_is_due_and_another_only_when_it_is_lost() -> None:
    opened = failed(Breaker(), times=5)
    due = probe_at(opened, lost_after=LEASE)
    assert due == NOW + OPEN_FOR == NOW + timedelta(seconds=60)
    half_open = probing(opened, due)
    assert half_open.circuit is Circuit.HALF_OPEN
    assert probe_at(half_open, lost_after=LEASE) == due + LEASE
    assert probe_at(Breaker(), lost_after=LEASE) is None


def test_the_probe_decides() -> None:
    half_open = probing(failed(Breaker(), times=5), NOW)
    assert after_success(half_open, is_probe=True, now=NOW).circuit is Circuit.CLOSED
    again = failed(half_open, is_probe=True)
    assert (again.circuit, again.since, len(again.openings)) == (Circuit.OPEN, NOW, 2)


def test_stragglers_change_no_circuit_that_is_not_closed() -> None:
    opened = failed(Breaker(), times=5)
    half_open = probing(opened, NOW)
    for state in (opened, half_open):
        assert failed(state) == state
        assert after_success(state, is_probe=False, now=NOW) == state


def test_openings_of_a_day_are_counted() -> None:
    early = tuple(NOW - timedelta(hours=hours) for hours in (30, 25, 23, 4, 3))
    opened = failed(Breaker(openings=early), times=5)
    assert opened.openings == (*early[2:], NOW)
    assert not opened.fails_over_and_over
    assert OPENINGS_TOLD == 5
    assert failed(Breaker(openings=early[2:] + early[-1:]), times=5).fails_over_and_over


@given(st.lists(st.sampled_from(["success", "failure", "straggler", "late success", "a minute"]), max_size=60))
def test_whatever_happens_it_is_open_only_after_failures_and_closed_only_by_success(happenings: list[str]) -> None:
    breaker, now, row = Breaker(), NOW, 0
    for happening in happenings:
        before = breaker
        if happening == "a minute":
            now += timedelta(seconds=60)
            due = probe_at(breaker, lost_after=LEASE)
            breaker = probing(breaker, now) if due is not None and due <= now else breaker
            continue
        is_probe = breaker.circuit is Circuit.HALF_OPEN and happening in {"success", "failure"}
        if "success" in happening:
            breaker = after_success(breaker, is_probe=is_probe, now=now)
            row = 0 if before.circuit is Circuit.CLOSED or is_probe else row
        else:
            breaker = after_failure(breaker, Window(), is_probe=is_probe, now=now)
            row += before.circuit is Circuit.CLOSED or is_probe
        if breaker.circuit is not before.circuit:
            assert is_probe or row >= IN_A_ROW
        assert before.circuit is not Circuit.OPEN or breaker == before


@pytest.mark.parametrize(
    ("first", "last", "hopeless"),
    [
        (None, None, False),
        (timedelta(days=6), timedelta(days=6), False),  # two failures alone, days apart
        (timedelta(days=6), timedelta(days=5, hours=13), False),
        (timedelta(days=6), timedelta(days=5, hours=12), True),
        (timedelta(days=5), timedelta(hours=1), True),
        (timedelta(days=4, hours=23), timedelta(minutes=1), False),
    ],
)
def test_an_endpoint_is_given_up_after_five_days_of_failures(
    first: timedelta | None, last: timedelta | None, hopeless: bool
) -> None:
    since = None if first is None else NOW - first
    assert is_hopeless(since, None if last is None else NOW - last, NOW) is hopeless
