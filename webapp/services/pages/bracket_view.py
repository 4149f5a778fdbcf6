"""A bracket as a reader sees it: stages, sections drawn round by round, groups with cross tables, Swiss rounds."""

from dataclasses import dataclass
from enum import StrEnum

from webapp.domain.brackets.layout import Leaves
from webapp.services.pages.match_view import MatchCard
from webapp.services.pages.podium_view import Podium


class RoundName(StrEnum):
    """What a round is called; those that need a number have it beside them."""

    FINAL = "final"
    SEMI_FINALS = "semi_finals"
    QUARTER_FINALS = "quarter_finals"
    ROUND_OF = "round_of"
    """The number is how many are in it."""
    ROUND = "round"
    WINNERS_ROUND = "winners_round"
    WINNERS_SEMI_FINALS = "winners_semi_finals"
    WINNERS_FINAL = "winners_final"
    LOSERS_ROUND = "losers_round"
    LOSERS_FINAL = "losers_final"
    GRAND_FINAL = "grand_final"
    RESET = "reset"
    THIRD_PLACE = "third_place"


@dataclass(frozen=True, slots=True)
class RoundTitle:
    """The name of a round and its number."""

    name: RoundName
    number: int = 0


class RoundState(StrEnum):
    """How far a round is."""

    DONE = "done"
    CURRENT = "current"
    """Something of it is played, or can be."""
    COMING = "coming"


@dataclass(frozen=True, slots=True, kw_only=True)
class BracketSide:
    """One side of a match of a bracket; while nobody is known, `source` says whose place it is."""

    participant_id: int | None
    name: str | None
    seed: int | None
    score: int | None
    is_winner: bool
    is_loser: bool
    source: str | None = None
    """`winner` or `loser` of the match `source_number`."""
    source_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BracketCell:
    """A match in its place."""

    card: MatchCard
    key: str
    sides: tuple[BracketSide, BracketSide]
    is_conditional: bool = False
    """Played only where it is needed."""
    is_bye: bool = False
    """Side A has nobody to play in this round."""


@dataclass(frozen=True, slots=True)
class BracketRow:
    """A row of a round; without a cell it keeps a place."""

    cell: BracketCell | None
    is_entered: bool
    leaves: Leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class BracketRound:
    """A column of a section. `best_of` is that of all its matches, None where they differ."""

    id: str
    title: RoundTitle
    state: RoundState
    rows: tuple[BracketRow, ...]
    done_count: int
    total_count: int
    best_of: int | None


@dataclass(frozen=True, slots=True)
class BracketSection:
    """A drawing with its rounds from left to right."""

    name: str
    rounds: tuple[BracketRound, ...]

    def last_rounds(self, most_rows: int) -> "BracketSection":
        """The rounds with at most so many rows."""
        return BracketSection(self.name, tuple(one for one in self.rounds if len(one.rows) <= most_rows))

    @property
    def most_rows(self) -> int:
        """How high it is."""
        return max(len(of_round.rows) for of_round in self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCell:
    """A match as the participant of its row sees it."""

    match_id: int
    number: int
    outcome: str
    """`won`, `lost`, `drawn`, `live`, `hidden`, or empty while nothing is known."""
    own: int | None
    other: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """A participant of a group: its standing, then its matches against each of the others in their order."""

    rank: int
    participant_id: int
    name: str
    played: int
    won: int
    drawn: int
    lost: int
    points: int
    buchholz: int
    """In hundredths."""
    advances: bool
    cells: tuple[tuple[CrossCell, ...] | None, ...]
    """None where the row meets itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeagueRound:
    """A round of a group or a Swiss: matches by what its players had won and lost before (Swiss), or all as one."""

    id: str
    number: int
    state: RoundState
    pools: tuple["Pool", ...]
    done_count: int
    total_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Matches of those with the same record; None where it is not told."""

    record: tuple[int, int, int] | None
    """Won, drawn, lost before this round."""
    cells: tuple[BracketCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group (or the whole of a round robin, a Swiss): its table and its rounds."""

    name: str | None
    lines: tuple[GroupLine, ...]
    is_swiss: bool
    has_cross: bool
    rounds: tuple[LeagueRound, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """How a large bracket is looked at: `number` is the part that is shown, 0 the last rounds, None all of it."""

    count: int
    number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageView:
    """A stage. One that is not generated yet has neither sections nor groups."""

    id: int
    number: int
    name: str
    format: str
    is_planned: bool
    sections: tuple[BracketSection, ...] = ()
    groups: tuple[GroupView, ...] = ()
    parts: Parts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BracketView:
    """All stages of a tournament, the first first."""

    tournament_id: int
    log_number: int
    stages: tuple[StageView, ...]
    podium: Podium | None = None
    """Who has won, on pages for everybody: it comes with the bracket once it is known."""

    @property
    def is_generated(self) -> bool:
        """Whether there is anything to look at."""
        return any(not stage.is_planned for stage in self.stages)
