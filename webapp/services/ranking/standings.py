"""Participants' totals, kept in the transaction of each change of results."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

import numpy as np
from sqlalchemy.orm import Session

from webapp.domain.columns import MISSING, IntColumn, filled
from webapp.domain.match_point import MatchPointState
from webapp.domain.match_point_race import match_point_race
from webapp.domain.rules import Ruleset, parse_ruleset
from webapp.domain.standings import Adjustments, Standings, fold_battle_royale, fold_series
from webapp.models import Standing, Tournament
from webapp.services.ranking import result_columns
from webapp.services.spine.upserts import insert_or_update

STORED: Final = (
    "points", "kills", "wins", "losses", "draws", "matches_played", "best_placement", "avg_placement",
    "placement_points", "kill_points", "adjustment", "score_for", "score_against", "games_won",
    "earliest_win_at", "last_completed_at",
)  # fmt: skip
"""The columns of a fold that the table `standings` keeps."""
_NO_ADJUSTMENTS: Final = Adjustments(filled(0, 0), filled(0, 0), filled(0, 0))


def rules_of(tournament: Tournament) -> Ruleset:
    """The rules that were frozen with the tournament."""
    return parse_ruleset(tournament.ruleset)


def fold(
    session: Session,
    tournament: Tournament,
    rules: Ruleset,
    participant_ids: IntColumn,
    *,
    only_these: bool,
    has_adjustments: bool = True,
) -> Standings:
    """The totals of `participant_ids` from the results in the database.

    `only_these` reads only their rows: right for totals, but not for what depends on the others' results (match point,
    buchholz), which needs everybody's. `has_adjustments` is False where it is known that there are none.
    """
    wanted = participant_ids.tolist() if only_these else None
    ledger = result_columns.adjustments(session, tournament.id, wanted) if has_adjustments else _NO_ADJUSTMENTS
    if tournament.format == "battle-royale":
        results = result_columns.battle_royale_results(session, tournament.id, wanted)
        return fold_battle_royale(participant_ids, results, ledger, rules)
    series = result_columns.series_results(session, tournament.id, wanted)
    return fold_series(participant_ids, series, ledger, rules)


def match_point_race_of(session: Session, tournament: Tournament, rules: Ruleset) -> MatchPointState:
    """Where the race of a tournament with a match-point rule stands, by the results in the database."""
    assert rules.match_point is not None
    ids = result_columns.participants(session, tournament.id)[0]
    results = result_columns.battle_royale_results(session, tournament.id)
    ledger = result_columns.adjustments(session, tournament.id)
    known = results.take(np.isin(results.participant_id, ids))
    return match_point_race(rules.match_point, ids, known, ledger, count_best=rules.count_best)


def deciding_match_of(session: Session, tournament: Tournament) -> int | None:
    """The number of the match that has ended the tournament by its match-point rule; None before, and without one."""
    rules = rules_of(tournament)
    if rules.match_point is None:
        return None
    race = match_point_race_of(session, tournament, rules)
    return race.deciding_match if race.is_over else None


def refresh(
    session: Session,
    tournament: Tournament,
    rules: Ruleset,
    registration_ids: Collection[int],
    *,
    seq: int,
    has_adjustments: bool = True,
) -> None:
    """Write the totals of the affected participants as of log number `seq`."""
    ids = np.array(sorted(registration_ids), np.int64)
    alone = replace(rules, match_point=None)
    totals = fold(session, tournament, alone, ids, only_these=True, has_adjustments=has_adjustments)
    insert_or_update(
        session,
        Standing,
        rows(tournament.id, totals, seq=seq),
        keys=("tournament_id", "registration_id"),
    )


def rows(tournament_id: int, totals: Standings, *, seq: int) -> list[dict[str, Any]]:
    """Rows of the table `standings` for folded totals."""
    columns = [totals.columns[name].tolist() for name in STORED]
    missing = int(MISSING)
    return [
        {"tournament_id": tournament_id, "registration_id": registration_id, "changed_seq": seq}
        | {name: None if value == missing else value for name, value in zip(STORED, values, strict=True)}
        for registration_id, *values in zip(totals.participant_id.tolist(), *columns, strict=True)
    ]
