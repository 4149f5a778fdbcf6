"""The relay: hands due outbox rows to RQ, and does itself what RQ does not answer for."""

import pkgutil
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import redis
import structlog
from rq import Queue
from rq.serializers import JSONSerializer

from webapp.extensions import db
from webapp.services.spine import outbox, redis_link
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import read_snapshot

UNANSWERED_BELLS: Final = 3
"""After so many unanswered dispatches the scheduler does the work itself: workers may be gone with Redis alive."""
LONGEST_QUEUE: Final = 1000
"""So many bells are enough for workers that do not answer; the rows keep what must be done."""
QUICK: Final = tuple(name for name, handler in outbox.HANDLERS.items() if handler.queue in (None, "ranking"))
"""Handlers of what spectators wait for."""
SLOW: Final = tuple(name for name in outbox.HANDLERS if name not in QUICK)
"""Handlers that may take their time, and must not take that of the quick ones."""
JOB_TIMEOUT_S: Final = 30 * 60

log = structlog.get_logger(__name__)


def sweep(*, clock: Callable[[], datetime], may_work: bool, handlers: Sequence[str] = tuple(outbox.HANDLERS)) -> int:
    """Dispatch everything due of these handlers and return how many rows that was.

    `may_work` is for the scheduler, which also does what RQ cannot take or leaves unanswered; a web process or a worker
    only rings and publishes, and leaves to the scheduler what it can do nothing with.
    """
    dispatched = 0
    is_done = False
    # What no worker answers for is left to the scheduler: others would take it and give it back with every commit.
    bells_below = None if may_work else UNANSWERED_BELLS
    while not is_done and _anything_due(clock, handlers, bells_below):
        within_reach = _within_reach(handlers, may_work=may_work)
        claims = outbox.claim_due(now=clock(), handlers=within_reach, bells_below=bells_below) if within_reach else []
        # A board is ranked by a worker while this process goes on with what else there is to ring and to publish.
        claims.sort(key=lambda claim: outbox.HANDLERS[claim.handler].queue != "ranking")
        settled = [_dispatch(claim, clock=clock, may_work=may_work) for claim in claims]
        dispatched += len(claims)
        is_done = len(claims) < outbox.BATCH or not all(settled)
    return dispatched


def _anything_due(clock: Callable[[], datetime], handlers: Sequence[str], bells_below: int | None) -> bool:
    with read_snapshot() as session:
        return outbox.has_due(session, now=clock(), handlers=handlers, bells_below=bells_below)


def _within_reach(handlers: Sequence[str], *, may_work: bool) -> list[str]:
    """Those handlers that this process can serve now, with Redis or without."""
    if redis_link.link().is_there():
        return list(handlers)
    has_redis_to_tell = redis_link.link().url is not None
    for_jobs = [name for name in handlers if outbox.HANDLERS[name].queue is not None] if may_work else []
    for_redis = [name for name in handlers if outbox.HANDLERS[name].queue is None] if not has_redis_to_tell else []
    return for_jobs + for_redis


def _dispatch(claim: outbox.Claim, *, clock: Callable[[], datetime], may_work: bool) -> bool:
    """Ring for a claimed row, or serve it here; False when it was left to another process."""
    handler = outbox.HANDLERS[claim.handler]
    if handler.queue is None:
        _run_here(claim, handler)
        return True
    is_rung = _ring(claim, handler, handler.queue)
    if is_rung and claim.dispatches <= UNANSWERED_BELLS:
        return True
    if may_work:
        _run_here(claim, handler)
    else:
        outbox.hand_back(claim, now=clock())
    return may_work


def _ring(claim: outbox.Claim, handler: outbox.Handler, queue_name: str) -> bool:
    def enqueue(client: redis.Redis) -> bool:
        queue = Queue(queue_name, connection=client, serializer=JSONSerializer)
        if queue.count >= LONGEST_QUEUE:
            return False
        queue.enqueue(
            handler.path,
            claim.item_id,
            job_timeout=JOB_TIMEOUT_S,
            result_ttl=0,
            failure_ttl=86_400,
            description=claim.handler,
        )
        return True

    if redis_link.link().url is None:
        return False
    try:
        is_rung = redis_link.link().run(enqueue)
    except redis.RedisError as error:
        log.warning("doorbell_unreachable", error=type(error).__name__)
        return False
    crashpoint("after_enqueue")
    return is_rung


def _run_here(claim: outbox.Claim, handler: outbox.Handler) -> None:
    job: Callable[[int], None] = pkgutil.resolve_name(handler.path)
    try:
        job(claim.item_id)
    except redis.RedisError as error:
        log.warning("publishing_postponed", handler=claim.handler, error=type(error).__name__)
    except Exception:
        # The row keeps the error and its next time; the sweep must go on with the others.
        log.exception("outbox_run_failed", handler=claim.handler)


def answer_doorbell(clock: Callable[[], datetime]) -> None:
    """What a process does after its commits, in a thread of its own: ring for jobs and publish, never compute."""
    try:
        sweep(clock=clock, may_work=False)
    except Exception:
        # The scheduler's sweep will find the rows; the thread must live on.
        log.exception("doorbell_failed")
    finally:
        db.session.remove()
