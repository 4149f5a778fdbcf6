"""Reads of matches: the list of a tournament and the cards in it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.models import Match, MatchGame, Result, Tournament
from webapp.services.live import known_matches, visibility
from webapp.services.live.known_matches import EVERYTHING, KnownMatches
from webapp.services.pages.match_view import (
    PHASES,
    GameLine,
    MatchCard,
    MatchListView,
    MatchPhase,
    MatchSide,
    MatchTick,
    MatchWinner,
)
from webapp.services.registration.participant_names import names_of

SHOWN_LIVE: Final = 12
SHOWN_UPCOMING: Final = 5
SHOWN_RECENT: Final = 5
SHOWN_SCHEDULE: Final = 48
STRIP_AT_MOST: Final = 48
_NOW: Final = ("live", "pending_result", "disputed")
_NEXT: Final = ("scheduled", "ready")
_PLAYED: Final = ("completed", "forfeit")
_OVER: Final = ("completed", "archived", "cancelled")


@dataclass(frozen=True, slots=True)
class _Facts:
    """What cards need beside their matches, read at once for all of them."""

    names: Mapping[int, str]
    wins: Mapping[tuple[int, int], int]
    """Games won by (match, participant)."""
    winners: Mapping[int, tuple[int, int]]
    """Kills and points of a battle royale's winner, by match."""
    with_games: Collection[int]


def match_list(session: Session, tournament: Tournament) -> MatchListView:
    """The matches of a tournament as of its log number."""
    known = known_matches.of_tournament(session, tournament)
    state = known.state()
    of_tournament = select(Match).where(Match.tournament_id == tournament.id)
    live = _some(session, of_tournament.where(state.in_(_NOW)).order_by(Match.number), SHOWN_LIVE)
    upcoming = _some(session, of_tournament.where(state.in_(_NEXT)).order_by(Match.number), SHOWN_UPCOMING)
    played = of_tournament.where(state.in_((*_PLAYED, known_matches.HIDDEN)))
    # When a match whose result is hidden came to its end is not told, by its place among the others neither.
    newest_first = (Match.number.desc(),) if known.states else (Match.completed_at.desc(), Match.number.desc())
    recent = _some(session, played.order_by(*newest_first), SHOWN_RECENT)
    states = select(state.label("state")).where(Match.tournament_id == tournament.id).subquery()
    by_state = select(states.c.state, func.count()).group_by(states.c.state)
    counts: dict[str, int] = dict(session.execute(by_state).all())
    total = sum(count for state, count in counts.items() if state != "cancelled")
    cards = cards_of(session, [*live, *upcoming, *recent], known)
    return MatchListView(
        tournament_id=tournament.id,
        log_number=tournament.log_seq,
        live=cards[: len(live)],
        upcoming=cards[len(live) : len(live) + len(upcoming)],
        recent=cards[len(live) + len(upcoming) :],
        done_count=sum(counts.get(state, 0) for state in _PLAYED),
        total_count=total,
        strip=_strip(session, tournament.id, known) if 1 < sum(counts.values()) <= STRIP_AT_MOST else (),
        starts_at=tournament.starts_at,
        is_over=visibility.status_of(tournament) in _OVER,
    )


def schedule_of(session: Session, tournament: Tournament) -> tuple[tuple[MatchCard, ...], int]:
    """The first matches of a tournament in their order, and how many there are in all."""
    of_tournament = select(Match).where(Match.tournament_id == tournament.id)
    total = session.scalar(select(func.count()).select_from(of_tournament.subquery())) or 0
    matches = _some(session, of_tournament.order_by(Match.number), SHOWN_SCHEDULE)
    return cards_of(session, matches, known_matches.of_tournament(session, tournament)), total


def card_of(session: Session, match: Match, known: KnownMatches = EVERYTHING) -> MatchCard:
    """One match as a card."""
    return cards_of(session, [match], known)[0]


def cards_of(session: Session, matches: Sequence[Match], known: KnownMatches = EVERYTHING) -> tuple[MatchCard, ...]:
    """Matches as cards, in their order; as many statements for many as for one."""
    seen = [known.of(match) for match in matches]
    facts = _facts(session, seen, known)
    return tuple(_card(match, facts) for match in seen)


def _some(session: Session, statement: Select[Match], at_most: int) -> Sequence[Match]:
    return session.scalars(statement.limit(at_most)).all()


