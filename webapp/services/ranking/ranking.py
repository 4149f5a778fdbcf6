"""The engine: from confirmed results to a published version of the board, in one transaction."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from webapp.domain.board import Board, spliced
from webapp.domain.columns import IntColumn
from webapp.domain.deltas import Placings, RankChanges, rank_changes
from webapp.domain.errors import NotFound
from webapp.domain.lots import lots
from webapp.domain.meetings import BattleRoyaleMeetings, Meetings, SeriesMeetings, needs_meetings
from webapp.domain.overrides import overridden
from webapp.domain.ranking import rank
from webapp.domain.rules import Ruleset
from webapp.domain.standings import Standings, standings_of
from webapp.models import Adjustment, Standing, Tournament
from webapp.models.boards import AUDIENCES
from webapp.services.operations import flags
from webapp.services.ranking import (
    board_store,
    board_tops,
    override_reads,
    result_columns,
    scopes,
    snapshots,
    standings,
)
from webapp.services.spine import log, outbox, precedence
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.column_sql import ColumnQuery
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import transaction

ENGINE_SOURCE: Final = "engine_v2"
LIVE_SOURCE: Final = "live"
DISABLED_SOURCE: Final = "disabled"
OFFICIAL: Final = "official"
"""The audience whose board is computed from: it is never frozen."""

_PARTIAL_AT_MOST = 2000
"""For more participants reading all results is as quick, and no statement gets more values than SQLite takes."""

_CHANGED = ColumnQuery(
    select(Standing.registration_id).where(
        Standing.tournament_id == bindparam("tournament_id"), Standing.changed_seq > bindparam("seq")
    )
)


@dataclass(frozen=True, slots=True)
class Computation:
    """What a computation gave: the board as of `version`, and what changed against the version before."""

    scope: scopes.Scope
    board: Board
    deltas: RankChanges
    version: int
    source: str
    computed_at: datetime
    duration_us: int

    @property
    def metadata(self) -> dict[str, Any]:
        """`{source, version, computed_at, duration_ms, entries_count, delta_count}`."""
        return {
            "source": self.source,
            "version": self.version,
            "computed_at": self.computed_at.isoformat(),
            "duration_ms": round(self.duration_us / 1000, 3),
            "entries_count": len(self.board),
            "delta_count": len(self.deltas),
        }


def is_engine_on() -> bool:
    """Whether versions are computed and published at all."""
    return flags.is_on("LEADERBOARDS_COMPUTE_ENABLED") and flags.is_on("LEADERBOARDS_ENGINE_V2_ENABLED")


def rank_due(tournament_id: int, *, now: datetime) -> Computation | None:
    """Bring the board up to the newest result, reading only what changed since the last version where that is enough.

    None when there is nothing to do: ranked already, deleted meanwhile, or the engine is switched off. Running it twice
    changes nothing the second time; a process that dies inside leaves the old version standing.
    """
    if not is_engine_on():
        return None
    precedence.note_ranking()
    with transaction() as session:
        try:
            tournament = log.lock_tournament(session, tournament_id)
        except NotFound:
            return None
        last = board_store.load(session, scopes.tournament(tournament_id), OFFICIAL)
        if last is not None and last.seq >= tournament.results_seq:
            return None
        return _brought_up(session, tournament, last, (), now=now)


def compute_tournament_rankings(tournament_id: int, *, now: datetime) -> Computation:
    """Compute all standings, ranks and deltas from the results, and publish what differs from the last version.

    With the engine switched off nothing is published: what it gives has the source `live`, or is empty and `disabled`
    where computing is off.
    """
    is_paused = not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED")
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        if is_paused:
            return _unpublished(tournament, empty_board(), DISABLED_SOURCE, 0, now=now)
        rules = standings.rules_of(tournament)
        last = board_store.load(session, scopes.tournament(tournament_id), OFFICIAL)
        started = time.perf_counter()
        board = compute_board(session, tournament, rules)
        duration_us = _microseconds_since(started)
        if not is_engine_on():
            return _unpublished(tournament, board, LIVE_SOURCE, duration_us, now=now)
        return publish(session, tournament, rules, last, board, duration_us=duration_us, now=now)


def compute_partial_update(
    tournament_id: int, affected_participant_ids: Collection[int], *, now: datetime
) -> Computation:
    """Like the full computation, reading only the results of the affected participants; the board is the same.

    With the engine switched off there is no version to go on from, and it is the full computation.
    """
    if not is_engine_on():
        return compute_tournament_rankings(tournament_id, now=now)
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        last = board_store.load(session, scopes.tournament(tournament_id), OFFICIAL)
        return _brought_up(session, tournament, last, affected_participant_ids, now=now)


def final_board(session: Session, tournament: Tournament, rules: Ruleset, *, now: datetime) -> Board:
    """The board as of the newest result, published first when it is behind; in the caller's transaction.

    No flag may change who wins: with the engine switched off it is computed all the same, and not published.
    """
    last = board_store.load(session, scopes.tournament(tournament.id), OFFICIAL)
    if last is not None and last.seq >= tournament.results_seq:
        return last.board
    started = time.perf_counter()
    board = compute_board(session, tournament, rules)
    if is_engine_on():
        duration_us = _microseconds_since(started)
        publish(session, tournament, rules, last, board, duration_us=duration_us, now=now)
    return board


def placings(board: Board) -> Placings:
    """Who stands where on a board, for comparing it with another."""
    return Placings(board.standings.participant_id, board.ranking.ranks, board.standings.columns["points"])


def needs_every_result(tournament: Tournament, rules: Ruleset) -> bool:
    """Whether one participant's row can depend on results of others, so that a partial update would not be enough."""
    return tournament.format != "battle-royale" or rules.match_point is not None or needs_meetings(rules.cascade)


