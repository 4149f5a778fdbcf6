"""What changed on a board since a reader looked at it last."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MovedLine:
    """Who moved, and between which ranks; None where it was or is not on the board."""

    participant_id: int
    name: str
    previous_rank: int | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class FinishedMatch:
    """A match whose result was confirmed meanwhile."""

    id: int
    number: int
    label: str
    winner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesView:
    """Everything from one version of a board to the one that is shown now."""

    tournament_id: int
    log_number: int
    since_version: int
    version: int
    leaders: tuple[str, ...]
    """Who leads now and did not then."""
    moved: tuple[MovedLine, ...]
    """The best ranks first, not all of them."""
    moved_count: int
    finished: tuple[FinishedMatch, ...]
    finished_count: int
    is_too_long_ago: bool
    """So many versions have passed that a list of them helps nobody."""

    @property
    def has_news(self) -> bool:
        """Whether there is anything to be told."""
        return bool(self.moved_count or self.finished_count or self.is_too_long_ago)
