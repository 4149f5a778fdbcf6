"""Everything that a database holds and that must be the same whatever died on the way there."""

from typing import Any

from sqlalchemy import ColumnElement, select

from webapp.domain.board import Board as DecodedBoard
from webapp.models import (
    AuditEntry,
    Board,
    BoardVersion,
    Event,
    ImportedFile,
    Match,
    MatchGame,
    OutboxItem,
    Registration,
    Result,
    ScheduleClaim,
    Snapshot,
    Standing,
    Tournament,
)
from webapp.services.spine.transaction import read_snapshot

WHOLE = (Match, MatchGame, Registration, Result, Standing)
"""Tables in which every column follows from what was asked for; others hold random ids and the time of day."""
PARTS: dict[str, tuple[Any, ...]] = {
    "tournaments": (
        Tournament.id,
        Tournament.status,
        Tournament.log_seq,
        Tournament.results_seq,
        Tournament.roster_seq,
    ),
    "events": (Event.tournament_id, Event.seq, Event.type, Event.match_id, Event.data),
    "audit": (AuditEntry.chain, AuditEntry.number, AuditEntry.action, AuditEntry.data),
    "boards": (Board.scope, Board.audience, Board.version, Board.seq),
    "claims": (ScheduleClaim.job, ScheduleClaim.period),
    "snapshots": (Snapshot.scope, Snapshot.audience, Snapshot.version, Snapshot.seq),
    "imports": (ImportedFile.fingerprint, ImportedFile.tournament_id),
    "unserved": (OutboxItem.handler, OutboxItem.key),
}
ONLY: dict[str, ColumnElement[bool]] = {"unserved": OutboxItem.wanted > OutboxItem.done}


def everything() -> dict[str, list[Any]]:
    """Rows by name of what they are, in a fixed order."""
    found: dict[str, list[Any]] = {}
    with read_snapshot() as session:
        for model in WHOLE:
            rows = session.execute(select(*model.__table__.columns)).all()
            found[model.__tablename__] = sorted((tuple(row) for row in rows), key=repr)
        for name, columns in PARTS.items():
            statement = select(*columns).where(ONLY[name]) if name in ONLY else select(*columns)
            found[name] = sorted((tuple(row) for row in session.execute(statement)), key=repr)
        versions = session.execute(select(BoardVersion.scope, BoardVersion.version, BoardVersion.payload)).all()
        found["versions"] = sorted((scope, version) for scope, version, _ in versions)
        found["ranks"] = sorted(
            (scope, DecodedBoard.from_bytes(payload).ranking.ranks.tolist()) for scope, _, payload in versions
        )
    return found