def compute_board(session: Session, tournament: Tournament, rules: Ruleset) -> Board:
    """The board from everything in the database, overrides among it; writes nothing."""
    return boards_with(session, tournament, rules, [override_reads.in_force(session, tournament.id)])[0]


def boards_with(
    session: Session, tournament: Tournament, rules: Ruleset, many: Sequence[Mapping[int, int]]
) -> list[Board]:
    """The board as it would be with each of these sets of overrides (participant -> rank); writes nothing."""
    ids, teams, subjects, seeds = result_columns.participants(session, tournament.id)
    totals = standings.fold(session, tournament, rules, ids, only_these=False)
    meetings = meetings_of(session, tournament, rules, ids)
    computed = assembled(
        rules, totals, meetings, tournament.lot_seed, {}, teams=teams, subjects=subjects, seeds=seeds
    )  # fmt: skip
    return [_with_overrides(computed, rules, meetings, overrides) for overrides in many]


def assembled(
    rules: Ruleset,
    totals: Standings,
    meetings: Meetings | None,
    lot_seed: str,
    overrides: Mapping[int, int],
    *,
    teams: IntColumn,
    subjects: IntColumn,
    seeds: IntColumn,
) -> Board:
    """Folded totals in the order of the rules' cascade, and who was overridden (participant -> rank) where staff say.

    Lots are in it once they are drawn (`lot_seed` not empty).
    """
    totals.columns["seed"] = seeds
    if lot_seed and any(key.name == "lot" for key in rules.cascade):
        totals.columns["lot"] = lots(totals.participant_id, lot_seed)
    ranking = rank(totals, rules.cascade, ties=rules.ties, meetings=meetings)
    return _with_overrides(Board(totals, ranking, teams, subjects), rules, meetings, overrides)


def _with_overrides(board: Board, rules: Ruleset, meetings: Meetings | None, overrides: Mapping[int, int]) -> Board:
    if not overrides:
        return board
    ranking = overridden(
        board.ranking, overrides, board.standings, rules.cascade, ties=rules.ties, meetings=meetings
    )  # fmt: skip
    return replace(board, ranking=ranking)


def meetings_of(session: Session, tournament: Tournament, rules: Ruleset, ids: IntColumn) -> Meetings | None:
    """What keys that compare the tied are counted from; None where the cascade has none."""
    if not needs_meetings(rules.cascade):
        return None
    if tournament.format == "battle-royale":
        return BattleRoyaleMeetings(ids, result_columns.battle_royale_results(session, tournament.id), rules)
    return SeriesMeetings(ids, result_columns.series_results(session, tournament.id), rules)


def empty_board() -> Board:
    """A board without entries."""
    nobody: IntColumn = np.zeros(0, np.int64)
    totals = standings_of(nobody, {})
    return Board(totals, rank(totals, ()), nobody, nobody)


