"""The only commit of the code base."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from webapp.extensions import db
from webapp.postgres_cursor import pipelined
from webapp.services.spine.crashpoints import crashpoint

_OPEN = "transaction_open"
_READING = "snapshot_open"
_AT_END = "at_end"
_AFTER_COMMIT = "after_commit"
_MANNERS: Final[ContextVar["Manners | None"]] = ContextVar("manners", default=None)

# Said with BEGIN, not by a statement of its own.
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

Item = TypeVar("Item", bound=Hashable)


class NestedTransactionError(RuntimeError):
    """A use case called another use case, or one was called inside a snapshot; call a helper that takes the session."""


@contextmanager
def transaction(*, is_pipelined: bool = False) -> Iterator[Session]:
    """One write transaction: commits at the end, rolls back on any error, then runs what `after_commit` was given.

    On SQLite the write lock is taken at once (`BEGIN IMMEDIATE`), so that what is read inside cannot change before the
    write. What the session had read before is forgotten: a row read under another snapshot must not decide a change.

    `is_pipelined`: on PostgreSQL writes are not waited for one by one, which is for transactions that many stand in
    line for. How many rows a write has met is not known inside, and one that is refused says so at the next question.
    """
    session = db.session()
    if session.info.get(_OPEN) or session.info.get(_READING):
        raise NestedTransactionError
    session.info[_OPEN] = True
    session.info[_AT_END] = {}
    callbacks: list[Callable[[], None]] = []
    session.info[_AFTER_COMMIT] = callbacks
    manners = _MANNERS.get()
    try:
        with manners.turn() if manners else nullcontext():
            connection = _begun(session, manners)
            with _pipeline(connection) if is_pipelined else nullcontext():
                yield session
                for write, items in session.info[_AT_END].items():
                    write(session, list(items))
                session.flush()
            crashpoint("before_commit")
            session.commit()
        crashpoint("after_commit")
    except BaseException:
        session.rollback()
        raise
    finally:
        for name in (_OPEN, _AT_END, _AFTER_COMMIT):
            session.info.pop(name, None)
    for callback in callbacks:
        callback()


def _begun(session: Session, manners: "Manners | None") -> Connection:
    while True:
        session.rollback()
        connection = session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
        if manners is None or not manners.gives_way(session):
            return connection


class Manners(Protocol):
    """How transactions behave that may wait."""

    def turn(self) -> AbstractContextManager[object]:
        """Around each of them, from before it begins until it has ended."""

    def gives_way(self, session: Session) -> bool:
        """Asked with the locks of one that has only begun, so that nobody comes in between: whether it begins anew."""


@contextmanager
def with_manners(manners: Manners) -> Iterator[None]:
    """Let transactions begun inside behave so."""
    before = _MANNERS.set(manners)
    try:
        yield
    finally:
        _MANNERS.reset(before)


def _pipeline(connection: Connection) -> AbstractContextManager[None]:
    return pipelined(connection) if connection.dialect.name == "postgresql" else nullcontext()


@contextmanager
def rehearsal() -> Iterator[Session]:
    """A write transaction of which nothing stays: what a change would do is read off a copy that then is thrown away.

    Nothing is told to anybody, and callbacks given for after the commit never run. While it lasts nobody else writes
    what it has locked, as in any transaction: compute, read, leave.
    """
    try:
        with transaction() as session:
            yield session
            raise _ThrownAway
    except _ThrownAway:
        return


class _ThrownAway(Exception):
    """Ends a rehearsal."""


def is_writing() -> bool:
    """Whether a write transaction is open here: nothing may be waited for then but the database."""
    return bool(db.session().info.get(_OPEN))


def at_end(session: Session, write: Callable[[Session, list[Item]], None], item: Item) -> None:
    """Hand `item` to `write` as the last thing in the transaction, once and together with all others given for it."""
    session.info[_AT_END].setdefault(write, {})[item] = None


def after_commit(session: Session, callback: Callable[[], None]) -> None:
    """Run `callback` once the transaction of `session` is durable; a callback given twice runs once."""
    callbacks: list[Callable[[], None]] = session.info[_AFTER_COMMIT]
    if callback not in callbacks:
        callbacks.append(callback)


@contextmanager
def read_snapshot() -> Iterator[Session]:
    """Reads that belong together see one state of the database; nothing is written, and the session is left clean.

    Inside a transaction or another snapshot it is a part of that one and ends nothing.
    """
    session = db.session()
    if session.info.get(_OPEN) or session.info.get(_READING):
        yield session
        return
    session.rollback()
    session.info[_READING] = True
    try:
        if session.get_bind().dialect.name == "postgresql":
            session.connection(execution_options=_SNAPSHOT)
        yield session
    finally:
        session.info.pop(_READING, None)
        session.rollback()
