"""When a failed delivery is tried again: never early, at most a fifth late, and not for ever."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.webhooks.schedule import SLOW_LANE_S, next_attempt_at

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAST = (1, 5, 25)
CHANCES = st.floats(0, 1, exclude_max=True)


def seconds(attempts: int, delays: tuple[int, ...], chance: float = 0.0, wait_s: float | None = None) -> float | None:
    at = next_attempt_at(attempts, delays, now=NOW, chance=chance, wait_s=wait_s)
    return None if at is None else (at - NOW).total_seconds()


def test_four_attempts_in_all() -> None:
    assert [seconds(attempts, FAST) for attempts in (1, 2, 3, 4)] == [1, 5, 25, None]


def test_the_slow_lane_goes_on_for_a_day() -> None:
    delays = (*FAST, *SLOW_LANE_S)
    assert [seconds(attempts, delays) for attempts in range(4, 11)] == [300, 1800, 7200, 18000, 36000, 36000, None]
    assert timedelta(seconds=sum(delays)) > timedelta(days=1)


@given(attempts=st.integers(1, 3), chance=CHANCES)
def test_never_early_and_at_most_a_fifth_late(attempts: int, chance: float) -> None:
    delay = seconds(attempts, FAST, chance)
    assert delay is not None
    assert FAST[attempts - 1] <= delay <= FAST[attempts - 1] * 1.2


@given(attempts=st.integers(1, 3), chance=CHANCES, wait_s=st.floats(0, 3600))
def test_what_the_receiver_asks_for_is_obeyed_and_never_shortens(attempts: int, chance: float, wait_s: float) -> None:
    delay = seconds(attempts, FAST, chance, wait_s)
    assert delay is not None
    assert delay >= round(wait_s, 6) - 1e-6
    assert delay >= FAST[attempts - 1]


def test_asking_for_time_does_not_bring_more_attempts() -> None:
    assert seconds(4, FAST, wait_s=60) is None
