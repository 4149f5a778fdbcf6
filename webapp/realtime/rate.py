"""How much a listener may say: a bucket of tokens that fills steadily."""

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """`burst` messages at once, `per_second` in the long run. Instants are those of one steady clock, in seconds."""

    per_second: float
    burst: float
    _level: float
    _filled_at: float

    @classmethod
    def full(cls, per_second: float, burst: float, now: float) -> "TokenBucket":
        """A bucket that has rested."""
        return cls(per_second, burst, burst, now)

    def take(self, now: float) -> bool:
        """Whether one more is allowed. What is taken beyond counts as well, so that pressing on makes it worse."""
        self._level = min(self.burst, self._level + (now - self._filled_at) * self.per_second) - 1
        self._filled_at = now
        return self._level >= 0

    @property
    def is_abused(self) -> bool:
        """Whether a second burst was spent beyond the first: somebody does not listen."""
        return self._level < -max(self.burst, 1)

    def retry_after_ms(self) -> int:
        """When the next one would be allowed; an hour where nothing is."""
        if self.per_second <= 0:
            return 3_600_000
        return round(1000 * (1 - min(self._level, 0)) / self.per_second)
