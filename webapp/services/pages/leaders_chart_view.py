"""The chart of the leaders' ranks as a reader sees it."""

from dataclasses import dataclass

from webapp.services.pages.board_stops import Stop
from webapp.services.pages.leaders_chart import Drawing, Leader


@dataclass(frozen=True, slots=True)
class ChartRow:
    """The ranks of the leaders at one stop, in their order; None below the hundredth place or off the board."""

    stop: Stop
    ranks: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadersChartView:
    """Where those who lead now stood before."""

    tournament_id: int
    tournament_name: str
    log_number: int
    version: int
    leaders: tuple[Leader, ...]
    rows: tuple[ChartRow, ...]
    """The oldest first."""
    drawings: tuple[Drawing, ...]
    """One for wide and one for narrow screens; none before there are two stops to join."""
    is_by_match: bool
    """Whether stops are named by matches; else by versions, where no match has been played."""

    @property
    def has_gaps(self) -> bool:
        """Whether the rank of a leader is not known at some stop."""
        return any(None in row.ranks for row in self.rows)
