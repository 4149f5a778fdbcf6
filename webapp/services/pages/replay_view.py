"""A tournament's board as it was, as a reader sees it."""

from dataclasses import dataclass

from webapp.services.pages.board_stops import Stop
from webapp.services.pages.board_view import BoardRow
from webapp.services.pages.paging import Paging
from webapp.services.pages.tournament_view import TournamentHead


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameView:
    """A page of the board as one version showed it: the same for ever."""

    tournament_id: int
    tournament_name: str
    stop: Stop
    is_series: bool
    shows_draws: bool
    rows: tuple[BoardRow, ...]
    paging: Paging


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayView:
    """The page that plays a board over its versions; `frame` is None before there is one."""

    head: TournamentHead
    stops: tuple[Stop, ...]
    """Where the slider stops: every version, or of a long tournament some of them."""
    frame: FrameView | None
    versions_count: int

    @property
    def place(self) -> int:
        """The stop that is shown, or the last one before it, counted from 0."""
        if self.frame is None:
            return 0
        shown = self.frame.stop.version
        return max(sum(stop.version <= shown for stop in self.stops) - 1, 0)

    @property
    def previous(self) -> Stop | None:
        """The stop before the version shown."""
        earlier = [stop for stop in self.stops if self.frame and stop.version < self.frame.stop.version]
        return earlier[-1] if earlier else None

    @property
    def following(self) -> Stop | None:
        """The stop after the version shown."""
        later = [stop for stop in self.stops if self.frame and stop.version > self.frame.stop.version]
        return later[0] if later else None
