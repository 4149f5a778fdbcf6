"""Reads of the pages that follow a tournament: board and matches together, and one participant's way to its points."""

from datetime import datetime

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.columns import NOWHERE, positions_of
from webapp.domain.errors import NotFound
from webapp.models import Match, MatchGame, Registration, Result
from webapp.services import boards, standings
from webapp.services.pages.board_reads import ROWS_A_PAGE, adjustments_of, board_view
from webapp.services.pages.match_reads import match_list
from webapp.services.pages.match_view import MatchListView
from webapp.services.pages.tournament_reads import find_visible, head_of, rules_view
from webapp.services.pages.tournament_view import ParticipantMatch, ParticipantPageView, SpectatorView
from webapp.services.participant_names import names_of
from webapp.services.transaction import read_snapshot


def read_spectator_page(tournament_id: int, *, audience: str, page: int, now: datetime) -> SpectatorView:
    """The page that follows a tournament. Raises NotFound for one that the public does not see."""
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        return SpectatorView(
            head=head_of(session, tournament),
            board=board_view(session, tournament, audience=audience, page=page, now=now),
            matches=match_list(session, tournament),
            rules=rules_view(tournament, standings.rules_of(tournament)),
        )


def read_matches(tournament_id: int) -> MatchListView:
    """The matches of a tournament. Raises NotFound for one that the public does not see."""
    with read_snapshot() as session:
        return match_list(session, find_visible(session, tournament_id))


def read_participant(tournament_id: int, participant_id: int, *, audience: str, now: datetime) -> ParticipantPageView:
    """How a participant came to its points. Raises NotFound for one that does not take part."""
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        registration = session.get(Registration, participant_id)
        if registration is None or registration.tournament_id != tournament.id or registration.status != "approved":
            raise NotFound(
                f"Nobody takes part in tournament {tournament_id} as {participant_id}.", code="participant_not_found"
            )
        published = boards.of_tournament(session, tournament, audience, now=now)
        rank, points, position = _standing(published.board, participant_id)
        marks = adjustments_of(session, tournament.id, [participant_id], up_to_seq=published.seq)
        is_series = tournament.format != "battle-royale"
        played = _series_matches if is_series else _lobby_matches
        return ParticipantPageView(
            head=head_of(session, tournament),
            participant_id=participant_id,
            name=names_of(session, [participant_id])[participant_id],
            rank=rank,
            points=points,
            board_page=position // ROWS_A_PAGE + 1,
            matches=played(session, tournament.id, participant_id),
            adjustments=marks.get(participant_id, ()),
        )


def _standing(board: Board, participant_id: int) -> tuple[int | None, int | None, int]:
    """Rank, points and position (from 0) on the published board; no rank before the first version."""
    row = int(positions_of(np.array([participant_id], np.int64), board.standings.participant_id)[0])
    if row == NOWHERE:
        return None, None, 0
    position = int(np.flatnonzero(board.ranking.order == row)[0])
    return int(board.ranking.ranks[row]), int(board.standings.columns["points"][row]), position


def _lobby_matches(session: Session, tournament_id: int, participant_id: int) -> tuple[ParticipantMatch, ...]:
    statement = (
        select(Result, Match)
        .join(Match, Match.id == Result.match_id)
        .where(Result.tournament_id == tournament_id, Result.registration_id == participant_id)
        .order_by(Match.number)
    )
    return tuple(
        ParticipantMatch(
            match_id=match.id,
            number=match.number,
            label=match.label,
            map=match.map,
            completed_at=match.completed_at,
            placement=result.placement,
            placement_high=result.placement_high,
            kills=result.kills,
            placement_points=result.placement_points,
            kill_points=result.kill_points,
        )
        for result, match in session.execute(statement)
    )


def _series_matches(session: Session, tournament_id: int, participant_id: int) -> tuple[ParticipantMatch, ...]:
    statement = (
        select(Match)
        .where(
            Match.tournament_id == tournament_id,
            Match.state.in_(("completed", "forfeit")),
            or_(Match.side_a_id == participant_id, Match.side_b_id == participant_id),
        )
        .order_by(Match.number)
    )
    matches = session.scalars(statement).all()
    games = session.execute(
        select(MatchGame.match_id, MatchGame.winner_id).where(MatchGame.match_id.in_([match.id for match in matches]))
    ).all()
    opponents = {
        match.id: match.side_b_id if match.side_a_id == participant_id else match.side_a_id for match in matches
    }
    names = names_of(session, [opponent for opponent in opponents.values() if opponent is not None])
    won = [game.match_id for game in games if game.winner_id == participant_id]
    lost = [game.match_id for game in games if game.winner_id not in (None, participant_id)]
    return tuple(
        ParticipantMatch(
            match_id=match.id,
            number=match.number,
            label=match.label,
            map=match.map,
            completed_at=match.completed_at,
            opponent=names.get(opponents[match.id] or 0),
            games_for=won.count(match.id),
            games_against=lost.count(match.id),
            outcome="draw" if match.winner_id is None else "win" if match.winner_id == participant_id else "loss",
        )
        for match in matches
    )
