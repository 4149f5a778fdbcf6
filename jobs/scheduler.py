"""The scheduler process: sweeps the outbox every second and claims what the schedule says is due.

Two threads sweep: one what spectators wait for, one all the rest, so that where the scheduler has to do the work
itself a long nightly job does not stop the boards.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from flask import Flask

from jobs.context import application
from jobs.schedule import SCHEDULE
from webapp.extensions import db
from webapp.services.operations import heartbeats
from webapp.services.spine import doorbell, periods, relay
from webapp.services.spine.clock import utc_now

SWEEP_EVERY_S: Final = 1.0
BEAT_EVERY_S: Final = 10.0
CLAIM_EVERY_S: Final = 10.0

log = structlog.get_logger(__name__)


def main() -> None:
    """Run until SIGTERM or SIGINT; an error in one round is logged and the next round comes."""
    app = application()
    stop = threading.Event()
    rung = threading.Event()

    def end(*_signal: object) -> None:
        stop.set()
        rung.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    # In this process the bell only wakes the loop: rankings that the sweep does itself must not be started twice.
    doorbell.connect(rung.set)
    name = f"scheduler-{socket.gethostname()}-{os.getpid()}"
    # A daemon, since a long job must not hold up the end: its lease runs out and it is run again.
    threading.Thread(target=_sweep_slow, args=(app, stop), name="slow-sweep", daemon=True).start()
    with app.app_context():
        log.info("scheduler_started")
        chores = _Chores(name)
        while not stop.is_set():
            _attempt(chores.do_due)
            _attempt(lambda: relay.sweep(clock=utc_now, may_work=True, handlers=relay.QUICK))
            rung.wait(SWEEP_EVERY_S)
            rung.clear()
        heartbeats.forget(name)
        log.info("scheduler_stopped")


class _Chores:
    """What the scheduler does every few seconds: says that it lives, claims the periods that have come."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._next_beat = self._next_claim = 0.0

    def do_due(self) -> None:
        if time.monotonic() >= self._next_beat:
            heartbeats.beat(self._name, "scheduler", now=utc_now())
            self._next_beat = time.monotonic() + BEAT_EVERY_S
        if time.monotonic() >= self._next_claim:
            periods.claim_due([(job.handler, job.cron) for job in SCHEDULE], now=utc_now())
            self._next_claim = time.monotonic() + CLAIM_EVERY_S


def _sweep_slow(app: Flask, stop: threading.Event) -> None:
    with app.app_context():
        while not stop.wait(SWEEP_EVERY_S):
            _attempt(lambda: relay.sweep(clock=utc_now, may_work=True, handlers=relay.SLOW))


def _attempt(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        log.exception("sweep_failed")
    finally:
        db.session.remove()


if __name__ == "__main__":
    main()
