"""INSERT … ON CONFLICT for both databases, which spell it alike but keep it in two dialects."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.extensions import Base


def _insert(dialect: str, table: type[Base]) -> Any:
    # Of the bare table: of a mapped class SQLAlchemy sends rows with different nulls in statements of their own.
    return (postgresql if dialect == "postgresql" else sqlite).insert(table.__table__)


def insert_ignoring_conflicts(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that do not exist yet and return how many those were (exact for a single row)."""
    return _inserted(session, _insert(_dialect(session), table).values(list(rows)).on_conflict_do_nothing())


def insert_new(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, all with the same columns, that do not exist yet: many of them in no time to speak of."""
    if not rows:
        return
    if session.autoflush:
        session.flush()
    session.connection().execute(_ignoring(_dialect(session), table), list(rows))


@cache
def _ignoring(dialect: str, table: type[Base]) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


def insert_selected(session: Session, table: type[Base], names: Sequence[str], rows: Select[*tuple[Any, ...]]) -> int:
    """Insert what a statement selects into the columns `names`, but for rows that exist; returns how many were new.

    The statement needs a WHERE: without one SQLite would take the ON of ON CONFLICT for that of a join.
    """
    return _inserted(session, _insert(_dialect(session), table).from_select(list(names), rows).on_conflict_do_nothing())


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _inserted(session: Session, statement: Any) -> int:
    # Unless it is told to, SQLAlchemy forgets the count of an INSERT on PostgreSQL and answers -1.
    result: Any = session.execute(statement, execution_options={"preserve_rowcount": True})
    return int(result.rowcount)


Changes = Callable[[], Mapping[str, ColumnElement[Any]]]
"""Names the columns that an upsert sets, with what it sets them to; a function of a module, known by its identity."""


def insert_or_update(
    session: Session,
    table: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    keys: tuple[str, ...],
    changes: Changes | None = None,
) -> None:
    """Insert rows; where one with the same `keys` exists, set `changes` (by default every other column of the row)."""
    if not rows:
        return
    if session.autoflush:
        session.flush()
    connection = session.connection()
    statement = _upsert(connection.dialect.name, table, keys, tuple(rows[0]), changes)
    connection.execute(statement, list(rows))


@cache
def _upsert(
    dialect: str, table: type[Base], keys: tuple[str, ...], names: tuple[str, ...], changes: Changes | None
) -> Any:
    # Kept, since SQLAlchemy takes longer to put a statement together than the database to run it.
    if changes is None:
        wanted: dict[str, Any] = {name: literal_column(f"excluded.{name}") for name in names if name not in keys}
    else:
        wanted = dict(changes())
    return _insert(dialect, table).on_conflict_do_update(index_elements=list(keys), set_=wanted)
