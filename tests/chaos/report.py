"""What a run of kills came to."""

import statistics
from collections import Counter
from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

PROBLEMS_SHOWN: Final = 20


@dataclass
class ChaosReport:
    """What happened, what it cost, and what was found wrong."""

    seed: str
    database: str
    kills: Counter[str] = field(default_factory=Counter)
    flushes: int = 0
    came_back: int = 0
    """Changes of which a producer was told that they are done."""
    rolled_back: int = 0
    events: int = 0
    versions: int = 0
    looked_at: int = 0
    """Versions that were compared with the fold of the log while processes died."""
    answers: Counter[str] = field(default_factory=Counter)
    """What a spectator got, by class of status; `away` where no web process listened."""
    recoveries_s: list[float] = field(default_factory=list)
    """From each kill until all that was confirmed before it, and in the second after it, was on the board."""
    calm_after_s: float = 0.0

    lost: int = 0
    """Changes that came back and are not in the log."""
    ghosts: int = 0
    """Events of transactions that were rolled back or of which there is no audit entry."""
    doubled: int = 0
    """Changes that are in the log twice."""
    half_written: int = 0
    """Versions that cannot be read or are not what the log says."""
    notices: int = 0
    mails: int = 0
    repeated_mails: int = 0
    deliveries: int = 0
    requests: int = 0
    repeated_requests: int = 0
    changed_bodies: int = 0
    """Messages that came again with other bytes than before."""
    tellings_s: list[float] = field(default_factory=list)
    """From each kill until routing and sending went on."""
    routed_s: list[float] = field(default_factory=list)
    """From each kill until all that happened before it, and in the second after it, was routed."""
    problems: list[str] = field(default_factory=list)

    def note(self, what: str, *, expected: AbstractSet[Hashable], found: Counter[Any]) -> None:
        """Count what is missing, what nobody asked for, and what is there twice."""
        missing, invented = expected - found.keys(), found.keys() - expected
        self.lost += len(missing)
        self.ghosts += len(invented)
        self.doubled += sum(count - 1 for count in found.values())
        for name, which in (("missing", missing), ("invented", invented)):
            if which:
                self.problems.append(f"{len(which)} of {len(expected)} {what}s {name}")

    @property
    def is_clean(self) -> bool:
        return not (
            self.lost
            or self.ghosts
            or self.doubled
            or self.half_written
            or self.changed_bodies
            or self.answers["5xx"]
            or self.problems
        )

    @property
    def recovery_p50_s(self) -> float:
        return max(statistics.median(each or [0.0]) for each in (self.recoveries_s, self.tellings_s))

    @property
    def recovery_p99_s(self) -> float:
        return max(_p99(each) for each in (self.recoveries_s, self.tellings_s))

    def text(self) -> str:
        """The run in a few lines."""

        def listed(counts: Counter[str]) -> str:
            return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))

        killed = f"{self.kills.total()} kills ({listed(self.kills)}), {self.flushes} FLUSHALL"
        done = f"{self.came_back} changes came back, {self.rolled_back} rolled back, {self.events} events"
        seen = f"{self.versions} versions, {self.looked_at} of them looked at on the way"
        told = f"{self.notices} notices, {self.mails} mails ({self.repeated_mails} repeated)"
        sent = f"{self.deliveries} deliveries by {self.requests} requests ({self.repeated_requests} repeated)"
        wrong = f"lost {self.lost}, ghosts {self.ghosts}, doubled {self.doubled}, half-written {self.half_written}"
        lines = [
            f"{self.database}, seed {self.seed}: {killed}",
            f"  {done}, {seen}",
            f"  spectator: {listed(self.answers)}",
            f"  {told}, {sent}",
            f"  from a kill until the board was current: {_spread(self.recoveries_s)}",
            f"  from a kill until telling went on: {_spread(self.tellings_s)}; at rest after {self.calm_after_s:.1f} s",
            f"  from a kill until all of before it was routed: {_spread(self.routed_s)}",
            f"  {wrong}, changed bodies {self.changed_bodies}",
            *(f"  WRONG: {problem}" for problem in self.problems[:PROBLEMS_SHOWN]),
        ]
        return "\n".join(lines)


def _p99(seconds: Sequence[float]) -> float:
    ranked = sorted(seconds or [0.0])
    return ranked[min(len(ranked) - 1, int(len(ranked) * 0.99))]


def _spread(seconds: Sequence[float]) -> str:
    middle = statistics.median(seconds or [0.0])
    return f"p50 {middle:.2f} s, p99 {_p99(seconds):.2f} s, worst {max(seconds, default=0.0):.2f} s"
