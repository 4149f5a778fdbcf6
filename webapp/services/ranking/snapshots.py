"""Stored boards: at intervals, at completion, and thinned out with age."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, literal, select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.board_top import top_of
from webapp.models import Board as BoardRow
from webapp.models import BoardVersion, Snapshot, Tournament
from webapp.models.base import UTCDateTime
from webapp.services.ranking import scopes
from webapp.services.ranking.scopes import Scope
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.spine.upserts import insert_selected

SNAPSHOT_STATUSES: Final = ("registration_open", "registration_closed", "live")
COMPACTED_AFTER: Final = timedelta(days=90)
DROPPED_AFTER: Final = timedelta(days=365)
KEPT_PLACES: Final = 100
_COMPACT_BATCH: Final = 50


def take(session: Session, scope: Scope | str, *, reason: str, now: datetime) -> int:
    """Store the current board of the scope for each audience; a version that is stored already stays as it is.

    Returns how many were new. The database copies the boards itself: none of them comes through this process.
    """
    about = {
        "scope": BoardVersion.scope,
        "audience": BoardRow.audience,
        "version": BoardRow.version,
        "seq": BoardVersion.seq,
        "entries_count": BoardVersion.entries_count,
        "rules_hash": BoardVersion.rules_hash,
        "source": BoardVersion.source,
        "reason": literal(reason),
        "taken_at": literal(now, UTCDateTime),
        "duration_us": BoardVersion.duration_us,
        "is_compacted": literal(value=False),
        "payload": BoardVersion.payload,
    }
    shown = (
        select(*about.values())
        .join(BoardRow, BoardRow.board_version_id == BoardVersion.id)
        # Versions below zero are folds that a reveal shows for a moment (`board_store.show_fold`).
        .where(BoardRow.scope == str(scope), BoardVersion.version >= 0)
    )
    return insert_selected(session, Snapshot, list(about), shown)


def take_of_tournaments(*, reason: str, now: datetime) -> int:
    """Snapshots of the tournaments that are open or live; returns how many were stored."""
    with read_snapshot() as session:
        ids = session.scalars(
            select(Tournament.id)
            .where(Tournament.status.in_(SNAPSHOT_STATUSES), Tournament.deleted_at.is_(None))
            .order_by(Tournament.id)
        ).all()
    return _take_each([str(scopes.tournament(tournament_id)) for tournament_id in ids], reason=reason, now=now)


def take_of_scopes(kind: str, *, reason: str, now: datetime) -> int:
    """Snapshots of all boards of a kind (`season`, `all_time`)."""
    with read_snapshot() as session:
        found = session.scalars(
            select(BoardRow.scope)
            .where(BoardRow.scope.startswith(f"{kind}:", autoescape=True))
            .distinct()
            .order_by(BoardRow.scope)
        ).all()
    return _take_each(found, reason=reason, now=now)


def _take_each(found: Sequence[str], *, reason: str, now: datetime) -> int:
    """One transaction a scope, so that no writer waits for all of them."""
    taken = 0
    for scope in found:
        with transaction() as session:
            taken += take(session, scope, reason=reason, now=now)
    return taken


def compact(*, now: datetime) -> tuple[int, int]:
    """Keep the first hundred places of snapshots older than 90 days and drop those older than a year.

    Returns (compacted, dropped). Works in batches, so that writers never wait long.
    """
    with transaction() as session:
        dropped = session.execute(delete(Snapshot).where(Snapshot.taken_at < now - DROPPED_AFTER))
        dropped_count = int(getattr(dropped, "rowcount", 0))
    compacted = 0
    while True:
        with transaction() as session:
            batch = session.execute(
                select(Snapshot, Snapshot.payload)
                .where(Snapshot.taken_at < now - COMPACTED_AFTER, Snapshot.is_compacted.is_(False))
                .limit(_COMPACT_BATCH)
            ).all()
            for snapshot, payload in batch:
                snapshot.payload = top_of(Board.from_bytes(payload), KEPT_PLACES).to_bytes()
                snapshot.is_compacted = True
        compacted += len(batch)
        if len(batch) < _COMPACT_BATCH:
            return compacted, dropped_count
