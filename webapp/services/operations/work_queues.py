"""The work that follows commits, for staff: queues of RQ, jobs that failed, outbox rows that wait, and trying again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, TypeVar

import redis
from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.permissions import Action
from webapp.models import OutboxItem
from webapp.services.spine import audit, doorbell, outbox, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.redis_link import link
from webapp.services.spine.transaction import after_commit, transaction

QUEUES: Final = tuple(dict.fromkeys(handler.queue for handler in outbox.HANDLERS.values() if handler.queue))
"""The queues that work is handed to; each has workers of its own."""
LATE_AFTER: Final = timedelta(seconds=10)
"""What waits longer than this past its time, or has failed, is worth a look."""
SHOWN_AT_MOST: Final = 100

Answer = TypeVar("Answer")


class QueueState(NamedTuple):
    """How much is in a queue; `oldest_s` is how long the first one has waited."""

    name: str
    waiting: int
    started: int
    failed: int
    oldest_s: float | None


class FailedJob(NamedTuple):
    """A job that RQ gave up. `what` is the handler's name; of errors only their kind is ever kept."""

    queue: str
    job_id: str
    what: str
    failed_at: datetime | None
    error: str


class OutboxState(NamedTuple):
    """How many rows are to be served and how late the latest one is, roughly, in seconds."""

    unserved: int
    late: int
    failing: int
    lag_s: float


class LateRow(NamedTuple):
    """An outbox row that has failed or waits past its time."""

    item_id: int
    handler: str
    key: str
    waiting: int
    attempts: int
    dispatches: int
    next_at: datetime
    last_error: str | None
    is_leased: bool


def queues() -> list[QueueState] | None:
    """Every queue, counted without tidying up, which eight browsers at once would do eight times. None: no Redis."""
    return _asked(lambda client: [_state(client, name) for name in QUEUES])


def failed_jobs() -> list[FailedJob] | None:
    """The newest failed jobs of all queues; None while Redis is away."""
    return _asked(lambda client: [job for name in QUEUES for job in _failed(client, name)])


def outbox_state(session: Session, *, now: datetime) -> OutboxState:
    """How the outbox stands."""
    unserved = select(func.count()).where(OutboxItem.wanted > OutboxItem.done)
    failing = unserved.where(OutboxItem.attempts > 0)
    late = unserved.where(_is_late(now))
    # Each unanswered bell has moved the row on by so much: without them it would have been due so much earlier.
    oldest = session.execute(
        select(OutboxItem.next_at, OutboxItem.dispatches)
        .where(OutboxItem.wanted > OutboxItem.done)
        .order_by(OutboxItem.next_at)
        .limit(SHOWN_AT_MOST)
    )
    lags = [(now - next_at + dispatches * outbox.REDISPATCH_AFTER).total_seconds() for next_at, dispatches in oldest]
    return OutboxState(
        session.scalar(unserved) or 0, session.scalar(late) or 0, session.scalar(failing) or 0, max([0.0, *lags])
    )


def late_rows(session: Session, *, now: datetime) -> list[LateRow]:
    """Rows that have failed or wait past their time, those that wait longest first."""
    rows = session.scalars(
        select(OutboxItem)
        .where(OutboxItem.wanted > OutboxItem.done, _is_late(now))
        .order_by(OutboxItem.next_at, OutboxItem.id)
        .limit(SHOWN_AT_MOST)
    )
    return [
        LateRow(
            row.id, row.handler, row.key, row.wanted - row.done, row.attempts, row.dispatches, row.next_at,
            row.last_error, row.lease_until is not None and row.lease_until > now,
        )
        for row in rows
    ]  # fmt: skip


def retry_row(item_id: int, *, actor: Actor, now: datetime) -> None:
    """Have an outbox row served now instead of at its next time; audited. Nothing to do where it has been served."""
    permissions.ensure_on_site(actor, Action.MANAGE_JOBS)
    with transaction() as session:
        item = session.get(OutboxItem, item_id, with_for_update=True, populate_existing=True)
        if item is None:
            raise NotFound(f"There is no outbox row {item_id}.", code="outbox_row_not_found")
        if item.wanted <= item.done:
            return
        audit.record(
            session, actor, "outbox.retried", now=now, item_id=item.id, handler=item.handler, attempts=item.attempts
        )
        item.next_at = now
        after_commit(session, doorbell.ring)


def retry_job(queue: str, job_id: str, *, actor: Actor, now: datetime) -> bool:
    """Put a failed job back into its queue; audited. False where Redis is away. Raises NotFound for none such."""
    permissions.ensure_on_site(actor, Action.MANAGE_JOBS)
    if queue not in QUEUES:
        raise NotFound(f"There is no queue {queue}; the queues are {', '.join(QUEUES)}.", code="queue_not_found")
    found = _asked(lambda client: job_id in _registry(client, queue).get_job_ids(cleanup=False))
    if found is None:
        return False
    if not found:
        raise NotFound(f"There is no failed job {job_id} in the queue {queue}.", code="job_not_found")
    with transaction() as session:
        audit.record(session, actor, "job.retried", now=now, queue=queue, job_id=job_id)
    return _asked(lambda client: _registry(client, queue).requeue(job_id)) is not None


def _is_late(now: datetime) -> ColumnElement[bool]:
    return or_(OutboxItem.attempts > 0, OutboxItem.dispatches > 1, OutboxItem.next_at < now - LATE_AFTER)


def _asked(question: Callable[[redis.Redis], Answer]) -> Answer | None:
    try:
        return link().run(question)
    except redis.RedisError:
        return None


def _queue(client: redis.Redis, name: str) -> Queue:
    return Queue(name, connection=client, serializer=JSONSerializer)


def _registry(client: redis.Redis, name: str) -> FailedJobRegistry:
    return FailedJobRegistry(queue=_queue(client, name))


def _state(client: redis.Redis, name: str) -> QueueState:
    queue = _queue(client, name)
    waiting = queue.get_job_ids(0, 1)
    first = Job.fetch_many(waiting, connection=client, serializer=JSONSerializer)[0] if waiting else None
    since = None if first is None or first.enqueued_at is None else first.enqueued_at.replace(tzinfo=UTC)
    return QueueState(
        name,
        queue.count,
        StartedJobRegistry(queue=queue).get_job_count(cleanup=False),
        _registry(client, name).get_job_count(cleanup=False),
        None if since is None else max(0.0, (datetime.now(UTC) - since).total_seconds()),
    )


def _failed(client: redis.Redis, name: str) -> list[FailedJob]:
    ids = _registry(client, name).get_job_ids(0, SHOWN_AT_MOST - 1, desc=True, cleanup=False)
    jobs = Job.fetch_many(ids, connection=client, serializer=JSONSerializer)
    return [
        FailedJob(
            name,
            job.id,
            job.description or "",
            None if job.ended_at is None else job.ended_at.replace(tzinfo=UTC),
            _kind_of_error(job),
        )
        for job in jobs
        if job is not None
    ]


def _kind_of_error(job: Job) -> str:
    """What kind of error ended the job: the texts of errors may quote rows."""
    result = job.latest_result()
    lines = (result.exc_string or "").strip().splitlines() if result is not None else []
    if not lines:
        return "unknown"
    raised, _, told = lines[-1].partition(": ")
    # Our jobs raise an error of their own, which tells the kind of the real one.
    return told if raised.endswith("JobFailedError") else raised.rpartition(".")[2]
