"""Reads of the page that follows a tournament: board, matches and rules together."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain.brackets.settings import KNOCK_OUTS
from webapp.models import Tournament
from webapp.services.pages.board_reads import board_view
from webapp.services.pages.bracket_reads import with_podium
from webapp.services.pages.bracket_view import BracketView
from webapp.services.pages.feed_reads import feed_of
from webapp.services.pages.leaders_chart_reads import leaders_chart
from webapp.services.pages.match_reads import match_list
from webapp.services.pages.match_view import MatchListView
from webapp.services.pages.podiums import podium_of
from webapp.services.pages.share_reads import share_of
from webapp.services.pages.tournament_reads import find_visible, head_of, rules_view
from webapp.services.pages.tournament_view import SpectatorView
from webapp.services.ranking import standings
from webapp.services.spine.transaction import read_snapshot


def read_spectator_page(tournament_id: int, *, audience: str, page: int, now: datetime) -> SpectatorView:
    """The page that follows a tournament. Raises NotFound for one that the public does not see."""
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        bracket = _bracket(session, tournament)
        return SpectatorView(
            head=head_of(session, tournament),
            board=board_view(session, tournament, audience=audience, page=page, now=now),
            matches=match_list(session, tournament),
            feed=feed_of(session, tournament),
            rules=rules_view(tournament, standings.rules_of(tournament)),
            chart=leaders_chart(session, tournament, audience=audience, now=now),
            share=share_of(session, tournament),
            bracket=bracket,
            podium=None if bracket else podium_of(session, tournament),
        )


def _bracket(session: Session, tournament: Tournament) -> BracketView | None:
    if tournament.format not in KNOCK_OUTS:
        return None
    bracket = with_podium(session, tournament)
    return bracket if bracket.is_generated else None


def read_matches(tournament_id: int) -> MatchListView:
    """The matches of a tournament. Raises NotFound for one that the public does not see."""
    with read_snapshot() as session:
        return match_list(session, find_visible(session, tournament_id))
