"""Housekeeping of boards: recompute, find stale ones, clear what was served."""

import time
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import String, cast, delete, literal, select
from sqlalchemy.orm import Session

from webapp.domain.standings import Standings
from webapp.models import Board, OutboxItem, ScheduleClaim, Standing, Tournament
from webapp.services.ranking import board_store, ranking, scopes, standings
from webapp.services.spine import outbox
from webapp.services.spine.log import lock_tournament
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.spine.upserts import insert_or_update

SERVED_KEPT: Final = timedelta(days=7)
CLAIMS_KEPT: Final = timedelta(days=60)
RECOMPUTED_STATUSES: Final = ("live", "completed")

log = structlog.get_logger(__name__)


def recompute(tournament_id: int, *, now: datetime) -> int:
    """Compute a tournament's standings and board from its results; returns how many rows differed and were mended.

    With the engine switched off only the standings are mended: no version is published.
    """
    with transaction() as session:
        tournament = lock_tournament(session, tournament_id)
        rules = standings.rules_of(tournament)
        last = board_store.load(session, scopes.tournament(tournament_id), ranking.OFFICIAL)
        started = time.perf_counter()
        board = ranking.compute_board(session, tournament, rules)
        duration_us = round((time.perf_counter() - started) * 1_000_000)
        mended = _mend_standings(session, tournament, board.standings)
        if not ranking.is_engine_on():
            return mended
        computed = ranking.publish(session, tournament, rules, last, board, duration_us=duration_us, now=now)
    is_new = last is None or last.version != computed.version
    return max(mended, len(computed.deltas) if is_new else 0)


def _mend_standings(session: Session, tournament: Tournament, totals: Standings) -> int:
    """Bring the stored totals to those that the results give; returns how many rows differed."""
    fresh = standings.rows(tournament.id, totals, seq=tournament.results_seq)
    columns = [getattr(Standing, name) for name in ("registration_id", *standings.STORED)]
    stored = {
        row[0]: tuple(row) for row in session.execute(select(*columns).where(Standing.tournament_id == tournament.id))
    }
    # A row that nothing has touched yet is not stored, and not an error.
    wanted = [row for row in fresh if row["registration_id"] in stored or row["matches_played"] or row["adjustment"]]
    mended = [
        row for row in wanted if tuple(row[column.key] for column in columns) != stored.get(row["registration_id"])
    ]
    insert_or_update(session, Standing, mended, keys=("tournament_id", "registration_id"))
    return len(mended)


def recompute_all(*, now: datetime) -> dict[int, int]:
    """`recompute` for every tournament that is live or was completed; changed rows by tournament.

    One that fails is logged and left out; the others go on.
    """
    with read_snapshot() as session:
        ids = list(
            session.scalars(
                select(Tournament.id)
                .where(Tournament.status.in_(RECOMPUTED_STATUSES), Tournament.deleted_at.is_(None))
                .order_by(Tournament.id)
            )
        )
    changed = {}
    for tournament_id in ids:
        try:
            changed[tournament_id] = recompute(tournament_id, now=now)
        except Exception:
            log.exception("recompute_failed", tournament_id=tournament_id)
    return changed


def request_stale_boards(*, now: datetime) -> list[int]:
    """Ask for the ranking of every board that is behind its results: after a flag came back, or a lost request."""
    if not ranking.is_engine_on():
        return []
    with transaction() as session:
        behind = (
            select(Tournament.id)
            .outerjoin(
                Board,
                (Board.scope == literal("tournament:") + cast(Tournament.id, String))
                & (Board.audience == ranking.OFFICIAL),
            )
            .where(Tournament.deleted_at.is_(None), Tournament.results_seq > 0)
            .where(Board.seq.is_(None) | (Board.seq < Tournament.results_seq))
            .order_by(Tournament.id)
        )
        ids = list(session.scalars(behind))
        for tournament_id in ids:
            outbox.want(session, "rank", str(tournament_id), now=now)
    return ids


def purge_served(*, now: datetime) -> None:
    """Drop outbox rows long served and old claims of periods."""
    with transaction() as session:
        session.execute(
            delete(OutboxItem).where(OutboxItem.wanted <= OutboxItem.done, OutboxItem.done_at < now - SERVED_KEPT)
        )
        session.execute(delete(ScheduleClaim).where(ScheduleClaim.period < now - CLAIMS_KEPT))
