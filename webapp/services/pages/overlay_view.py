"""What overlays and embedded boards show: the public's knowledge, drawn for a stream or somebody else's page."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webapp.services.pages.board_view import BoardRow, BoardView
from webapp.services.pages.bracket_view import BracketCell, BracketSection, BracketView, RoundState, StageView
from webapp.services.pages.match_view import MatchCard, ScoreboardView

CELLS_AT_ONCE: Final = 24
"""So many matches of a league's round are in one picture."""
_SECTIONS_OF_DOUBLE: Final = 3
_MOST_ROWS: Final = {"winners": 8}
_MOST_ROWS_OF_DOUBLE: Final = {"winners": 4, "losers": 2}
CONTENDERS: Final = 4
"""So many stand in the bar of a match-point race."""


class OverlayKind(StrEnum):
    """The overlays of a tournament, as their addresses name them."""

    LEADERBOARD = "leaderboard"
    TICKER = "ticker"
    MATCH_POINT = "match-point"
    NEXT_MATCH = "next-match"
    BRACKET = "bracket"


@dataclass(frozen=True, slots=True)
class Contender:
    """A row of the race to match point; `share` is how much of the threshold it has, in per cent."""

    row: BoardRow
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayView:
    """One overlay. What it does not show is None or empty."""

    tournament_id: int
    log_number: int
    tournament_slug: str
    tournament_name: str
    is_frozen: bool
    """The public's board is held still; what was played since is not in it."""
    board: BoardView | None = None
    live: tuple[MatchCard, ...] = ()
    upcoming: MatchCard | None = None
    """What is played next: the earliest of those with a time, else the first one."""
    recent: tuple[MatchCard, ...] = ()
    """What was played last, the newest first."""
    scoreboard: ScoreboardView | None = None
    bracket: BracketView | None = None

    @property
    def stage(self) -> StageView | None:
        """The stage that is played: the last one that is drawn."""
        drawn = [stage for stage in self.bracket.stages if not stage.is_planned] if self.bracket else []
        return drawn[-1] if drawn else None

    @property
    def last_rounds(self) -> tuple[BracketSection, ...]:
        """As much of an elimination, from its end backwards, as a picture holds."""
        sections = self.stage.sections if self.stage else ()
        rows = _MOST_ROWS if len(sections) < _SECTIONS_OF_DOUBLE else _MOST_ROWS_OF_DOUBLE
        return tuple(section.last_rounds(rows.get(section.name, 1)) for section in sections)

    @property
    def round_cells(self) -> tuple[BracketCell, ...]:
        """The matches of the round of a league that is played, of all groups; of its last one when it is over."""
        groups = self.stage.groups if self.stage else ()
        rounds = [
            next((one for one in group.rounds if one.state is RoundState.CURRENT), group.rounds[-1]) for group in groups
        ]
        return tuple(cell for one in rounds for pool in one.pools for cell in pool.cells)[:CELLS_AT_ONCE]

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """Who can win by the next match, then who is nearest to it, in the board's order.

        Nobody without the rule, nor while places are still to be revealed: who is ahead is not known then.
        """
        if self.board is None or self.board.match_point is None or self.board.places_to_come:
            return ()
        threshold = max(self.board.match_point.threshold, 1)
        nearest = sorted(self.board.rows, key=lambda row: row.eligible_since is None)[:CONTENDERS]
        return tuple(Contender(row, min(100, max(0, row.points * 100 // threshold))) for row in nearest)

    @property
    def champion(self) -> BoardRow | None:
        """Who has won, where that is known already."""
        return next((row for row in self.board.rows if row.is_champion), None) if self.board else None
