"""How statements go to PostgreSQL: cursors that let writes wait for the next question, so that both cost one way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final, Self, overload

import psycopg
from psycopg import Column
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_ASKS: Final = ("SELECT", "WITH")


class Cursor(psycopg.Cursor[Any]):
    """psycopg's cursor. In pipeline mode it waits for the answer to a question alone, and says its columns when asked.

    A write that is refused is so told by the next question, or by the end of the pipeline.
    """

    def execute(self, query: Any, *params: Any, **options: Any) -> Self:
        """Run a statement; one that returns rows has them when this returns."""
        super().execute(query, *params, **options)
        if self.connection.pgconn.pipeline_status and _is_question(str(query)):
            # The one way without side effects to wait for the answer; where it has no rows there is none to go to.
            with contextlib.suppress(IndexError):
                self.scroll(0)
        return self

    @property
    def description(self) -> Any:
        """The columns of the answer, or None where there is none."""
        answer = self.pgresult
        return None if answer is None or not answer.nfields else _Columns(self, answer.nfields)


class _Columns(Sequence[Column]):
    """Columns, each built when somebody looks: SQLAlchemy knows those of a statement that it has run before."""

    def __init__(self, cursor: Cursor, size: int) -> None:
        self._cursor, self._size = cursor, size

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, at: int) -> Column: ...

    @overload
    def __getitem__(self, at: slice) -> list[Column]: ...

    def __getitem__(self, at: int | slice) -> Column | list[Column]:
        if isinstance(at, slice):
            return [Column(self._cursor, place) for place in range(self._size)[at]]
        return Column(self._cursor, range(self._size)[at])


def _is_question(query: str) -> bool:
    return query.startswith(_ASKS) or " RETURNING " in query


@contextlib.contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """Writes within go on their way without being waited for; all are done, or have raised, when it ends.

    Raises what SQLAlchemy raises, whether the driver was asked by it or by the end of the pipeline.
    """
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except psycopg.Error as error:
        raise DBAPIError.instance(
            None, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error


def is_pipelined(connection: Connection) -> bool:
    """Whether a connection to PostgreSQL is in a pipeline, which no stream of rows can go through."""
    driver: Any = connection.connection.driver_connection
    return bool(driver.pgconn.pipeline_status)
