"""Confirmed results of series: two sides and their games."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, object_session

from webapp.domain.errors import FieldError, NotFound, ResultError
from webapp.domain.games import load_games
from webapp.domain.series import SeriesGame, SeriesMatch, check_series, game_winner, series_summary
from webapp.models import Match, MatchGame, Stage, Tournament
from webapp.services.live.known_matches import EVERYTHING, KnownMatches
from webapp.services.matches import confirmation, match_drafts
from webapp.services.matches.confirmation import Case, MatchOutcome
from webapp.services.matches.sides import both_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.bulk import insert_rows
from webapp.services.spine.transaction import read_snapshot

_LEAGUES: Final = ("round-robin", "swiss")


def confirm(
    match_id: int,
    games: Sequence[SeriesGame],
    *,
    actor: Actor,
    now: datetime,
    completed_at: datetime | None = None,
    expected_revision: int | None = None,
) -> MatchOutcome:
    """Confirm a series with its games (`confirmation.confirm`); SeriesError names every wrong game."""
    return confirmation.confirm(
        KIND, match_id, games, actor=actor, now=now, completed_at=completed_at, expected_revision=expected_revision
    )


def correct(
    match_id: int,
    games: Sequence[SeriesGame],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    expected_revision: int | None = None,
) -> MatchOutcome:
    """Replace the games of a confirmed or voided series (`confirmation.correct`)."""
    return confirmation.correct(
        KIND, match_id, games, reason=reason, actor=actor, now=now, expected_revision=expected_revision
    )


def void(
    match_id: int, *, reason: str, actor: Actor, now: datetime, expected_revision: int | None = None
) -> MatchOutcome:
    """Take the games of a confirmed series out (`confirmation.void`)."""
    return confirmation.void(KIND, match_id, reason=reason, actor=actor, now=now, expected_revision=expected_revision)


def summary(match_id: int, *, known: KnownMatches = EVERYTHING) -> dict[str, Any]:
    """The series summary of spec 02: `{match_id, best_of, status, series_winner_id, series_score, games}`.

    Of a match that something has happened to since the board was frozen it tells what is `known`. Raises NotFound for
    no such match, ResultError for one that has no two sides.
    """
    with read_snapshot() as session:
        match = session.get(Match, match_id)
        if match is None:
            raise NotFound(f"There is no match {match_id}.", code="match_not_found")
        seen = known.of(match)
        if seen.side_a_id is None or seen.side_b_id is None:
            raise ResultError(f"Match {match.number} does not have its two sides yet.")
        sides = (seen.side_a_id, seen.side_b_id)
        tournament = session.get_one(Tournament, match.tournament_id)
        games = _games_then(seen, sides, known) if match.id in known.states else _stored_games(session, seen, sides)
        # A winner without a game is one by forfeit or by an official's word.
        awarded_to = None if games else seen.winner_id
        return series_summary(replace(_domain_match(tournament, seen, games), awarded_to=awarded_to))


def confirm_in(
    session: Session, tournament: Tournament, match: Match, games: Sequence[SeriesGame], *, actor: Actor, now: datetime
) -> MatchOutcome:
    """Confirm a series in the transaction of whoever has locked its tournament and may do so; raises like `confirm`."""
    case = confirmation.case_of(session, tournament, match, actor=actor, now=now)
    KIND.ensure_fits(case)
    return confirmation.confirm_in(KIND, case, games)


def check(tournament: Tournament, match: Match, games: Sequence[SeriesGame]) -> None:
    """Raises SeriesError naming every game that cannot have been played, and for a series that nobody has won."""
    check_series(_domain_match(tournament, match, games), complete=True)


class _Series:
    """Games of two sides, in the table `match_games`."""

    field = "games"

    def ensure_fits(self, case: Case) -> None:
        if case.tournament.format == "battle-royale":
            raise ResultError(f"Match {case.match.number} is a battle royale, not a series; enter its lines.")
        both_of(case.match)

    def check(self, case: Case, games: Sequence[SeriesGame]) -> Sequence[FieldError]:
        check_series(_domain_match(case.tournament, case.match, games), complete=True)
        match_drafts.ensure_complete(case.tournament, case.match, [game.number for game in games])
        return ()

    def stored(self, case: Case) -> list[SeriesGame]:
        return [] if _is_bye(case.match) else _stored_games(case.session, case.match, both_of(case.match))

    def put(self, case: Case, games: Sequence[SeriesGame]) -> int | None:
        side_a, side_b = both_of(case.match)
        rows = [
            {
                "match_id": case.match.id,
                "number": game.number,
                "map": game.map,
                "score_a": game.score[side_a],
                "score_b": game.score[side_b],
                "winner_id": game_winner(game),
            }
            for game in games
        ]
        insert_rows(case.session, MatchGame, rows)
        winner: int | None = series_summary(_domain_match(case.tournament, case.match, games))["series_winner_id"]
        return winner

    def take_out(self, case: Case) -> None:
        case.session.execute(delete(MatchGame).where(MatchGame.match_id == case.match.id))

    def participants(self, case: Case, _games: Sequence[SeriesGame]) -> set[int]:
        return {case.match.side_a_id or 0} if _is_bye(case.match) else set(both_of(case.match))

    def as_data(self, case: Case, games: Sequence[SeriesGame]) -> list[list[int | None]]:
        """[number, score of side A, score of side B, winner's id or null]; a map's name stays out of the log."""
        if not games:
            return []
        side_a, side_b = both_of(case.match)
        return [[game.number, game.score[side_a], game.score[side_b], game_winner(game)] for game in _in_order(games)]

    def as_record(self, case: Case, games: Sequence[SeriesGame]) -> list[list[Any]]:
        """The data with the map of each game."""
        return [[*data, game.map] for data, game in zip(self.as_data(case, games), _in_order(games), strict=True)]

    def remarks(self, games: Sequence[SeriesGame]) -> dict[str, Any]:
        """`irregular`: number and reason of each game whose odd score was let stand."""
        irregular = [[game.number, game.reason.strip()] for game in _in_order(games) if game.allow_irregular]
        return {"irregular": irregular} if irregular else {}


KIND: Final = _Series()


def _is_bye(match: Match) -> bool:
    """Whether somebody has no opponent: what was won so is taken out like any result, by the undo of what began it."""
    return match.side_a_id is not None and match.side_b_id is None


def _in_order(games: Sequence[SeriesGame]) -> list[SeriesGame]:
    return sorted(games, key=lambda game: game.number)


def _domain_match(tournament: Tournament, match: Match, games: Sequence[SeriesGame]) -> SeriesMatch:
    return SeriesMatch(
        match_id=match.id,
        tournament_id=tournament.id,
        game=load_games()[tournament.game],
        best_of=match.best_of,
        sides=both_of(match),
        games=tuple(games),
        is_league=_is_league(tournament, match, games),
    )


def _is_league(tournament: Tournament, match: Match, games: Sequence[SeriesGame]) -> bool:
    """Whether the match may end even as far as its stage goes: not in the knock-out that follows groups.

    The stage is asked about only where a game did end even.
    """
    if tournament.format not in _LEAGUES:
        return False
    if match.stage_id is None or all(len(set(game.score.values())) > 1 for game in games):
        return True
    session = object_session(match)
    # What the public knows of a match is an object without a session: there the games have been taken already.
    stage = None if session is None else session.get(Stage, match.stage_id)
    return stage is None or stage.format in _LEAGUES


def _games_then(match: Match, sides: tuple[int, int], known: KnownMatches) -> list[SeriesGame]:
    side_a, side_b = sides
    return [
        SeriesGame(number or 0, {side_a: score_a or 0, side_b: score_b or 0}, None, winner, allow_irregular=True)
        for number, score_a, score_b, winner in known.games.get(match.id, ())
    ]


def _stored_games(session: Session, match: Match, sides: tuple[int, int]) -> list[SeriesGame]:
    side_a, side_b = sides
    rows = session.scalars(select(MatchGame).where(MatchGame.match_id == match.id).order_by(MatchGame.number))
    return [
        SeriesGame(row.number, {side_a: row.score_a, side_b: row.score_b}, row.map, row.winner_id, allow_irregular=True)
        for row in rows
    ]