def _brought_up(
    session: Session,
    tournament: Tournament,
    last: board_store.PublishedBoard | None,
    also_affected: Collection[int],
    *,
    now: datetime,
) -> Computation:
    rules = standings.rules_of(tournament)
    started = time.perf_counter()
    board = None
    if last is not None and last.seq >= tournament.roster_seq and not needs_every_result(tournament, rules):
        changed = _CHANGED.columns(session, tournament_id=tournament.id, seq=last.seq)[0]
        affected = np.union1d(changed, np.array(sorted(also_affected), np.int64))
        if affected.size <= _PARTIAL_AT_MOST:
            board = _partial_board(session, tournament, rules, last.board, affected)
    if board is None:
        board = compute_board(session, tournament, rules)
    duration_us = _microseconds_since(started)
    return publish(session, tournament, rules, last, board, duration_us=duration_us, now=now)


def _partial_board(session: Session, tournament: Tournament, rules: Ruleset, last: Board, affected: IntColumn) -> Board:
    # Results of those who withdrew change on, but they have no row any more.
    on_board = affected[np.isin(affected, last.standings.participant_id)]
    changed = standings.fold(session, tournament, rules, on_board, only_these=True)
    seeds = last.standings.columns["seed"]
    totals = spliced(last.standings, changed)
    overrides = override_reads.in_force(session, tournament.id)
    return assembled(
        rules, totals, None, tournament.lot_seed, overrides,
        teams=last.team_id, subjects=last.subject_id, seeds=seeds,
    )  # fmt: skip


def publish(
    session: Session,
    tournament: Tournament,
    rules: Ruleset,
    last: board_store.PublishedBoard | None,
    board: Board,
    *,
    duration_us: int,
    now: datetime,
) -> Computation:
    """Publish `board` as of the newest result, unless it shows what `last` shows: version, event, what follows."""
    scope = scopes.tournament(tournament.id)
    changes = rank_changes(placings(last.board) if last else None, placings(board))
    seq = tournament.results_seq
    # What is published while the board is frozen is for officials: the public's row stays as it is.
    audiences = AUDIENCES if tournament.frozen_seq is None else (OFFICIAL,)
    if (
        last is not None
        and last.rules_hash == rules.hash
        and last.board.same_as(board)
        and not _has_new_adjustments(session, tournament, last.seq)
    ):
        if last.seq < seq:
            board_store.mark_current(session, scope, seq=seq, audiences=audiences)
        return Computation(scope, board, changes, last.version, ENGINE_SOURCE, last.computed_at, duration_us)
    version = last.version + 1 if last else 1
    data = {
        "version": version,
        "changes": changes.as_columns(),
        "entries_count": len(board),
        "champion_id": board.standings.champion,
    }
    crashpoint("before_board_write")
    about = board_store.Version(version, seq, rules.hash, ENGINE_SOURCE, now, duration_us)
    board_store.store(session, scope, board, about, audiences=audiences)
    board_tops.keep(session, tournament.id, version, board)
    crashpoint("after_board_write")
    log.record(session, tournament, "rank_update", data, actor=SYSTEM, now=now)
    if tournament.status == "completed":
        snapshots.take(session, scope, reason="corrected", now=now)
    want_wider_boards(session, tournament, now=now)
    return Computation(scope, board, changes, version, ENGINE_SOURCE, now, duration_us)


def _has_new_adjustments(session: Session, tournament: Tournament, seq: int) -> bool:
    """Whether the ledger has grown: a penalty and a bonus that cancel out move nobody, but both are shown."""
    newer = select(Adjustment.id).where(Adjustment.tournament_id == tournament.id, Adjustment.seq > seq)
    return session.scalar(newer.limit(1)) is not None


def want_wider_boards(session: Session, tournament: Tournament, *, now: datetime) -> None:
    """Ask for the boards that a public tournament's board counts for.

    The board of all time is added up from the seasons' boards, so that of a season's tournament follows the season's.
    """
    if tournament.visibility != "public":
        return
    if tournament.season:
        outbox.want(session, "season", f"{tournament.game}:{tournament.season}", now=now)
    else:
        outbox.want(session, "all_time", tournament.game, now=now)


def _unpublished(tournament: Tournament, board: Board, source: str, duration_us: int, *, now: datetime) -> Computation:
    scope = scopes.tournament(tournament.id)
    return Computation(scope, board, rank_changes(None, placings(empty_board())), 0, source, now, duration_us)


def _microseconds_since(started: float) -> int:
    return round((time.perf_counter() - started) * 1_000_000)
