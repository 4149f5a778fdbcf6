"""INSERT … ON CONFLICT for both databases, which spell it alike but keep it in two dialects."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.extensions import Base


def _insert(session: Session, table: type[Base]) -> Any:
    # Of the bare table: of a mapped class SQLAlchemy sends rows with different nulls in statements of their own.
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(table.__table__)


def insert_ignoring_conflicts(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that do not exist yet and return how many those were (exact for a single row)."""
    return _inserted(session, _insert(session, table).values(list(rows)).on_conflict_do_nothing())


def insert_selected(session: Session, table: type[Base], names: Sequence[str], rows: Select[*tuple[Any, ...]]) -> int:
    """Insert what a statement selects into the columns `names`, but for rows that exist; returns how many were new.

    The statement needs a WHERE: without one SQLite would take the ON of ON CONFLICT for that of a join.
    """
    return _inserted(session, _insert(session, table).from_select(list(names), rows).on_conflict_do_nothing())


def _inserted(session: Session, statement: Any) -> int:
    # Unless it is told to, SQLAlchemy forgets the count of an INSERT on PostgreSQL and answers -1.
    result: Any = session.execute(statement, execution_options={"preserve_rowcount": True})
    return int(result.rowcount)


def insert_or_update(
    session: Session,
    table: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    keys: Sequence[str],
    changes: Mapping[str, ColumnElement[Any] | Any] | None = None,
) -> None:
    """Insert rows; where one with the same `keys` exists, set `changes` (by default every other column of the row)."""
    if not rows:
        return
    if changes is None:
        changes = {name: literal_column(f"excluded.{name}") for name in rows[0] if name not in keys}
    statement = _insert(session, table).on_conflict_do_update(index_elements=list(keys), set_=dict(changes))
    session.execute(statement, list(rows))
