"""A team or a player as a reader sees it: public names and results alone."""

from dataclasses import dataclass
from datetime import datetime

from webapp.services.boards.subject_results import Place, Subject
from webapp.services.pages.board_view import Medal
from webapp.services.pages.paging import Paging
from webapp.services.pages.season_view import WiderScope
from webapp.services.pages.tournament_view import TournamentPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """A tournament with the place reached, or None before its first version."""

    tournament_id: int
    tournament_slug: str
    tournament_name: str
    game_title: str
    phase: TournamentPhase
    began_at: datetime
    participant_id: int
    place: Place | None
    medal: Medal | None


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """Where it stands in a season or of all time."""

    scope: WiderScope
    place: Place
    board_page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectView:
    """The page of a team or a player."""

    subject: Subject
    name: str
    tag: str | None
    game_titles: tuple[str, ...]
    standings: tuple[ScopeLine, ...]
    results: tuple[ResultLine, ...]
    paging: Paging
