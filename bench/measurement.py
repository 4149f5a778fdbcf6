"""Timing: a work repeated, and what its times say."""

import gc
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Prepared = TypeVar("Prepared")


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of every run."""

    runs_ms: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.runs_ms)

    @property
    def best(self) -> float:
        return min(self.runs_ms)

    @property
    def p95(self) -> float:
        """The smallest time that 95 of 100 runs kept."""
        return sorted(self.runs_ms)[math.ceil(0.95 * len(self.runs_ms)) - 1]

    def plus(self, other: "Timing") -> "Timing":
        """Run by run the sum of two steps."""
        return Timing(tuple(mine + theirs for mine, theirs in zip(self.runs_ms, other.runs_ms, strict=True)))


def timed(work: Callable[[], object], runs: int, *, warm_up: int = 1) -> Timing:
    """`work` repeated, after `warm_up` runs that do not count."""
    return timed_after(lambda: None, lambda _: work(), runs, warm_up=warm_up)


def timed_after(
    prepare: Callable[[], Prepared], work: Callable[[Prepared], object], runs: int, *, warm_up: int = 1
) -> Timing:
    """`work` repeated, each time on what `prepare`, which is not timed, has given."""
    times = []
    gc.collect()
    for run in range(-warm_up, runs):
        prepared = prepare()
        began = time.perf_counter()
        work(prepared)
        took = time.perf_counter() - began
        if run >= 0:
            times.append(took * 1000)
    return Timing(tuple(times))