def running_games(match: Match) -> tuple[GameLine, ...]:
    """The games of a live series as they are reported; only the last one still runs, so the others have winners."""
    if match.live_lines is None or match.side_a_id is None:
        return ()
    games = sorted(match.live_lines)
    return tuple(
        GameLine(number, None, score_a, score_b, None if place == len(games) else _ahead(score_a, score_b))
        for place, (number, score_a, score_b) in enumerate(games, start=1)
    )


def _ahead(score_a: int, score_b: int) -> str | None:
    return None if score_a == score_b else "a" if score_a > score_b else "b"


def _strip(session: Session, tournament_id: int, known: KnownMatches) -> tuple[MatchTick, ...]:
    statement = select(Match.id, Match.number, Match.state).where(Match.tournament_id == tournament_id)
    rows = session.execute(statement.order_by(Match.number))
    return tuple(MatchTick(row.id, row.number, PHASES[known.states.get(row.id, row.state)]) for row in rows)


def _facts(session: Session, matches: Sequence[Match], known: KnownMatches) -> _Facts:
    """Of matches that something has happened to since the freeze nothing is read but what the public knew then."""
    as_stored = [match for match in matches if match.id not in known.states]
    series = [match.id for match in as_stored if match.side_a_id is not None or match.side_b_id is not None]
    lobbies = [match.id for match in as_stored if match.id not in set(series) and match.winner_id is not None]
    people = {
        id_ for match in matches for id_ in (match.side_a_id, match.side_b_id, match.winner_id) if id_ is not None
    }
    games = session.execute(select(MatchGame.match_id, MatchGame.winner_id).where(MatchGame.match_id.in_(series))).all()
    wins = Counter((match_id, winner_id) for match_id, winner_id in games if winner_id is not None)
    wins.update((match.id, game[3]) for match in matches for game in known.games.get(match.id, ()) if game[3])
    for match in matches:
        sides = {"a": match.side_a_id, "b": match.side_b_id}
        won = [sides[game.winner] for game in running_games(match) if game.winner]
        wins.update((match.id, side_id) for side_id in won if side_id is not None)
    firsts = session.execute(
        select(Result.match_id, Result.kills, Result.placement_points + Result.kill_points)
        .join(Match, (Match.id == Result.match_id) & (Match.winner_id == Result.registration_id))
        .where(Result.match_id.in_(lobbies))
    )
    return _Facts(
        names=names_of(session, people),
        wins=wins,
        winners={match_id: (kills, points) for match_id, kills, points in firsts} | _winners_then(matches, known),
        with_games={match_id for match_id, _ in games} | known.games.keys(),
    )


def _winners_then(matches: Sequence[Match], known: KnownMatches) -> dict[int, tuple[int, int]]:
    return {
        match.id: (line.kills, line.points)
        for match in matches
        for line in known.lines.get(match.id, ())
        if line.participant_id == match.winner_id
    }


def _card(match: Match, facts: _Facts) -> MatchCard:
    phase = PHASES[match.state]
    return MatchCard(
        id=match.id,
        number=match.number,
        label=match.label,
        map=match.map,
        stage=match.stage,
        round=match.round,
        phase=phase,
        is_forfeit=match.state == "forfeit",
        best_of=match.best_of,
        sides=_sides(match, phase, facts),
        winner=_winner(match, facts),
        scheduled_at=match.scheduled_at,
        started_at=match.started_at,
        completed_at=match.completed_at,
    )


def _sides(match: Match, phase: MatchPhase, facts: _Facts) -> tuple[MatchSide, ...]:
    if match.side_a_id is None and match.side_b_id is None:
        return ()
    is_decided = phase is MatchPhase.DONE and match.winner_id is not None
    has_score = match.id in facts.with_games or phase in {MatchPhase.LIVE, MatchPhase.DONE}
    return tuple(
        MatchSide(
            participant_id=side_id,
            name=None if side_id is None else facts.names.get(side_id),
            score=facts.wins.get((match.id, side_id), 0) if has_score and side_id is not None else None,
            is_winner=is_decided and match.winner_id == side_id,
            is_loser=is_decided and match.winner_id != side_id,
        )
        for side_id in (match.side_a_id, match.side_b_id)
    )


def _winner(match: Match, facts: _Facts) -> MatchWinner | None:
    if match.winner_id is None or match.id not in facts.winners:
        return None
    kills, points = facts.winners[match.id]
    return MatchWinner(match.winner_id, facts.names[match.winner_id], kills, points)
