"""What a file of results says, once it holds no error."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from webapp.domain.errors import FieldError

_STEP_US: Final = 1_000


class ResultLine(NamedTuple):
    """One row: indices into `matches` and `participants`, and what that participant did in that match.

    `placement` None: did not finish. `placement_high`: the end of a range of places. `penalty`: points taken off, 0 or
    more.
    """

    line: int
    match: int
    participant: int
    placement: int | None
    placement_high: int | None
    kills: int
    time_alive_s: int | None
    penalty: int


@dataclass(frozen=True, slots=True)
class ParsedMatch:
    """A match of the file; `completed_at` is in microseconds since 1970, UTC, or None where no row says it."""

    number: int
    label: str
    map: str | None
    completed_at: int | None


@dataclass(frozen=True, slots=True)
class ParsedParticipant:
    """A team or player of the file; `external_id` is what the file calls its id, `line` where it stands first."""

    name: str
    external_id: str | None
    line: int


@dataclass(frozen=True, slots=True)
class ParsedResults:
    """A file without errors: matches in their order, participants in order of appearance, lines by match and line."""

    matches: tuple[ParsedMatch, ...]
    participants: tuple[ParsedParticipant, ...]
    lines: tuple[ResultLine, ...]
    warnings: tuple[FieldError, ...]

    def completion_times(self, imported_at: int) -> list[int]:
        """When each match ended, in microseconds since 1970, UTC: known ends, and in their order what has none.

        A match without an end follows the one before it by a millisecond, so that the order of play is kept; where no
        match has one, the first of them ends at `imported_at`.
        """
        known = [(index, match.completed_at) for index, match in enumerate(self.matches)]
        first, at = next(((index, at) for index, at in known if at is not None), (0, imported_at))
        times = [at - (first - index) * _STEP_US for index in range(first + 1)]
        for _, end in known[first + 1 :]:
            times.append(times[-1] + _STEP_US if end is None else end)
        return times[: len(known)]
