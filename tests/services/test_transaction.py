import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import db
from webapp.models import Heartbeat
from webapp.services.spine.bulk import WORTH_A_STREAM, insert_rows
from webapp.services.spine.transaction import (
    NestedTransactionError,
    after_commit,
    at_end,
    is_writing,
    read_snapshot,
    transaction,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def beat(session: Session, name: str, kind: str = "test") -> None:
    session.add(Heartbeat(name=name, kind=kind, beat_at=NOW))


def beat_and_fail(name: str, callback: Callable[[], None] = lambda: None) -> None:
    with transaction() as session:
        after_commit(session, callback)
        beat(session, name)
        session.flush()
        _ = 1 / 0


def names() -> list[str]:
    with read_snapshot() as session:
        return list(session.scalars(select(Heartbeat.name).order_by(Heartbeat.name)))


def test_what_is_written_is_there_once_the_block_ends_and_gone_when_it_fails(app: Flask) -> None:
    with transaction() as session:
        beat(session, "kept")
    with pytest.raises(ZeroDivisionError):
        beat_and_fail("lost")
    assert names() == ["kept"]


def test_callbacks_run_after_the_commit_once_each_and_never_after_a_failure(app: Flask) -> None:
    heard: list[list[str]] = []

    def listen() -> None:
        heard.append(names())

    with transaction() as session:
        after_commit(session, listen)
        after_commit(session, listen)
        beat(session, "first")
        assert heard == []
    with pytest.raises(ZeroDivisionError):
        beat_and_fail("second", listen)
    assert heard == [["first"]]


def test_what_is_handed_over_for_the_end_is_written_there_together_and_once(app: Flask) -> None:
    written: list[list[str]] = []

    def write(session: Session, items: list[str]) -> None:
        written.append(items)
        for item in items:
            beat(session, item)

    with transaction() as session:
        for name in ("one", "two", "one"):
            at_end(session, write, name)
        assert written == []
    assert (written, names()) == ([["one", "two"]], ["one", "two"])


def test_a_use_case_inside_another_or_inside_a_snapshot_is_refused(app: Flask) -> None:
    with transaction() as session:
        beat(session, "outer")
        with pytest.raises(NestedTransactionError), transaction():
            pass
    with read_snapshot(), pytest.raises(NestedTransactionError), transaction():
        pass
    # The outer one was not harmed, and the session is as good as new.
    assert names() == ["outer"]
    with transaction() as session:
        assert is_writing()
        beat(session, "second")
    assert not is_writing()
    assert names() == ["outer", "second"]


def test_a_snapshot_inside_a_snapshot_is_a_part_of_it(app: Flask) -> None:
    """A flag that is asked for amid the reads of a page must not let the rest of the page read a newer state."""
    with transaction() as session:
        beat(session, "shown", kind="old")
    with read_snapshot() as session:
        shown = session.get_one(Heartbeat, "shown")
        elsewhere(app, update(Heartbeat).values(kind="new"))
        with read_snapshot() as inner:
            assert inner.scalars(select(Heartbeat.kind)).all() == ["old"]
        assert shown.kind == "old"
        assert session.scalars(select(Heartbeat.kind)).all() == ["old"]
    with read_snapshot() as session:
        assert session.scalars(select(Heartbeat.kind)).all() == ["new"]


def test_a_snapshot_inside_a_transaction_sees_what_it_wrote(app: Flask) -> None:
    with transaction() as session:
        beat(session, "fresh")
        with read_snapshot() as inner:
            assert inner.scalars(select(Heartbeat.name)).all() == ["fresh"]
    assert names() == ["fresh"]


def test_a_transaction_forgets_what_the_session_had_read_before(app: Flask) -> None:
    with transaction() as session:
        beat(session, "counter", kind="1")
    stale = db.session.get_one(Heartbeat, "counter")
    assert stale.kind == "1"
    elsewhere(app, update(Heartbeat).values(kind="2"))
    with transaction() as session:
        assert session.get_one(Heartbeat, "counter").kind == "2"


def test_writers_wait_for_each_other_and_no_update_is_lost(app: Flask) -> None:
    with transaction() as session:
        beat(session, "counter", kind="0")
    rounds, writers = 20, 4

    def count() -> None:
        with app.app_context():
            for _ in range(rounds):
                with transaction() as session:
                    row = session.get_one(Heartbeat, "counter", with_for_update=True, populate_existing=True)
                    row.kind = str(int(row.kind) + 1)

    run_at_once(count, writers)
    with read_snapshot() as session:
        assert session.get_one(Heartbeat, "counter").kind == str(rounds * writers)


def test_a_reader_does_not_wait_for_a_writer(app: Flask) -> None:
    with transaction() as session:
        beat(session, "kept")
    with transaction() as session:
        session.execute(update(Heartbeat).values(kind="changing"))
        seen: list[list[str]] = []

        def read() -> None:
            with app.app_context(), read_snapshot() as reader:
                seen.append(list(reader.scalars(select(Heartbeat.kind))))

        began = time.monotonic()
        run_at_once(read, 1)
        assert time.monotonic() - began < 1
        assert seen == [["test"]]


def test_a_snapshot_cannot_write_where_the_database_can_say_so(app: Flask) -> None:
    with read_snapshot() as session:
        if session.get_bind().dialect.name == "postgresql":
            assert session.execute(text("SHOW transaction_read_only")).scalar() == "on"
        beat(session, "never kept")
    assert names() == []


def elsewhere(app: Flask, statement: object) -> None:
    """Runs a statement in a transaction of another thread."""

    def run() -> None:
        with app.app_context(), transaction() as session:
            session.execute(statement)  # type: ignore[call-overload]  # any statement

    run_at_once(run, 1)


def run_at_once(work: object, count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]  # type: ignore[arg-type]  # a function without arguments
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def heartbeat(name: str) -> dict[str, object]:
    return {"name": name, "kind": "test", "beat_at": NOW}


def test_a_question_in_a_pipeline_knows_what_was_written_before_it(app: Flask) -> None:
    with transaction(is_pipelined=True) as session:
        insert_rows(session, Heartbeat, [heartbeat("first")])
        beat(session, "second")
        assert list(session.scalars(select(Heartbeat.name).order_by(Heartbeat.name))) == ["first", "second"]
        assert session.scalar(select(Heartbeat.name).where(Heartbeat.name == "nobody")) is None
        insert_rows(session, Heartbeat, [heartbeat("third")])
    assert names() == ["first", "second", "third"]


def test_many_rows_go_through_a_pipeline_too(app: Flask) -> None:
    with transaction(is_pipelined=True) as session:
        insert_rows(session, Heartbeat, [heartbeat(f"{number:04}") for number in range(WORTH_A_STREAM)])
    assert len(names()) == WORTH_A_STREAM


def test_a_write_that_is_refused_at_the_end_of_a_pipeline_saves_nothing(app: Flask) -> None:
    heard: list[str] = []
    with transaction() as session:
        beat(session, "there")

    def write_twice() -> None:
        with transaction(is_pipelined=True) as session:
            after_commit(session, lambda: heard.append("committed"))
            insert_rows(session, Heartbeat, [heartbeat("new")])
            insert_rows(session, Heartbeat, [heartbeat("there")])

    with pytest.raises(IntegrityError):
        write_twice()
    assert (names(), heard) == (["there"], [])
    with transaction(is_pipelined=True) as session:
        insert_rows(session, Heartbeat, [heartbeat("after")])
    assert names() == ["after", "there"]


def test_a_write_that_is_refused_is_told_at_the_next_question(app: Flask) -> None:
    with transaction() as session:
        beat(session, "there")

    def write_and_ask() -> None:
        with transaction(is_pipelined=True) as session:
            insert_rows(session, Heartbeat, [heartbeat("there")])
            session.scalars(select(Heartbeat.name)).all()

    with pytest.raises(IntegrityError):
        write_and_ask()
    assert names() == ["there"]
