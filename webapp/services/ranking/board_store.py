"""Published boards in the database: versions that never change, and which of them each audience sees."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from webapp.domain.board import Board
from webapp.models import Board as BoardRow
from webapp.models import BoardVersion
from webapp.models.boards import AUDIENCES
from webapp.services.boards.kept_boards import KeptBoards
from webapp.services.ranking.scopes import Scope
from webapp.services.spine.upserts import insert_or_update

_DECODED_KEPT: Final = 256
_DECODED_ROWS_KEPT: Final = 300_000
"""About 80 MB: a row takes 33 numbers of 8 bytes."""


@dataclass(frozen=True, slots=True)
class PublishedBoard:
    """A version of a board as an audience sees it. `seq` is the log number up to which results are in it."""

    scope: str
    audience: str
    version: int
    seq: int
    rules_hash: str
    source: str
    computed_at: datetime
    duration_us: int
    board: Board
    frozen: "FrozenNote | None" = None
    """Set where something is kept from the audience."""


class FrozenNote(NamedTuple):
    """That a board is held still for the public: since which log number and instant, and how it is being revealed."""

    since_seq: int
    at: datetime
    reveal_by: str | None = None
    hidden: int = 0
    """How many places at the top are still to be revealed, where it is done row by row."""
    is_paused: bool = False


class Version(NamedTuple):
    """What is known of a computed board beside its rows; `duration_us` is how long computing took."""

    number: int
    seq: int
    rules_hash: str
    source: str
    computed_at: datetime
    duration_us: int


_decoded = KeptBoards(boards=_DECODED_KEPT, rows=_DECODED_ROWS_KEPT)
"""By version id: stored versions never change, so neither do these."""


def load(session: Session, scope: Scope, audience: str) -> PublishedBoard | None:
    """The board that `audience` sees, None before the first version."""
    return load_many(session, [scope], audience).get(str(scope))


def load_many(session: Session, scopes: Collection[Scope], audience: str) -> dict[str, PublishedBoard]:
    """The boards that `audience` sees, by the name of their scope, in two statements; none before the first version."""
    rows = session.execute(
        select(BoardRow.seq, BoardRow.version, BoardVersion)
        .join(BoardVersion, BoardVersion.id == BoardRow.board_version_id)
        .where(BoardRow.scope.in_([str(scope) for scope in scopes]), BoardRow.audience == audience)
    ).all()
    boards = _boards_of(session, [version.id for _, _, version in rows])
    return {
        version.scope: PublishedBoard(
            version.scope, audience, number, seq, version.rules_hash, version.source,
            version.computed_at, version.duration_us, boards[version.id],
        )
        for seq, number, version in rows
    }  # fmt: skip


def _boards_of(session: Session, version_ids: Sequence[UUID]) -> dict[UUID, Board]:
    """The boards of these versions; what this process has not decoded yet is read at once."""
    known = {version_id: _decoded.get(version_id) for version_id in version_ids}
    boards = {version_id: board for version_id, board in known.items() if board is not None}
    missing = [version_id for version_id in version_ids if version_id not in boards]
    if missing:
        payloads = session.execute(select(BoardVersion.id, BoardVersion.payload).where(BoardVersion.id.in_(missing)))
        for version_id, payload in payloads:
            boards[version_id] = Board.from_bytes(payload)
            _decoded.put(version_id, boards[version_id])
    return boards


def version_of(session: Session, scope: Scope, audience: str) -> int:
    """The number of the version that `audience` sees; 0 before the first."""
    row = select(BoardRow.version).where(BoardRow.scope == str(scope), BoardRow.audience == audience)
    return session.scalar(row) or 0


def newest_version(session: Session, scope: Scope) -> int:
    """The highest number that a version of the scope has, whoever sees it; 0 before the first."""
    return session.scalar(select(func.max(BoardRow.version)).where(BoardRow.scope == str(scope))) or 0


def lock(session: Session, scope: Scope) -> None:
    """Hold the scope's board until the transaction ends, for boards that no tournament's lock protects.

    Of two that make a first version at once, one fails on its number and is run again.
    """
    session.execute(select(BoardRow.audience).where(BoardRow.scope == str(scope)).with_for_update())


def store(
    session: Session, scope: Scope, board: Board, version: Version, *, audiences: Sequence[str] = AUDIENCES
) -> None:
    """Store a new version and show it to the audiences; versions that nobody sees any more are dropped.

    What a past version looked like is a fold of the log (services/boards/history.py) or a snapshot.
    """
    version_id = uuid7()
    session.execute(
        insert(BoardVersion).values(
            id=version_id, scope=str(scope), version=version.number, seq=version.seq, entries_count=len(board),
            rules_hash=version.rules_hash, source=version.source, computed_at=version.computed_at,
            duration_us=version.duration_us, payload=board.to_bytes(),
        )
    )  # fmt: skip
    _decoded.put(version_id, board)
    rows = [
        {
            "scope": str(scope), "audience": audience, "board_version_id": version_id, "version": version.number,
            "seq": version.seq,
        }
        for audience in audiences
    ]  # fmt: skip
    insert_or_update(session, BoardRow, rows, keys=("scope", "audience"))
    _drop_unseen(session, scope)


def mark_current(session: Session, scope: Scope, *, seq: int, audiences: Sequence[str] = AUDIENCES) -> None:
    """Say that the shown version has in it all results up to `seq`, which changed nothing that it shows."""
    session.execute(
        update(BoardRow).where(BoardRow.scope == str(scope), BoardRow.audience.in_(audiences)).values(seq=seq),
        execution_options={"synchronize_session": False},
    )


def show_what_officials_see(session: Session, scope: Scope) -> int:
    """Show the officials' version to the public as well; returns its number, 0 before the first one."""
    found = session.execute(
        select(BoardRow.audience, BoardRow.board_version_id, BoardRow.version, BoardRow.seq).where(
            BoardRow.scope == str(scope)
        )
    )
    seen = {audience: (version_id, version, seq) for audience, version_id, version, seq in found}
    officials = seen.get("official")
    if officials is None:
        return 0
    version_id, version, seq = officials
    if seen.get("public") != officials:
        row = {
            "scope": str(scope), "audience": "public", "board_version_id": version_id, "version": version, "seq": seq,
        }  # fmt: skip
        insert_or_update(session, BoardRow, [row], keys=("scope", "audience"))
        _drop_unseen(session, scope)
    return version


def show_fold(session: Session, scope: Scope, board: Board, version: Version) -> None:
    """Show the public a board folded as of a log number that no version was published at.

    `version.number` is the last version published before it. Among the stored ones, each of which has a number of its
    own, the fold has the log number's negative.
    """
    fold = select(BoardVersion.id).where(BoardVersion.scope == str(scope), BoardVersion.version == -version.seq)
    if session.scalar(fold) is not None:
        return
    store(session, scope, board, version._replace(number=-version.seq), audiences=("public",))
    session.execute(
        update(BoardRow)
        .where(BoardRow.scope == str(scope), BoardRow.audience == "public")
        .values(version=version.number),
        execution_options={"synchronize_session": False},
    )


def _drop_unseen(session: Session, scope: Scope) -> None:
    shown = select(BoardRow.board_version_id).where(BoardRow.scope == str(scope))
    session.execute(
        delete(BoardVersion).where(BoardVersion.scope == str(scope), BoardVersion.id.not_in(shown)),
        execution_options={"synchronize_session": False},
    )
