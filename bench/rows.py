"""A row of the table: a figure of ours, what it must and should reach, and a peer's figure for the same."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bench.measurement import Timing


class Limits(NamedTuple):
    """What a figure must reach, and what it should."""

    must: float | None = None
    aim: float | None = None


NO_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. `key` names it for machines and is the same on every machine and at every size."""

    key: str
    what: str
    figure: float
    unit: str = "ms"
    p95: float | None = None
    best: float | None = None
    runs: int = 1
    limits: Limits = NO_LIMITS
    more_is_better: bool = False
    peer: str = ""
    peer_figure: float | None = None
    note: str = ""

    @property
    def meets_must(self) -> bool | None:
        """Whether the figure is as good as it must be; None where it must be nothing."""
        return self._reaches(self.limits.must)

    @property
    def meets_aim(self) -> bool | None:
        """Whether it is as good as it should be; None without an aim."""
        return self._reaches(self.limits.aim)

    def _reaches(self, limit: float | None) -> bool | None:
        if limit is None:
            return None
        return self.figure >= limit if self.more_is_better else self.figure <= limit

    @property
    def ratio(self) -> float | None:
        """How many times as good as the peer: 2.0 is twice as fast."""
        if not self.peer_figure or not self.figure:
            return None
        return self.figure / self.peer_figure if self.more_is_better else self.peer_figure / self.figure

    def as_data(self) -> dict[str, Any]:
        """The row as results.json keeps it."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "limits"}
        data |= {"must": self.limits.must, "aim": self.limits.aim}
        data |= {"meets_must": self.meets_must, "meets_aim": self.meets_aim, "ratio": self.ratio}
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in data.items()}


def timing_row(key: str, what: str, timing: Timing, **more: Any) -> Row:
    """A row of a timing: its median is the figure."""
    return Row(
        key=key, what=what, figure=timing.median, p95=timing.p95, best=timing.best, runs=len(timing.runs_ms), **more
    )
