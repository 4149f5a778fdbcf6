"""A worker process of one queue: `python -m jobs.worker ranking`.

One queue a process: with two, RQ waits with BLPOP, and a worker killed in between loses the job. The worker runs its
jobs in its own process, since ours are short and a fork that loads numpy and SQLAlchemy costs more than the job.
"""

import argparse
import contextlib
import gc
import os
import pkgutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from jobs.context import application, end_with, in_application
from webapp import connect_doorbell
from webapp.extensions import db
from webapp.services.operations import heartbeats
from webapp.services.spine import outbox, redis_link
from webapp.services.spine.clock import utc_now

NICENESS: Final = {"ranking": 0, "default": 5, "email": 15, "webhooks": 10, "maintenance": 15}
"""The queues; of the worker of each, in the system's scale: what sends to thousands takes no processor from a board."""
AUTOGROUP: Final = Path("/proc/self/autogroup")
BEAT_EVERY_S: Final = 10.0
WORKER_TTL_S: Final = 30
LOOK_FOR_REDIS_EVERY_S: Final = 1.0
STOPS_WITHIN_S: Final = 4.0
"""What webhooks on their way have left when the worker is told to end; then they are given back."""

log = structlog.get_logger(__name__)


class QuickWorker(SimpleWorker):
    """RQ's in-process worker, without the job's arguments in the log, and never asleep long after Redis is back."""

    is_told_to_stop = False
    """Whether this process was asked to end, which RQ forgets where Redis is away at that moment."""
    log_job_description = False
    # RQ would wait up to a minute between two looks for a Redis that went away.
    max_connection_wait_time = LOOK_FOR_REDIS_EVERY_S

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """RQ's answer to a signal, kept in mind whatever becomes of it."""
        QuickWorker.is_told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ has no types there


def main(arguments: list[str] | None = None) -> int:
    """Work until told to stop, waiting for a Redis that is away; 1 without a REDIS_URL."""
    parser = argparse.ArgumentParser(description="Work off one queue.")
    parser.add_argument("queue", choices=NICENESS)
    queue = parser.parse_args(arguments).queue
    app = application()
    if redis_link.link().url is None:
        log.warning("worker_without_redis", queue=queue, reason="no REDIS_URL: the scheduler does the work itself")
        return 1
    connect_doorbell(app)
    for handler in outbox.HANDLERS.values():
        if handler.queue == queue:
            # The first job would wait for its module.
            pkgutil.resolve_name(handler.path)
    # Only now: a worker that died is to be back as soon as any other. And before any other thread, since on Linux each
    # thread has its own niceness, that of who started it.
    _be_nice(NICENESS[queue])
    # What is there now stays; looking through it again and again would hold up whoever waits for a job.
    gc.freeze()
    threading.Thread(target=_beat, args=(app, queue), daemon=True).start()
    end_sender = _start_sender() if queue == "webhooks" else None
    # RQ's answer to a signal, and ours until RQ listens.
    with contextlib.suppress(StopRequested):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end)
        _work_through(queue)
    if end_sender is not None:
        end_sender(within_s=STOPS_WITHIN_S)
    return 0


def _start_sender() -> Callable[..., None]:
    from webapp.services.webhooks import sender  # noqa: PLC0415  (a fifth of a worker's start, and one of five needs it)

    sender.connect(in_application, clock=utc_now)
    sender.wake()
    return sender.stop


def _be_nice(by: int) -> None:
    os.nice(by)
    if os.getsid(0) != os.getpid():
        return
    # Linux shares processors among sessions first, and niceness counts inside of one alone (sched(7), "autogroup"):
    # what leads a session, like a unit of its own, is nice for the whole of it.
    with contextlib.suppress(OSError), AUTOGROUP.open("w") as file:
        file.write(str(os.getpriority(os.PRIO_PROCESS, 0)))


def _end(*_signal: object) -> None:
    QuickWorker.is_told_to_stop = True
    raise StopRequested


def _work_through(queue: str) -> None:
    """Work until told to stop; a Redis that is away is looked for again every second."""
    while not QuickWorker.is_told_to_stop:
        try:
            _worker(queue).work(with_scheduler=False, logging_level="WARNING")
        except redis.RedisError as error:
            log.warning("worker_lost_redis", queue=queue, error=type(error).__name__)
        if not QuickWorker.is_told_to_stop:
            time.sleep(LOOK_FOR_REDIS_EVERY_S)


def _worker(queue: str) -> QuickWorker:
    # Without redis-py's ten silent repetitions: the loop above and RQ's look again, and every job bears a second run.
    connection: Any = redis.Redis.from_url(
        str(redis_link.link().url), health_check_interval=15, retry=Retry(NoBackoff(), 0)
    )
    return QuickWorker(
        [Queue(queue, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_S,
        maintenance_interval=WORKER_TTL_S,
        default_result_ttl=0,
        log_job_description=False,
    )


def _beat(app: Any, queue: str) -> None:
    name = f"worker-{queue}-{socket.gethostname()}-{os.getpid()}"
    pause = threading.Event()
    while True:
        try:
            with app.app_context():
                heartbeats.beat(name, f"worker-{queue}", now=utc_now())
                db.session.remove()
        except Exception:
            log.exception("heartbeat_failed", queue=queue)
        pause.wait(BEAT_EVERY_S)


if __name__ == "__main__":
    end_with(main())
