"""What a run of kills came to."""

import statistics
from collections import Counter
from dataclasses import dataclass, field


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
    problems: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (
            self.lost or self.ghosts or self.doubled or self.half_written or self.answers["5xx"] or self.problems
        )

    @property
    def recovery_p50_s(self) -> float:
        return statistics.median(self.recoveries_s or [0.0])

    @property
    def recovery_p99_s(self) -> float:
        ranked = sorted(self.recoveries_s or [0.0])
        return ranked[min(len(ranked) - 1, int(len(ranked) * 0.99))]

    def text(self) -> str:
        """The run in a few lines."""

        def listed(counts: Counter[str]) -> str:
            return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))

        killed = f"{self.kills.total()} kills ({listed(self.kills)}), {self.flushes} FLUSHALL"
        done = f"{self.came_back} changes came back, {self.rolled_back} rolled back, {self.events} events"
        seen = f"{self.versions} versions, {self.looked_at} of them looked at on the way"
        worst_s = max(self.recoveries_s, default=0.0)
        recovered = f"p50 {self.recovery_p50_s:.2f} s, p99 {self.recovery_p99_s:.2f} s, worst {worst_s:.2f} s"
        lines = [
            f"{self.database}, seed {self.seed}: {killed}",
            f"  {done}, {seen}",
            f"  spectator: {listed(self.answers)}",
            f"  from a kill until the board was current: {recovered}; at rest after {self.calm_after_s:.1f} s",
            f"  lost {self.lost}, ghosts {self.ghosts}, doubled {self.doubled}, half-written {self.half_written}",
            *(f"  WRONG: {problem}" for problem in self.problems),
        ]
        return "\n".join(lines)
