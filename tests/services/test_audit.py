import threading

import pytest
import structlog
from flask import Flask
from sqlalchemy import delete, select, text, update

from tests.arenas import OPENED_AT, ended_at
from webapp.models import AuditEntry, AuditHead
from webapp.services.accounts.users import create_user
from webapp.services.spine import audit
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.audit import BrokenLink
from webapp.services.spine.transaction import read_snapshot, transaction


def record(action: str, tournament_id: int | None = None, **data: object) -> None:
    with transaction() as session:
        audit.record(session, SYSTEM, action, now=OPENED_AT, tournament_id=tournament_id, **data)


def verify() -> list[BrokenLink]:
    with read_snapshot() as session:
        return audit.verify(session)


def tamper(app: Flask, statement: object) -> None:
    """Changes the record as somebody with the database's own tools would, past its triggers."""
    with transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for action in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER IF EXISTS audit_entries_no_{action}"))
        session.execute(statement, execution_options={"synchronize_session": False})  # type: ignore[call-overload]  # any statement


@pytest.fixture
def three(app: Flask) -> Flask:
    for number in range(3):
        record("test.done", 7, number=number, reason="Because it had to be — ünïcode")
    record("test.done", None, flag="X")
    return app


def test_an_entry_says_who_did_what_when_and_in_which_request(app: Flask) -> None:
    actor_id = create_user(
        email="staff@example.org", handle="Staff", role="admin", password="correct horse", actor=SYSTEM, now=OPENED_AT
    )
    with structlog.contextvars.bound_contextvars(request_id="req-1"), transaction() as session:
        audit.record(
            session, Actor(actor_id, "admin"), "test.done", now=ended_at(1), tournament_id=7, before=1, after=[2, None]
        )
    with read_snapshot() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.chain == "tournament:7")).one()
        assert (entry.number, entry.action, entry.actor_id, entry.data, entry.request_id, entry.at) == (
            1, "test.done", actor_id, {"before": 1, "after": [2, None]}, "req-1", ended_at(1),
        )  # fmt: skip
        assert (entry.previous_hash, len(entry.hash)) == ("0" * 64, 64)


def test_each_tournament_has_a_chain_and_the_site_has_one(three: Flask) -> None:
    with read_snapshot() as session:
        entries = session.execute(
            select(AuditEntry.chain, AuditEntry.number, AuditEntry.previous_hash, AuditEntry.hash).order_by(
                AuditEntry.id
            )
        ).all()
        heads = session.execute(select(AuditHead.chain, AuditHead.number, AuditHead.hash).order_by(AuditHead.chain))
        assert heads.all() == [("site", 1, entries[3].hash), ("tournament:7", 3, entries[2].hash)]
    assert [(chain, number) for chain, number, _, _ in entries] == [
        ("tournament:7", 1), ("tournament:7", 2), ("tournament:7", 3), ("site", 1)
    ]  # fmt: skip
    assert [entry.previous_hash for entry in entries[1:3]] == [entry.hash for entry in entries[:2]]
    assert verify() == []


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"number": 1, "reason": "Because it had to be — ünïcodf"}},
        {"action": "test.dona"},
        {"request_id": "x"},
        {"at": ended_at(1)},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_one_altered_byte_is_found(three: Flask, change: dict[str, object]) -> None:
    tamper(three, update(AuditEntry).where(AuditEntry.chain == "tournament:7", AuditEntry.number == 2).values(**change))
    broken = verify()
    assert broken[0] == BrokenLink("tournament:7", 2, "its content was changed")
    assert {link.chain for link in broken} == {"tournament:7"}


def test_an_entry_taken_out_or_cut_off_the_end_is_found(three: Flask) -> None:
    tamper(three, delete(AuditEntry).where(AuditEntry.chain == "site"))
    assert verify() == [BrokenLink("site", 1, "entries at the end are missing")]
    tamper(three, delete(AuditEntry).where(AuditEntry.number == 2))
    assert BrokenLink("tournament:7", 2, "the entry is missing") in verify()


def test_an_entry_put_in_behind_the_chains_back_is_found(three: Flask) -> None:
    with transaction() as session:
        session.add(
            AuditEntry(
                chain="tournament:7", number=4, action="test.done", data={}, at=OPENED_AT, previous_hash="0" * 64,
                hash="f" * 64,
            )
        )  # fmt: skip
    assert verify()[0] == BrokenLink("tournament:7", 4, "it does not follow the entry before it")


def test_entries_of_a_change_that_failed_are_not_there(three: Flask) -> None:
    with pytest.raises(ZeroDivisionError):
        _record_and_fail()
    assert verify() == []
    with read_snapshot() as session:
        assert session.get_one(AuditHead, "tournament:7").number == 3


def _record_and_fail() -> None:
    with transaction() as session:
        audit.record(session, SYSTEM, "test.done", now=OPENED_AT, tournament_id=7)
        session.flush()
        _ = 1 / 0


def test_writers_of_one_chain_stand_in_line(app: Flask) -> None:
    def write() -> None:
        with app.app_context():
            for _ in range(5):
                record("test.done", 7)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify() == []
    with read_snapshot() as session:
        assert session.get_one(AuditHead, "tournament:7").number == 20
