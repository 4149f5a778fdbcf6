from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT
from webapp.models import Heartbeat
from webapp.services.operations import heartbeats
from webapp.services.spine.transaction import read_snapshot


def beats() -> list[tuple[str, str, object]]:
    with read_snapshot() as session:
        rows = session.execute(select(Heartbeat.name, Heartbeat.kind, Heartbeat.beat_at).order_by(Heartbeat.name))
        return [(name, kind, beat_at) for name, kind, beat_at in rows]


def test_a_sign_of_life_is_one_row_that_moves_on(app: Flask) -> None:
    heartbeats.beat("worker-1", "worker-ranking", now=OPENED_AT)
    later = OPENED_AT + timedelta(seconds=10)
    heartbeats.beat("worker-1", "worker-ranking", now=later)
    heartbeats.beat("scheduler-1", "scheduler", now=later)
    assert beats() == [("scheduler-1", "scheduler", later), ("worker-1", "worker-ranking", later)]


def test_who_ends_in_order_is_off_the_list_and_who_has_long_been_silent_too(app: Flask) -> None:
    heartbeats.beat("ended", "scheduler", now=OPENED_AT)
    heartbeats.forget("ended")
    heartbeats.beat("killed", "scheduler", now=OPENED_AT)
    heartbeats.beat("alive", "scheduler", now=OPENED_AT + timedelta(minutes=59))
    assert [name for name, *_ in beats()] == ["alive", "killed"]
    heartbeats.beat("alive", "scheduler", now=OPENED_AT + timedelta(minutes=61))
    assert [name for name, *_ in beats()] == ["alive"]
