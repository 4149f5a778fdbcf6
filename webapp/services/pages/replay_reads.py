"""Reads of past versions of a board, one page at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.games import load_games
from webapp.domain.wording import worded
from webapp.models import Tournament
from webapp.services.boards import boards, history, past_boards
from webapp.services.pages.board_reads import ROWS_A_PAGE, board_rows
from webapp.services.pages.board_stops import Stop, stops_of, thinned
from webapp.services.pages.paging import Paging
from webapp.services.pages.replay_view import FrameView, ReplayView
from webapp.services.pages.tournament_reads import find_visible, head_of
from webapp.services.ranking import scopes, standings
from webapp.services.ranking.board_store import PublishedBoard
from webapp.services.spine.transaction import read_snapshot

STOPS_AT_MOST: Final = 240
"""More than a slider can be set to by hand."""
_NO_VERSION: Final = "version_not_found"


def read_replay(tournament_id: int, version: int | None, *, audience: str, page: int, now: datetime) -> ReplayView:
    """The page of the replay at a version, by default the newest that the audience knows.

    Raises NotFound for a tournament that the public does not see, and for a version that the audience does not know.
    """
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        stops = _stops(session, tournament, audience, now)
        if not stops and version is None:
            return ReplayView(head=head_of(session, tournament), stops=(), frame=None, versions_count=0)
        stop = _stop_at(stops, len(stops) if version is None else version)
        return ReplayView(
            head=head_of(session, tournament),
            stops=tuple(thinned(stops, STOPS_AT_MOST)),
            frame=_frame(session, tournament, stop, audience=audience, page=page),
            versions_count=len(stops),
        )


def read_frame(tournament_id: int, version: int, *, audience: str, page: int, now: datetime) -> FrameView:
    """A page of the board at a version. Raises NotFound like `read_replay`."""
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        stop = _stop_at(_stops(session, tournament, audience, now), version)
        return _frame(session, tournament, stop, audience=audience, page=page)


def _stops(session: Session, tournament: Tournament, audience: str, now: datetime) -> Sequence[Stop]:
    published = boards.of_tournament(session, tournament, audience, now=now)
    return stops_of(session, tournament, up_to=published.version, audience=audience)


def _stop_at(stops: Sequence[Stop], version: int) -> Stop:
    if not 1 <= version <= len(stops):
        if not stops:
            raise NotFound(
                worded("The board has no version %(number)s; it has none yet.", number=version), code=_NO_VERSION
            )
        sentence = worded(
            "The board has no version %(number)s; it has versions 1 to %(newest)s.", number=version, newest=len(stops)
        )
        raise NotFound(sentence, code=_NO_VERSION)
    return stops[version - 1]


def _frame(session: Session, tournament: Tournament, stop: Stop, *, audience: str, page: int) -> FrameView:
    rules = standings.rules_of(tournament)
    event = history.version_event(session, tournament.id, stop.version)
    board = past_boards.at(session, tournament, event)
    scope = str(scopes.tournament(tournament.id))
    published = PublishedBoard(
        scope, audience, stop.version, stop.seq, rules.hash, "snapshot", stop.at, 0, board
    )  # fmt: skip
    paging = Paging.of(page, size=ROWS_A_PAGE, total=len(board))
    game = load_games().get(tournament.game)
    return FrameView(
        tournament_id=tournament.id,
        tournament_name=tournament.name,
        stop=stop,
        is_series=tournament.format != "battle-royale",
        shows_draws=game is not None and game.draws,
        rows=board_rows(session, tournament, rules, published, paging),
        paging=paging,
    )
