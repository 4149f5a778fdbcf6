"""Whole columns from the database. Each comes as one text: a Python object a number would cost more than all ranking.

SQLite and PostgreSQL both can do that, and spell it differently (docs/decisions/0007-columns-as-text.md).
"""

from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Select, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from webapp.domain.columns import IntColumn


class ColumnQuery:
    """A statement of whole numbers without nulls, whose answer is read as columns; its rows come in any order.

    Built once, when its module is loaded: putting a statement together takes SQLAlchemy longer than running it.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement.with_only_columns(*map(joined_values, statement.selected_columns))

    def columns(self, session: Session, **parameters: Any) -> list[IntColumn]:
        """The columns, of equal length, for these values of the statement's parameters."""
        if session.autoflush:
            session.flush()
        texts = session.connection().execute(self._statement, parameters).one()
        return [np.fromstring(text or "", np.int64, sep=",") for text in texts]


class joined_values(FunctionElement[str]):  # noqa: N801  (reads like the SQL function that it is)
    """All values of a column of whole numbers in one text, separated by commas; null when there are none."""

    inherit_cache = True
    type = String()


@compiles(joined_values, "sqlite")
def _joined_sqlite(element: joined_values, compiler: SQLCompiler, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)})"


@compiles(joined_values, "postgresql")
def _joined_postgres(element: joined_values, compiler: SQLCompiler, **options: Any) -> str:
    return f"string_agg(({compiler.process(element.clauses, **options)})::text, ',')"


class microseconds(FunctionElement[int]):  # noqa: N801  (reads like the SQL function that it is)
    """A stored instant as microseconds since 1970 UTC; null for null."""

    inherit_cache = True
    type = BigInteger()


@compiles(microseconds, "sqlite")
def _microseconds_sqlite(element: microseconds, compiler: SQLCompiler, **options: Any) -> str:
    # Stored as '2026-11-21 14:03:00.000000', always with six decimals; strftime
    # would round '….999500' to the next second.
    instant = compiler.process(element.clauses, **options)
    return f"(strftime('%s', substr({instant}, 1, 19)) * 1000000 + substr({instant}, 21))"


@compiles(microseconds, "postgresql")
def _microseconds_postgres(element: microseconds, compiler: SQLCompiler, **options: Any) -> str:
    return f"(extract(epoch FROM {compiler.process(element.clauses, **options)}) * 1000000)::bigint"
