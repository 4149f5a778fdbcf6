"""What a board would be if only some of a tournament's matches had been played."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import FieldError, ResultError
from webapp.domain.meetings import BattleRoyaleMeetings, Meetings, SeriesMeetings, needs_meetings
from webapp.domain.results import BattleRoyaleResults
from webapp.domain.rules import Ruleset
from webapp.domain.standings import fold_battle_royale, fold_series
from webapp.models import Match, Tournament
from webapp.services.boards import boards, history
from webapp.services.boards.history import Inputs
from webapp.services.live import visibility
from webapp.services.ranking import ranking, result_columns, scopes, standings
from webapp.services.ranking.board_store import PublishedBoard


def of_matches(
    session: Session, tournament: Tournament, numbers: Sequence[int], *, audience: str, now: datetime
) -> PublishedBoard:
    """The board of these matches alone, by their numbers: results and adjustments of theirs, and no overrides.

    Nobody wins it by match point, since that counts from the first match on. Raises ResultError naming the numbers
    that no match has.
    """
    _ensure_known(session, tournament, numbers)
    started = time.perf_counter()
    rules = replace(standings.rules_of(tournament), match_point=None)
    ids, teams, subjects, seeds, results, ledger, lot_seed = _inputs(session, tournament, rules, audience)
    ledger = ledger.take(np.isin(ledger.match_number, numbers))
    results = results.take(np.isin(results.match_number, numbers))
    meetings: Meetings | None = None
    if isinstance(results, BattleRoyaleResults):
        totals = fold_battle_royale(ids, results, ledger, rules)
        if needs_meetings(rules.cascade):
            meetings = BattleRoyaleMeetings(ids, results, rules)
    else:
        totals = fold_series(ids, results, ledger, rules)
        if needs_meetings(rules.cascade):
            meetings = SeriesMeetings(ids, results, rules)
    board = ranking.assembled(
        rules, totals, meetings, lot_seed, {}, teams=teams, subjects=subjects, seeds=seeds
    )  # fmt: skip
    duration_us = round((time.perf_counter() - started) * 1_000_000)
    scope = str(scopes.tournament(tournament.id))
    seq = visibility.results_seq(tournament, audience)
    note = boards.note_for(session, tournament, audience)
    return PublishedBoard(
        scope, audience, 0, seq, rules.hash, ranking.LIVE_SOURCE, now, duration_us, board, note
    )  # fmt: skip


def _inputs(session: Session, tournament: Tournament, rules: Ruleset, audience: str) -> Inputs:
    """What counts now, or what the public knew when the board was frozen."""
    if visibility.is_frozen(tournament, audience):
        return history.inputs_at(session, tournament, rules, visibility.known_seq(tournament) + 1)
    read = (
        result_columns.battle_royale_results if tournament.format == "battle-royale" else result_columns.series_results
    )
    return Inputs(
        *result_columns.participants(session, tournament.id),
        read(session, tournament.id),
        result_columns.adjustments(session, tournament.id),
        tournament.lot_seed,
    )


def _ensure_known(session: Session, tournament: Tournament, numbers: Sequence[int]) -> None:
    known = set(
        session.scalars(
            select(Match.number).where(Match.tournament_id == tournament.id, Match.number.in_(sorted(set(numbers))))
        )
    )
    unknown = [number for number in numbers if number not in known]
    if unknown:
        problem = FieldError("matches", f"no match has the number {', '.join(map(str, unknown))}")
        raise ResultError.listing("These matches cannot be folded", [problem])
