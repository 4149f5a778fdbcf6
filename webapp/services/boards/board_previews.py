"""Boards as they would be after a change: computed on a copy, nothing written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.board import Board, spliced
from webapp.domain.columns import IntColumn, column
from webapp.domain.deltas import RankChanges, rank_changes
from webapp.domain.meetings import BattleRoyaleMeetings, needs_meetings
from webapp.domain.results import BattleRoyaleResults
from webapp.domain.rules import Ruleset
from webapp.domain.scoring import BattleRoyaleLine, score_match
from webapp.domain.standings import fold_battle_royale
from webapp.models import Match, Result, Tournament
from webapp.services.ranking import board_store, override_reads, ranking, result_columns, scopes, standings
from webapp.services.registration.participant_names import names_of

SHOWN: Final = 100
"""Rows of a preview; whoever stands lower is counted, not listed."""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A participant on the board as it would be; what was before is None for one who was not on it."""

    participant_id: int
    name: str
    rank: int
    previous_rank: int | None
    points: int
    previous_points: int | None
    is_tied: bool
    is_champion: bool

    @property
    def gained(self) -> int:
        """Points more than before."""
        return self.points - (self.previous_points or 0)

    @property
    def places_up(self) -> int:
        """Places gained; negative for lost ones."""
        return 0 if self.previous_rank is None else self.previous_rank - self.rank


@dataclass(frozen=True, slots=True)
class BoardPreview:
    """The first rows of a board as it would be, and how it differs from the one there is."""

    rows: tuple[PreviewRow, ...]
    total: int
    moved_count: int
    """How many would have another rank."""
    leader_before: str | None
    leader_after: str | None

    @property
    def hidden_count(self) -> int:
        """Rows below the listed ones."""
        return self.total - len(self.rows)


def of_result(
    session: Session, tournament: Tournament, match: Match, lines: Sequence[BattleRoyaleLine], *, now: datetime
) -> BoardPreview:
    """The board as it would be with these lines as the result of the match; without lines, if it had none.

    A match that has not ended is taken to end `now`.
    """
    return compared(session, *around_result(session, tournament, match, lines, now=now))


def around_result(
    session: Session, tournament: Tournament, match: Match, lines: Sequence[BattleRoyaleLine], *, now: datetime
) -> tuple[Board, Board]:
    """The board as the results in the database make it, and as it would be with these lines in the match's place."""
    rules = standings.rules_of(tournament)
    before = _current(session, tournament, rules)
    put = result_columns.of_match(
        score_match(lines, rules), number=match.number, completed_at=match.completed_at or now
    )
    if ranking.needs_every_result(tournament, rules):
        return before, _in_full(session, tournament, rules, match, put)
    return before, _in_part(session, tournament, rules, match, put, before)


def compared(session: Session, before: Board, after: Board) -> BoardPreview:
    """One board beside another, with names."""
    changes = rank_changes(ranking.placings(before), ranking.placings(after))
    at = after.rows_by_rank(0, SHOWN)
    shown_ids = after.standings.participant_id[at].tolist()
    leaders = [_leader(before), _leader(after)]
    names = names_of(session, [*shown_ids, *(leader for leader in leaders if leader is not None)])
    was = _by_participant(before, before.ranking.ranks), _by_participant(before, before.standings.columns["points"])
    rows = [
        PreviewRow(
            participant_id=participant_id,
            name=names.get(participant_id, f"#{participant_id}"),
            rank=int(after.ranking.ranks[row]),
            previous_rank=was[0].get(participant_id),
            points=int(after.standings.columns["points"][row]),
            previous_points=was[1].get(participant_id),
            is_tied=bool(after.ranking.tied[row]),
            is_champion=after.standings.champion == participant_id,
        )
        for participant_id, row in zip(shown_ids, at.tolist(), strict=True)
    ]
    first, then = (None if leader is None else names.get(leader) for leader in leaders)
    return BoardPreview(tuple(rows), len(after), _moved(changes), first, then)


def _current(session: Session, tournament: Tournament, rules: Ruleset) -> Board:
    """The published board where it is as new as the results, else one computed for this."""
    last = board_store.load(session, scopes.tournament(tournament.id), ranking.OFFICIAL)
    newest = max(tournament.results_seq, tournament.roster_seq)
    if last is not None and last.seq >= newest and last.rules_hash == rules.hash:
        return last.board
    return ranking.compute_board(session, tournament, rules)


def _in_part(
    session: Session, tournament: Tournament, rules: Ruleset, match: Match, put: BattleRoyaleResults, before: Board
) -> Board:
    """Only those whose lines come or go are folded again."""
    stored = column(session.scalars(select(Result.registration_id).where(Result.match_id == match.id)))
    affected = np.union1d(stored, put.participant_id)
    ids = affected[np.isin(affected, before.standings.participant_id)]
    results = result_columns.battle_royale_results(session, tournament.id, ids.tolist())
    ledger = result_columns.adjustments(session, tournament.id, ids.tolist())
    changed = fold_battle_royale(ids, _replaced(results, match, put), ledger, rules)
    totals = spliced(before.standings, changed)
    overrides = override_reads.in_force(session, tournament.id)
    return ranking.assembled(
        rules, totals, None, tournament.lot_seed, overrides,
        teams=before.team_id, subjects=before.subject_id, seeds=before.standings.columns["seed"],
    )  # fmt: skip


def _in_full(session: Session, tournament: Tournament, rules: Ruleset, match: Match, put: BattleRoyaleResults) -> Board:
    ids, teams, subjects, seeds = result_columns.participants(session, tournament.id)
    results = _replaced(result_columns.battle_royale_results(session, tournament.id), match, put)
    totals = fold_battle_royale(ids, results, result_columns.adjustments(session, tournament.id), rules)
    meetings = BattleRoyaleMeetings(ids, results, rules) if needs_meetings(rules.cascade) else None
    overrides = override_reads.in_force(session, tournament.id)
    return ranking.assembled(
        rules, totals, meetings, tournament.lot_seed, overrides, teams=teams, subjects=subjects, seeds=seeds
    )


def _replaced(results: BattleRoyaleResults, match: Match, put: BattleRoyaleResults) -> BattleRoyaleResults:
    return results.take(results.match_number != match.number).joined(put)


def _by_participant(board: Board, values: IntColumn) -> dict[int, int]:
    return dict(zip(board.standings.participant_id.tolist(), values.tolist(), strict=True))


def _leader(board: Board) -> int | None:
    """Who is first; nobody before anything was played."""
    if not len(board) or not board.standings.columns["matches_played"].any():
        return None
    return int(board.standings.participant_id[board.ranking.order[0]])


def _moved(changes: RankChanges) -> int:
    return int((changes.previous_rank != changes.current_rank).sum())
