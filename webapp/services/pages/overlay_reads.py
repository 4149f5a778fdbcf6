"""Reads of overlays and embedded boards. Their audience is the public, whatever else their reader may see."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.overlay_options import MOST_ROWS
from webapp.domain.permissions import Action
from webapp.models import Match, Tournament
from webapp.services.boards import boards
from webapp.services.live import known_matches, visibility
from webapp.services.pages.board_reads import board_view
from webapp.services.pages.bracket_drawings import LAST_ROUNDS
from webapp.services.pages.bracket_reads import bracket_of
from webapp.services.pages.match_reads import card_of, match_list
from webapp.services.pages.match_view import MatchCard
from webapp.services.pages.overlay_view import OverlayKind, OverlayView
from webapp.services.pages.scoreboard_reads import scoreboard_view
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

MOST_ROTATED: Final = 200
"""Rows of a board that are shown in turn."""
_PUBLIC: Final = "public"
_NEXT: Final = ("scheduled", "ready")
_WITH_BOARD: Final = {OverlayKind.LEADERBOARD, OverlayKind.TICKER, OverlayKind.MATCH_POINT}
_WITH_MATCHES: Final = {OverlayKind.TICKER, OverlayKind.NEXT_MATCH}


def read_overlay(tournament_id: int, kind: OverlayKind, *, rows: int, is_admitted: bool, now: datetime) -> OverlayView:
    """An overlay with at most so many rows of the board. Raises NotFound.

    `is_admitted` for somebody to whom a link or an office opens also what the public cannot find.
    """
    with read_snapshot() as session:
        tournament = _find(session, tournament_id, is_admitted=is_admitted)
        rows = MOST_ROWS if kind is OverlayKind.MATCH_POINT else rows
        return _view(session, tournament, kind, rows=rows, now=now)


def read_embed(tournament_id: int, *, rows: int, now: datetime) -> OverlayView:
    """The first rows of a board, and what is played next. Raises NotFound for what the public does not see."""
    with read_snapshot() as session:
        return _view(session, find_visible(session, tournament_id), None, rows=rows, now=now)


def read_scoreboard_overlay(match_id: int, *, is_admitted: bool) -> OverlayView:
    """The score of a match. Raises NotFound."""
    with read_snapshot() as session:
        match = session.get(Match, match_id)
        if match is None:
            raise NotFound(f"There is no match {match_id}.", code="match_not_found")
        tournament = _find(session, match.tournament_id, is_admitted=is_admitted)
        return OverlayView(
            tournament_id=tournament.id,
            log_number=tournament.log_seq,
            tournament_slug=tournament.slug,
            tournament_name=tournament.name,
            is_frozen=visibility.is_frozen(tournament),
            scoreboard=scoreboard_view(session, tournament, match),
        )


def is_official(tournament_id: int, actor: Actor) -> bool:
    """Whether somebody may see what the tournament's officials see."""
    with read_snapshot() as session:
        try:
            tournament = boards.find_tournament(session, tournament_id)
            permissions.ensure(session, actor, Action.SEE_OFFICIAL_BOARD, tournament)
        except (Forbidden, NotFound):
            return False
    return True


def _find(session: Session, tournament_id: int, *, is_admitted: bool) -> Tournament:
    return (boards.find_tournament if is_admitted else find_visible)(session, tournament_id)


def _view(
    session: Session, tournament: Tournament, kind: OverlayKind | None, *, rows: int, now: datetime
) -> OverlayView:
    """The parts that an overlay of this kind has; an embedded board (None) has all."""
    has_board = kind is None or kind in _WITH_BOARD
    has_matches = kind is None or kind in _WITH_MATCHES
    matches = match_list(session, tournament) if has_matches else None
    return OverlayView(
        tournament_id=tournament.id,
        log_number=tournament.log_seq,
        tournament_slug=tournament.slug,
        tournament_name=tournament.name,
        is_frozen=visibility.is_frozen(tournament),
        board=board_view(session, tournament, audience=_PUBLIC, page=1, now=now, rows=rows) if has_board else None,
        live=matches.live if matches else (),
        upcoming=_upcoming(session, tournament) if has_matches else None,
        recent=matches.recent if matches else (),
        bracket=bracket_of(session, tournament, part=LAST_ROUNDS) if kind is OverlayKind.BRACKET else None,
    )


def _upcoming(session: Session, tournament: Tournament) -> MatchCard | None:
    known = known_matches.of_tournament(session, tournament)
    match = session.scalar(
        select(Match)
        .where(Match.tournament_id == tournament.id, known.state().in_(_NEXT))
        .order_by(Match.scheduled_at.is_(None), Match.scheduled_at, Match.number)
        .limit(1)
    )
    return None if match is None else card_of(session, match, known)
