"""Extensions, created unbound; `create_app` binds them. The one place that knows how a connection is opened."""

from __future__ import annotations

import random
import time
from typing import Any

import orjson
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, MetaData, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase

SQLITE_BUSY_TIMEOUT_MS = 200
SQLITE_WRITER_PATIENCE_S = 20.0


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
migrate = Migrate()


def engine_options(database_url: str) -> dict[str, Any]:
    """Options of the SQLAlchemy engine for `database_url`: JSON by orjson, a checked pool where there is a server."""
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode(),
        "json_deserializer": orjson.loads,
        # The text of an error must not quote what was written: it ends in logs and in the queue's record of failures.
        "hide_parameters": True,
    }
    if not database_url.startswith("sqlite"):
        options |= {"pool_pre_ping": True, "pool_size": 5, "max_overflow": 5}
    return options


@event.listens_for(Engine, "connect")
def _open_sqlite(connection: Any, _record: Any) -> None:
    if type(connection).__module__.partition(".")[0] != "sqlite3":
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


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    give_up_at = time.monotonic() + SQLITE_WRITER_PATIENCE_S
    while True:
        try:
            connection.exec_driver_sql(f"BEGIN {mode}")
            return
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
            # A short wait in C, then a sleep that lets other threads run: a long busy wait stops the whole process.
            time.sleep(random.uniform(0.001, 0.02))  # noqa: S311  (spreads waiting writers, guards nothing)
