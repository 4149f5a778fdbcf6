import fcntl
import time
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from webapp.models import OutboxItem
from webapp.services.spine import outbox, precedence
from webapp.services.spine.transaction import transaction

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def took() -> float:
    began = time.monotonic()
    with precedence.behind_boards(at_most_s=0.1), transaction():
        pass
    return time.monotonic() - began


def want(handler: str) -> None:
    with transaction() as session:
        outbox.want(session, handler, "7", now=NOON)


def test_what_may_wait_stands_back_while_a_ranking_is_wanted_and_no_longer(app: Flask) -> None:
    want("publish")
    assert took() < 0.1
    want("rank")
    assert took() >= 0.1
    with transaction() as session:
        item = session.scalars(select(OutboxItem).where(OutboxItem.handler == "rank")).one()
        item_id = item.id
    outbox.run_leased(item_id, lambda _key: None, clock=lambda: NOON)
    assert took() < 0.1


def test_a_ranking_that_fails_holds_nobody_up(app: Flask) -> None:
    want("rank")
    with transaction() as session:
        session.scalars(select(OutboxItem).where(OutboxItem.handler == "rank")).one().attempts = 1
    assert took() < 0.1


def test_who_has_the_turn_and_keeps_it_delays_the_others_and_no_more(app: Flask) -> None:
    took()
    with (Path(app.instance_path) / "turn").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert took() >= precedence.IN_LINE_S
    assert took() < precedence.IN_LINE_S


def test_where_no_file_can_be_had_work_goes_on_without_turns(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")
    precedence.connect(tmp_path / "taken")
    try:
        assert took() < precedence.IN_LINE_S
    finally:
        precedence.connect(Path(app.instance_path))
