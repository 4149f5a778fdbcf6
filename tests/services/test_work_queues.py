from datetime import timedelta

import pytest
from flask import Flask
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import select, update

from tests.arenas import OPENED_AT
from tests.servers.redis import RedisServer
from tests.trail import trail
from webapp.domain.errors import Forbidden, NotFound
from webapp.models import OutboxItem
from webapp.services.operations import work_queues
from webapp.services.operations.work_queues import LateRow, OutboxState
from webapp.services.spine import outbox
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction

LATER = OPENED_AT + timedelta(minutes=1)
OLGA = Actor(1, "organizer")


def wanted(key: str = "7", handler: str = "rank") -> int:
    with transaction() as session:
        outbox.want(session, handler, key, now=OPENED_AT)
    with read_snapshot() as session:
        item_id = session.scalar(select(OutboxItem.id).where(OutboxItem.key == key, OutboxItem.handler == handler))
    assert item_id is not None
    return item_id


def late(now: object = LATER) -> list[LateRow]:
    with read_snapshot() as session:
        return work_queues.late_rows(session, now=now)  # type: ignore[arg-type]  # an instant


def state(now: object = LATER) -> OutboxState:
    with read_snapshot() as session:
        return work_queues.outbox_state(session, now=now)  # type: ignore[arg-type]  # an instant


def test_a_row_that_waits_is_late_after_a_while_and_a_served_one_never(app: Flask) -> None:
    assert state() == (0, 0, 0, 0.0)
    item_id = wanted()
    assert (late(OPENED_AT + timedelta(seconds=2)), state(OPENED_AT)) == ([], (1, 0, 0, 0.0))
    (row,) = late()
    assert (row.item_id, row.handler, row.key, row.waiting, row.attempts, row.is_leased) == (
        item_id, "rank", "7", 1, 0, False,
    )  # fmt: skip
    assert state() == (1, 1, 0, 60.0)
    lease = outbox.take_lease(item_id, now=LATER)
    assert lease is not None
    outbox.finish(lease, now=LATER)
    assert (late(), state()) == ([], (0, 0, 0, 0.0))


def test_a_failing_row_says_how_often_and_what_and_can_be_tried_at_once(app: Flask) -> None:
    item_id = wanted()
    for _ in range(2):
        lease = outbox.take_lease(item_id, now=LATER)
        assert lease is not None
        outbox.fail(lease, ValueError("secret"), now=LATER)
    (row,) = late(LATER)
    assert (row.attempts, row.last_error, row.next_at > LATER) == (2, "ValueError", True)
    assert state(LATER).failing == 1
    with trail() as found:
        work_queues.retry_row(item_id, actor=SYSTEM, now=LATER)
    assert found.audited == [("outbox.retried", {"item_id": item_id, "handler": "rank", "attempts": 2})]
    assert [claim.item_id for claim in outbox.claim_due(now=LATER)] == [item_id]


def test_a_served_row_is_left_alone_and_an_unknown_one_not_found(app: Flask) -> None:
    item_id = wanted()
    with transaction() as session:
        session.execute(update(OutboxItem).values(done=OutboxItem.wanted))
    with trail() as found:
        work_queues.retry_row(item_id, actor=SYSTEM, now=LATER)
    assert found.audited == []
    with pytest.raises(NotFound):
        work_queues.retry_row(999, actor=SYSTEM, now=LATER)


def test_without_redis_there_are_no_queues_to_tell_of(app: Flask) -> None:
    assert (work_queues.queues(), work_queues.failed_jobs()) == (None, None)
    with trail() as found:
        assert not work_queues.retry_job("ranking", "x", actor=SYSTEM, now=LATER)
    assert found.audited == []


def test_queues_failures_and_trying_again(app: Flask, redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        queue = Queue("default", connection=client, serializer=JSONSerializer)
        failing = queue.enqueue("math.sqrt", -1, description="season", failure_ttl=60)
        worker = SimpleWorker([queue], connection=client, serializer=JSONSerializer)
        worker.work(burst=True, logging_level="CRITICAL")
        queue.enqueue("math.sqrt", 4)
        states = {found.name: found for found in work_queues.queues() or []}
        assert tuple(states) == work_queues.QUEUES
        assert (states["default"].waiting, states["default"].failed, states["default"].started) == (1, 1, 0)
        assert states["default"].oldest_s is not None
        assert states["ranking"][1:] == (0, 0, 0, None)
        (failed,) = work_queues.failed_jobs() or []
        # The text of an error may quote what nobody else should read.
        assert (failed.queue, failed.job_id, failed.what, failed.error) == (
            "default", failing.id, "season", "ValueError",
        )  # fmt: skip
        assert failed.failed_at is not None
        with trail() as found:
            assert work_queues.retry_job("default", failing.id, actor=SYSTEM, now=LATER)
        assert found.audited == [("job.retried", {"queue": "default", "job_id": failing.id})]
        assert (work_queues.failed_jobs(), queue.count) == ([], 2)
        for name, job_id in (("default", failing.id), ("default", "x"), ("kitchen", "x")):
            with pytest.raises(NotFound):
                work_queues.retry_job(name, job_id, actor=SYSTEM, now=LATER)


def test_only_staff_try_again(app: Flask) -> None:
    item_id = wanted()
    with pytest.raises(Forbidden):
        work_queues.retry_row(item_id, actor=OLGA, now=LATER)
    with pytest.raises(Forbidden):
        work_queues.retry_job("default", "x", actor=OLGA, now=LATER)
