"""The circuit of an endpoint: closed while it works, open while nothing is sent, half open for one probe."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

IN_A_ROW: Final = 5
OF_WINDOW: Final = 0.7
LEAST_IN_WINDOW: Final = 10
WINDOW: Final = timedelta(minutes=5)
OPEN_FOR: Final = timedelta(seconds=60)
OPENINGS_TOLD: Final = 5
DAY: Final = timedelta(days=1)


class Circuit(StrEnum):
    """The states of a circuit."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Window:
    """The attempts since `window_start`, the last one among them."""

    attempts: int = 0
    failures: int = 0

    @property
    def is_mostly_failing(self) -> bool:
        """Whether there are enough of them, and enough of those have failed."""
        return self.attempts >= LEAST_IN_WINDOW and self.failures >= OF_WINDOW * self.attempts


@dataclass(frozen=True, slots=True)
class Breaker:
    """A circuit as it stands. `openings` are the instants of the last day at which it opened."""

    circuit: Circuit = Circuit.CLOSED
    since: datetime | None = None
    failures_in_a_row: int = 0
    openings: tuple[datetime, ...] = ()

    @property
    def fails_over_and_over(self) -> bool:
        """Whether it opened so often within a day that its owner should hear of it."""
        return len(self.openings) >= OPENINGS_TOLD


def window_start(breaker: Breaker, now: datetime) -> datetime:
    """From when on attempts count for the share of failures: five minutes, and nothing from before it last closed."""
    start = now - WINDOW
    return max(start, breaker.since) if breaker.circuit is Circuit.CLOSED and breaker.since else start


def after_success(breaker: Breaker, *, is_probe: bool, now: datetime) -> Breaker:
    """A success closes what waited for its probe. One that was still on its way when it opened changes nothing."""
    if breaker.circuit is Circuit.CLOSED:
        return replace(breaker, failures_in_a_row=0)
    if is_probe:
        return replace(breaker, circuit=Circuit.CLOSED, since=now, failures_in_a_row=0)
    return breaker


def after_failure(breaker: Breaker, window: Window, *, is_probe: bool, now: datetime) -> Breaker:
    """A failure opens the circuit when it is the fifth in a row, one too many of the last minutes, or the probe's."""
    if breaker.circuit is Circuit.CLOSED:
        counted = replace(breaker, failures_in_a_row=breaker.failures_in_a_row + 1)
        return _opened(counted, now) if counted.failures_in_a_row >= IN_A_ROW or window.is_mostly_failing else counted
    if is_probe:
        return _opened(replace(breaker, failures_in_a_row=breaker.failures_in_a_row + 1), now)
    return breaker


def _opened(breaker: Breaker, now: datetime) -> Breaker:
    openings = (*(at for at in breaker.openings if at > now - DAY), now)
    return replace(breaker, circuit=Circuit.OPEN, since=now, openings=openings)


def probe_at(breaker: Breaker, *, lost_after: timedelta) -> datetime | None:
    """When the next probe is due; None while closed. One that says nothing for `lost_after` died with its sender."""
    if breaker.circuit is Circuit.CLOSED or breaker.since is None:
        return None
    return breaker.since + (OPEN_FOR if breaker.circuit is Circuit.OPEN else lost_after)


def probing(breaker: Breaker, now: datetime) -> Breaker:
    """The circuit while its one probe is on the way."""
    return replace(breaker, circuit=Circuit.HALF_OPEN, since=now)


# -- endpoints that never recover

DISABLED_AFTER: Final = timedelta(days=5)
SPREAD: Final = timedelta(hours=12)


def is_hopeless(failing_since: datetime | None, last_failure_at: datetime | None, now: datetime) -> bool:
    """Whether an endpoint that fails once more now has failed for so long that it is to be disabled.

    Five days with nothing but failures, and not two of them far apart alone: one more was at least twelve hours after
    the first.
    """
    if failing_since is None or last_failure_at is None:
        return False
    return now - failing_since >= DISABLED_AFTER and last_failure_at - failing_since >= SPREAD
