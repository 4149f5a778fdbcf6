"""Queues, failed jobs and late outbox rows on one page."""

from dataclasses import dataclass
from datetime import datetime

from webapp.domain.permissions import Action
from webapp.services.operations import work_queues
from webapp.services.operations.work_queues import FailedJob, LateRow, OutboxState, QueueState
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsPage:
    """`queues` and `failed` are None while Redis is away."""

    queues: list[QueueState] | None
    failed: list[FailedJob] | None
    outbox: OutboxState
    late: list[LateRow]


def read_jobs(*, actor: Actor, now: datetime) -> JobsPage:
    """The page. Raises Forbidden to everybody but staff."""
    permissions.ensure_on_site(actor, Action.MANAGE_JOBS)
    queues, failed = work_queues.queues(), work_queues.failed_jobs()
    with read_snapshot() as session:
        return JobsPage(
            queues=queues,
            failed=failed,
            outbox=work_queues.outbox_state(session, now=now),
            late=work_queues.late_rows(session, now=now),
        )
