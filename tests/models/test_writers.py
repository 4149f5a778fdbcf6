"""Writers on SQLite: those of one process stand in line, and only those of several ask again and again."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from webapp import extensions
from webapp.extensions import engine_options

WRITERS = 8
EACH = 10


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'writers.sqlite3'}"
    engine = create_engine(url, pool_size=WRITERS, **engine_options(url))
    with engine.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE counted (many INTEGER NOT NULL)"))
        connection.execute(text("INSERT INTO counted VALUES (0)"))
    yield engine
    engine.dispose()


def add_one(engine: Engine) -> None:
    with engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection, connection.begin():
        many = connection.scalar(text("SELECT many FROM counted"))
        assert many is not None
        connection.execute(text("UPDATE counted SET many = :more"), {"more": many + 1})


def test_those_of_one_process_wait_without_asking(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_again: list[float] = []
    monkeypatch.setattr("webapp.extensions.time.sleep", asked_again.append)

    def write() -> None:
        for _ in range(EACH):
            add_one(engine)

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT many FROM counted")) == WRITERS * EACH
    assert asked_again == []


def test_a_connection_that_is_kept_does_not_wait_for_itself(engine: Engine) -> None:
    began = time.monotonic()
    with engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection:
        for _ in range(3):
            with connection.begin():
                connection.execute(text("UPDATE counted SET many = many + 1"))
    add_one(engine)
    assert time.monotonic() - began < extensions.SQLITE_WRITER_PATIENCE_S / 2


def test_a_failed_writer_lets_the_next_one_in(engine: Engine) -> None:
    with pytest.raises(OperationalError), engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection:
        connection.execute(text("UPDATE nothing SET many = 1"))
    began = time.monotonic()
    add_one(engine)
    assert time.monotonic() - began < extensions.SQLITE_WRITER_PATIENCE_S / 2


def test_the_patience_of_a_writer_ends(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "SQLITE_WRITER_PATIENCE_S", 0.05)
    with (
        engine.connect().execution_options(sqlite_begin="IMMEDIATE") as holder,
        holder.begin(),
        pytest.raises(OperationalError, match="locked"),
    ):
        add_one(engine)
    add_one(engine)
