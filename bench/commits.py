"""What it takes a database to keep the least change."""

from sqlalchemy import text

from bench.measurement import Timing, timed
from webapp.extensions import db


def commit_alone() -> Timing:
    """A transaction that writes one number: what no transaction can be quicker than."""
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE bench_commits (number INT)"))
        connection.execute(text("INSERT INTO bench_commits VALUES (0)"))

    def write() -> None:
        with db.engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection, connection.begin():
            connection.execute(text("UPDATE bench_commits SET number = number + 1"))

    return timed(write, 30)
