"""Extensions, created unbound; `create_app` binds them. The one place that knows how a connection is opened."""

from __future__ import annotations

import os
import random
import threading
import time
from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, MetaData, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import Pool

from webapp.postgres_cursor import Cursor

SQLITE_BUSY_TIMEOUT_MS = 200
SQLITE_WRITER_PATIENCE_S = 20.0
TRUSTED_FOR_S = 1.0
"""A connection that rested longer is asked whether it still lives before it is used."""


# The ORM asks after each UPDATE how many rows it met, which a write on its way does not know yet. Every row that is
# changed was locked and read before, and SQLite goes on asking.
PGDialect_psycopg.supports_sane_rowcount = False


class Base(DeclarativeBase):
    """Base of all tables; constraint names follow one convention, so that migrations can name what they drop."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)


def engine_options(database_url: str) -> dict[str, Any]:
    """Options of the SQLAlchemy engine for `database_url`: JSON by orjson, a pool where there is a server."""
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode(),
        "json_deserializer": orjson.loads,
        # The text of an error must not quote what was written: it ends in logs and in the queue's record of failures.
        "hide_parameters": True,
    }
    if not database_url.startswith("sqlite"):
        options |= {"pool_size": 5, "max_overflow": 5, "connect_args": {"cursor_factory": Cursor}}
    return options


def _is_sqlite(connection: Any) -> bool:
    return type(connection).__module__.partition(".")[0] == "sqlite3"


@event.listens_for(Engine, "connect")
def _open_sqlite(connection: Any, _record: Any) -> None:
    if not _is_sqlite(connection):
        return
    # The driver's own transaction handling starts a transaction only at the first write, which leaves the read before
    # it outside; with isolation_level None the BEGIN below is ours (docs/decisions/0002-database-and-transactions.md).
    connection.isolation_level = None
    for pragma in (
        "page_size=8192",  # of a new file; a board fills dozens of pages, and half as many take a third less time
        "journal_mode=WAL",
        "synchronous=NORMAL",
        f"busy_timeout={SQLITE_BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
        "cache_size=-32000",
        "mmap_size=268435456",
    ):
        connection.execute(f"PRAGMA {pragma}")


_writers: Final[WeakKeyDictionary[Pool, threading.Lock]] = WeakKeyDictionary()
"""The writers of this process stand in line, a line for each database."""
# The line of a forked process is its own: who stood in the parent's never comes to the child's.
os.register_at_fork(after_in_child=_writers.clear)
_IN_LINE: Final = "stands_in_line"
_RESTS_SINCE: Final = "rests_since"


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if connection.get_execution_options().get("sqlite_begin") != "IMMEDIATE":
        connection.exec_driver_sql("BEGIN DEFERRED")
        return
    give_up_at = time.monotonic() + SQLITE_WRITER_PATIENCE_S
    # SQLite keeps no line: who finds it locked has to ask again, and of many who ask most sleep while it is free. So
    # those of one process wait for each other, and only the first of each process asks.
    line = _writers.setdefault(connection.engine.pool, threading.Lock())
    # A connection that is kept from one transaction to the next (migrations) stands in line already.
    if _IN_LINE not in connection.info and line.acquire(timeout=SQLITE_WRITER_PATIENCE_S):
        connection.info[_IN_LINE] = line
    _wait_in_c(connection, 0)
    try:
        _begin_writing(connection, give_up_at)
    except BaseException:
        _leave_line(connection.info)
        raise
    finally:
        _wait_in_c(connection, SQLITE_BUSY_TIMEOUT_MS)


def _wait_in_c(connection: Connection, longest_ms: int) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout={longest_ms}").close()


def _begin_writing(connection: Connection, give_up_at: float) -> None:
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
            # A sleep that lets other threads run: a long busy wait in C stops the whole process.
            time.sleep(random.uniform(0.0005, 0.003))  # noqa: S311  (spreads waiting writers, guards nothing)


@event.listens_for(Pool, "checkin")
def _put_back(connection: Any, record: Any) -> None:
    # After the commit or the rollback: only now can the next one begin.
    _leave_line(record.info)
    if connection is not None:
        record.info[_RESTS_SINCE] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _see_that_it_lives(connection: Any, record: Any, _fairy: Any) -> None:
    # A server that was restarted has closed what rests here. Asking each time would cost as much as a statement.
    rests_since = record.info.get(_RESTS_SINCE)
    if rests_since is None or time.monotonic() - rests_since < TRUSTED_FOR_S or _is_sqlite(connection):
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except connection.Error as error:
        raise DisconnectionError from error


def _leave_line(info: dict[str, Any]) -> None:
    line = info.pop(_IN_LINE, None)
    if line is not None:
        line.release()
