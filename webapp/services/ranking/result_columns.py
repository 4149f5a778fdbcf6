"""Confirmed results read as columns, which the folds of the domain take."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, bindparam, case, func, select
from sqlalchemy.orm import Session

from webapp.domain.columns import MISSING, IntColumn, column, filled
from webapp.domain.scoring import ScoredLine
from webapp.domain.standings import Adjustments, BattleRoyaleResults, SeriesResults
from webapp.models import Adjustment, Match, MatchGame, Registration, Result
from webapp.services.spine.column_sql import ColumnQuery, microseconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NONE = -1
"""What results without a placement or time are sent with: never a real one, and 17 digits shorter than MISSING."""


def to_microseconds(instant: datetime | None) -> int:
    """Microseconds since 1970 UTC, exactly; MISSING for None."""
    return int(MISSING) if instant is None else (instant - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime | None:
    """The instant of a column's value; None for MISSING."""
    return None if value == MISSING else _EPOCH + timedelta(microseconds=value)


def _or_missing(column: Any) -> ColumnElement[int]:
    return func.coalesce(column, int(MISSING))


_PARTICIPANTS: Final = ColumnQuery(
    select(
        Registration.id,
        _or_missing(Registration.team_id),
        _or_missing(Registration.user_id),
        _or_missing(Registration.seed),
    ).where(Registration.tournament_id == bindparam("tournament_id"), Registration.status == "approved")
)


def participants(session: Session, tournament_id: int) -> tuple[IntColumn, IntColumn, IntColumn, IntColumn]:
    """Ids of those who take part, ascending, with the team id (MISSING for players), subject id and seed of each."""
    columns = _PARTICIPANTS.columns(session, tournament_id=tournament_id)
    order = np.argsort(columns[0])
    ids, teams, users, seeds = (values[order] for values in columns)
    return ids, teams, np.where(teams == MISSING, users, teams), seeds


_LINES: Final = select(
    Result.registration_id,
    func.coalesce(Result.placement, _NONE),
    func.coalesce(Result.placement_high, _NONE),
    Result.kills,
    Result.placement_points,
    Result.kill_points,
    func.coalesce(Result.time_alive_s, _NONE),
).where(Result.tournament_id == bindparam("tournament_id"))
_ENDED_AT: Final = _or_missing(microseconds(Match.completed_at))
# Matches are few beside their results, so that everybody's are read apart; for some a join is one statement less.
_ALL_LINES: Final = ColumnQuery(_LINES.add_columns(Result.match_id))
_MATCHES: Final = ColumnQuery(
    select(Match.id, Match.number, _ENDED_AT).where(Match.tournament_id == bindparam("tournament_id"))
)
_LINES_OF_SOME: Final = ColumnQuery(
    _LINES.add_columns(Match.number, _ENDED_AT)
    .join(Match, Match.id == Result.match_id)
    .where(Result.registration_id.in_(bindparam("registration_ids", expanding=True)))
)


def battle_royale_results(
    session: Session, tournament_id: int, registration_ids: Collection[int] | None = None
) -> BattleRoyaleResults:
    """The results that count, of all participants or only of some."""
    wanted = _wanted(tournament_id, registration_ids)
    if registration_ids is None:
        *columns, match_id = _ALL_LINES.columns(session, **wanted)
        match_ids, numbers, ends = _MATCHES.columns(session, **wanted)
        order = np.argsort(match_ids)
        at = order[np.searchsorted(match_ids[order], match_id)]
        match_number, completed_at = numbers[at], ends[at]
    else:
        *columns, match_number, completed_at = _LINES_OF_SOME.columns(session, **wanted)
    who, placement, high, kills, placement_points, kill_points, alive = columns
    return BattleRoyaleResults(
        participant_id=who,
        match_number=match_number,
        placement=np.where(placement == _NONE, MISSING, placement),
        placement_high=np.where(high == _NONE, MISSING, high),
        kills=kills,
        placement_points=placement_points,
        kill_points=kill_points,
        time_alive_s=np.where(alive == _NONE, MISSING, alive),
        completed_at=completed_at,
    )


