"""Reads of one match: its scoreboard and its page."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.scoring import BattleRoyaleLine, score_match
from webapp.domain.wording import worded
from webapp.models import Match, MatchGame, Result, Tournament
from webapp.services.live import known_matches
from webapp.services.live.known_matches import KnownMatches
from webapp.services.pages.draft_reads import drafts_of
from webapp.services.pages.feed_reads import feed_of
from webapp.services.pages.match_page_view import MatchPageView
from webapp.services.pages.match_reads import card_of, running_games
from webapp.services.pages.match_view import GameLine, MatchPhase, ScoreboardView, ScoreLine
from webapp.services.pages.tournament_reads import find_visible, game_title
from webapp.services.ranking import standings
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot


def read_scoreboard(match_id: int) -> ScoreboardView:
    """The score of a match. Raises NotFound for one that the public does not see."""
    with read_snapshot() as session:
        return scoreboard_view(session, *_find(session, match_id))


def read_match_page(match_id: int) -> MatchPageView:
    """The page of a match. Raises NotFound for one that the public does not see."""
    with read_snapshot() as session:
        tournament, match = _find(session, match_id)
        return MatchPageView(
            tournament_id=tournament.id,
            tournament_slug=tournament.slug,
            tournament_name=tournament.name,
            game_title=game_title(tournament.game),
            is_public=tournament.visibility == "public",
            scoreboard=scoreboard_view(session, tournament, match),
            feed=feed_of(session, tournament, match_id=match.id),
            previous_id=_neighbour(session, tournament.id, Match.number < match.number, Match.number.desc()),
            following_id=_neighbour(session, tournament.id, Match.number > match.number, Match.number.asc()),
        )


def _find(session: Session, match_id: int) -> tuple[Tournament, Match]:
    match = session.get(Match, match_id)
    if match is None:
        raise NotFound(worded("There is no match %(id)s.", id=match_id), code="match_not_found")
    return find_visible(session, match.tournament_id), match


def _neighbour(
    session: Session, tournament_id: int, is_there: ColumnElement[bool], order: ColumnElement[int]
) -> int | None:
    statement = select(Match.id).where(Match.tournament_id == tournament_id, is_there).order_by(order).limit(1)
    return session.scalar(statement)


def scoreboard_view(session: Session, tournament: Tournament, match: Match) -> ScoreboardView:
    """The score of a match of the tournament, as the public knows it."""
    is_series = tournament.format != "battle-royale"
    known = known_matches.of_tournament(session, tournament)
    card = card_of(session, match, known)
    is_running = card.phase is MatchPhase.LIVE
    if match.id in known.states:
        games, lines = _games_then(match, known), _lines_then(session, match, known)
    else:
        games = () if not is_series else running_games(match) if is_running else _games(session, match)
        lines = () if is_series else _running_or_final(session, tournament, match, is_running=is_running)
    return ScoreboardView(
        tournament_id=tournament.id,
        log_number=tournament.log_seq,
        match=card,
        is_series=is_series,
        is_provisional=is_running and bool(lines or games),
        lines=lines,
        games=games,
        # A draft of a third game tells that there was one.
        drafts=() if match.id in known.states else drafts_of(session, tournament, match),
        stream_url=match.stream_url,
    )


def _running_or_final(
    session: Session, tournament: Tournament, match: Match, *, is_running: bool
) -> tuple[ScoreLine, ...]:
    return _running_lines(session, tournament, match) if is_running else _lines(session, match)


def _games_then(match: Match, known: KnownMatches) -> tuple[GameLine, ...]:
    """The games of a series as they counted when the board was frozen; the log does not know their maps."""
    sides = {match.side_a_id: "a", match.side_b_id: "b", None: None}
    games = known.games.get(match.id, ())
    return tuple(
        GameLine(number or 0, None, score_a or 0, score_b or 0, sides.get(winner))
        for number, score_a, score_b, winner in games
    )


def _lines_then(session: Session, match: Match, known: KnownMatches) -> tuple[ScoreLine, ...]:
    return _in_order(session, [line[:6] for line in known.lines.get(match.id, ())])


def _games(session: Session, match: Match) -> tuple[GameLine, ...]:
    sides = {match.side_a_id: "a", match.side_b_id: "b", None: None}
    games = session.scalars(select(MatchGame).where(MatchGame.match_id == match.id).order_by(MatchGame.number))
    return tuple(
        GameLine(game.number, game.map, game.score_a, game.score_b, sides.get(game.winner_id)) for game in games
    )


def _lines(session: Session, match: Match) -> tuple[ScoreLine, ...]:
    statement = select(
        Result.registration_id,
        Result.placement,
        Result.placement_high,
        Result.kills,
        Result.placement_points,
        Result.kill_points,
    ).where(Result.match_id == match.id)
    return _in_order(session, [tuple(row) for row in session.execute(statement)])


def _running_lines(session: Session, tournament: Tournament, match: Match) -> tuple[ScoreLine, ...]:
    """What the running score would give if the match ended now; who still plays has no placement."""
    running = [
        BattleRoyaleLine(participant_id, placement if placement > 0 else None, kills)
        for participant_id, placement, kills in match.live_lines or ()
    ]
    scored = score_match(running, standings.rules_of(tournament))
    return _in_order(
        session,
        [
            (
                line.participant_id,
                line.placement,
                line.placement_high,
                line.kills,
                line.placement_points,
                line.kill_points,
            )
            for line in scored
        ],
        is_running=True,
    )


def _in_order(session: Session, rows: Sequence[tuple[Any, ...]], *, is_running: bool = False) -> tuple[ScoreLine, ...]:
    """By placement, then kills, then registration. Who has no placement still plays and comes first, or did not finish
    and comes last.
    """
    names = names_of(session, [row[0] for row in rows])
    lines = (ScoreLine(row[0], names.get(row[0], f"#{row[0]}"), *row[1:]) for row in rows)
    return tuple(
        sorted(
            lines,
            key=lambda line: (
                (line.placement is None) != is_running,
                line.placement or 0,
                -line.kills,
                line.participant_id,
            ),
        )
    )
