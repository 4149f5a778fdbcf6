"""What each match gave a participant: as it counts now, or as it counted on the board that is shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.domain.logged_lines import lines_from_data
from webapp.domain.rules import Ruleset
from webapp.domain.scoring import score_match
from webapp.models import Match, MatchGame, Result, Tournament
from webapp.services.boards import history
from webapp.services.pages.tournament_view import ParticipantMatch
from webapp.services.registration.participant_names import names_of


def matches_of(
    session: Session, tournament: Tournament, rules: Ruleset, participant_id: int, *, up_to_seq: int
) -> tuple[ParticipantMatch, ...]:
    """The matches whose results are in the board of log number `up_to_seq`, in their order.

    Results are newer than the board for a moment after each change, and for as long as it is frozen: then they come
    from the log.
    """
    is_series = tournament.format != "battle-royale"
    if up_to_seq >= tournament.results_seq:
        read = _series_now if is_series else _lobbies_now
        played = read(session, tournament.id, participant_id)
    else:
        latest = history.latest_results(session, tournament.id, up_to_seq + 1)
        read_then = _series_then if is_series else _lobbies_then
        played = read_then(session, rules, latest, participant_id)
    return _with_best(played, rules.count_best)


def _with_best(played: Sequence[ParticipantMatch], count_best: int | None) -> tuple[ParticipantMatch, ...]:
    """The best of them marked as counted, of equals the earlier ones, as the fold counts them."""
    if count_best is None:
        return tuple(played)
    best = sorted(played, key=lambda match: (-match.points, match.number))[:count_best]
    counted = {match.match_id for match in best}
    return tuple(replace(match, is_counted=match.match_id in counted) for match in played)


def _lobbies_now(session: Session, tournament_id: int, participant_id: int) -> list[ParticipantMatch]:
    statement = (
        select(Result, Match)
        .join(Match, Match.id == Result.match_id)
        .where(Result.tournament_id == tournament_id, Result.registration_id == participant_id)
        .order_by(Match.number)
    )
    return [_lobby(match, result) for result, match in session.execute(statement)]


def _lobbies_then(
    session: Session, rules: Ruleset, latest: Mapping[int, Mapping[str, Any]], participant_id: int
) -> list[ParticipantMatch]:
    lines = {
        match_id: lines_from_data(line)
        for match_id, data in latest.items()
        for line in data["results"]
        if line[0] == participant_id
    }
    scored = dict(zip(lines, score_match(list(lines.values()), rules), strict=True))
    return [_lobby(match, scored[match.id]) for match in _by_number(session, lines)]


def _lobby(match: Match, line: Any) -> ParticipantMatch:
    """`line` is a row of results or a scored line: both name what is in them alike."""
    return ParticipantMatch(
        match_id=match.id,
        number=match.number,
        label=match.label,
        map=match.map,
        completed_at=match.completed_at,
        placement=line.placement,
        placement_high=line.placement_high,
        kills=line.kills,
        placement_points=line.placement_points,
        kill_points=line.kill_points,
    )


def _series_now(session: Session, tournament_id: int, participant_id: int) -> list[ParticipantMatch]:
    matches = session.scalars(
        select(Match)
        .where(
            Match.tournament_id == tournament_id,
            Match.state.in_(("completed", "forfeit")),
            or_(Match.side_a_id == participant_id, Match.side_b_id == participant_id),
        )
        .order_by(Match.number)
    ).all()
    winners: dict[int, list[int | None]] = {match.id: [] for match in matches}
    games = select(MatchGame.match_id, MatchGame.winner_id).where(MatchGame.match_id.in_(winners))
    for match_id, winner_id in session.execute(games):
        winners[match_id].append(winner_id)
    return _series(session, matches, {match.id: match.winner_id for match in matches}, winners, participant_id)


def _series_then(
    session: Session, _rules: Ruleset, latest: Mapping[int, Mapping[str, Any]], participant_id: int
) -> list[ParticipantMatch]:
    matches = [match for match in _by_number(session, latest) if participant_id in (match.side_a_id, match.side_b_id)]
    won_by = {match.id: latest[match.id]["winner_id"] for match in matches}
    winners = {match.id: [game[3] for game in latest[match.id]["games"]] for match in matches}
    return _series(session, matches, won_by, winners, participant_id)


def _series(
    session: Session,
    matches: Sequence[Match],
    won_by: Mapping[int, int | None],
    game_winners: Mapping[int, Sequence[int | None]],
    participant_id: int,
) -> list[ParticipantMatch]:
    opponents = {
        match.id: match.side_b_id if match.side_a_id == participant_id else match.side_a_id for match in matches
    }
    names = names_of(session, [opponent for opponent in opponents.values() if opponent is not None])
    return [
        ParticipantMatch(
            match_id=match.id,
            number=match.number,
            label=match.label,
            map=match.map,
            completed_at=match.completed_at,
            opponent=names.get(opponents[match.id] or 0),
            games_for=sum(winner == participant_id for winner in game_winners[match.id]),
            games_against=sum(winner not in (None, participant_id) for winner in game_winners[match.id]),
            outcome=_outcome(won_by[match.id], participant_id),
        )
        for match in matches
    ]


def _outcome(winner_id: int | None, participant_id: int) -> str:
    return "draw" if winner_id is None else "win" if winner_id == participant_id else "loss"


def _by_number(session: Session, match_ids: Collection[int]) -> Sequence[Match]:
    return session.scalars(select(Match).where(Match.id.in_(match_ids)).order_by(Match.number)).all()