def of_match(scored: Sequence[ScoredLine], *, number: int, completed_at: datetime) -> BattleRoyaleResults:
    """The lines of one match as columns, whether they are in the database or not."""
    size = len(scored)
    return BattleRoyaleResults(
        participant_id=column(line.participant_id for line in scored),
        match_number=filled(size, number),
        placement=column(line.placement for line in scored),
        placement_high=column(line.placement_high for line in scored),
        kills=column(line.kills for line in scored),
        placement_points=column(line.placement_points for line in scored),
        kill_points=column(line.kill_points for line in scored),
        time_alive_s=column(line.time_alive_s for line in scored),
        completed_at=filled(size, to_microseconds(completed_at)),
    )


def _wanted(tournament_id: int, registration_ids: Collection[int] | None) -> dict[str, Any]:
    everybody = {"tournament_id": tournament_id}
    return everybody if registration_ids is None else everybody | {"registration_ids": list(registration_ids)}


_SERIES: Final = (
    select(
        Match.number, Match.side_a_id, Match.side_b_id, Match.winner_id, Match.completed_at,
        func.sum(MatchGame.score_a), func.sum(MatchGame.score_b),
        func.sum(case((MatchGame.winner_id == Match.side_a_id, 1), else_=0)),
        func.sum(case((MatchGame.winner_id == Match.side_b_id, 1), else_=0)),
        Match.state,
    )
    .outerjoin(MatchGame, MatchGame.match_id == Match.id)
    .where(
        Match.tournament_id == bindparam("tournament_id"),
        Match.state.in_(("completed", "forfeit")),
        Match.side_a_id.is_not(None),
    )
    .group_by(Match.id)
    .order_by(Match.number)
)  # fmt: skip
_SERIES_OF_SOME: Final = _SERIES.where(
    Match.side_a_id.in_(bindparam("registration_ids", expanding=True))
    | Match.side_b_id.in_(bindparam("registration_ids", expanding=True))
)


def series_results(
    session: Session, tournament_id: int, registration_ids: Collection[int] | None = None
) -> SeriesResults:
    """The confirmed series, all or only those in which one of `registration_ids` played."""
    statement = _SERIES if registration_ids is None else _SERIES_OF_SOME
    rows = session.execute(statement, _wanted(tournament_id, registration_ids)).all()

    def column(position: int, default: int) -> IntColumn:
        return np.array([default if row[position] is None else row[position] for row in rows], np.int64)

    return SeriesResults(
        match_number=column(0, 0),
        side_a=column(1, 0),
        side_b=column(2, int(MISSING)),
        score_a=column(5, 0),
        score_b=column(6, 0),
        winner=column(3, int(MISSING)),
        completed_at=np.array([to_microseconds(row[4]) for row in rows], np.int64),
        games_a=column(7, 0),
        games_b=column(8, 0),
        forfeit=np.array([row[9] == "forfeit" for row in rows], np.int64),
    )


_LEDGER = (
    select(Adjustment.registration_id, _or_missing(Match.number), Adjustment.points)
    .outerjoin(Match, Match.id == Adjustment.match_id)
    .where(Adjustment.tournament_id == bindparam("tournament_id"))
)
_LEDGER_OF_ALL: Final = ColumnQuery(_LEDGER)
_LEDGER_OF_SOME: Final = ColumnQuery(
    _LEDGER.where(Adjustment.registration_id.in_(bindparam("registration_ids", expanding=True)))
)


def adjustments(session: Session, tournament_id: int, registration_ids: Collection[int] | None = None) -> Adjustments:
    """The ledger of signed points; the match number is MISSING where the whole tournament is meant."""
    ledger = _LEDGER_OF_ALL if registration_ids is None else _LEDGER_OF_SOME
    who, match_number, points = ledger.columns(session, **_wanted(tournament_id, registration_ids))
    return Adjustments(participant_id=who, match_number=match_number, points=points)
