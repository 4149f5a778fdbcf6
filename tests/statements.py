"""Counting what a test asks of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from webapp.extensions import db


@contextmanager
def count_statements(*, with_flags: bool = False) -> Iterator[list[str]]:
    """Every statement that reaches the database of the current application, from any thread.

    What begins a transaction is not counted, nor is, unless `with_flags`, the look at the feature flags:
    a process takes it when its last one is half a second old, whatever it is asked for.
    """
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        is_of_flags = "FROM feature_flags" in statement
        if not statement.startswith("BEGIN") and (with_flags or not is_of_flags):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
