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

from jobs.context import application, end_with, in_application
from jobs.schedule import SCHEDULE
from webapp.config import Settings
from webapp.extensions import db
from webapp.services.notifications import due
from webapp.services.operations import heartbeats
from webapp.services.spine import doorbell, leases, outbox, periods, relay
from webapp.services.spine.clock import utc_now
from webapp.services.webhooks import environment, sender

SWEEP_EVERY_S: Final = 1.0
BEAT_EVERY_S: Final = 10.0
CLAIM_EVERY_S: Final = 10.0
SENDER_IDLE_S: Final = 60.0
"""Where no worker sends webhooks, a sender of the scheduler's own does, until it had nothing to do for so long."""
STOPS_WITHIN_S: Final = 4.0

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
    sender.connect(in_application, clock=utc_now, idle_s=SENDER_IDLE_S)
    name = f"scheduler-{socket.gethostname()}-{os.getpid()}"
    # A daemon, since a long job must not hold up the end: its lease runs out and it is run again.
    threading.Thread(target=_sweep_slow, args=(app, stop), name="slow-sweep", daemon=True).start()
    with app.app_context():
        log.info("scheduler_started")
        chores = _Chores(name, app.config["SETTINGS"])
        while not stop.is_set():
            _attempt(chores.do_due)
            _attempt(lambda: relay.sweep(clock=utc_now, may_work=True, handlers=relay.QUICK))
            rung.wait(SWEEP_EVERY_S)
            rung.clear()
        sender.stop(within_s=STOPS_WITHIN_S)
        heartbeats.forget(name)
        log.info("scheduler_stopped")


class _Chores:
    """What the scheduler does every few seconds: says that it lives, claims the periods that have come, and looks what
    has come due to be sent.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        self._name = name
        self._settings = settings
        self._keeps_endpoint = False
        self._next_beat = self._next_claim = self._next_look = 0.0

    def do_due(self) -> None:
        if time.monotonic() >= self._next_beat:
            heartbeats.beat(self._name, "scheduler", now=utc_now())
            self._next_beat = time.monotonic() + BEAT_EVERY_S
        if time.monotonic() >= self._next_claim:
            periods.claim_due([(job.handler, job.cron) for job in SCHEDULE], now=utc_now())
            self._next_claim = time.monotonic() + CLAIM_EVERY_S
        if time.monotonic() >= self._next_look:
            due.ring(now=utc_now())
            self._next_look = time.monotonic() + SWEEP_EVERY_S
            outbox.release_of_dead(now=utc_now())
            for table in leases.MESSAGES:
                leases.release_of_dead(table, now=utc_now())
        if not self._keeps_endpoint:
            # Settings change by a restart alone.
            environment.keep(self._settings.webhook_endpoint, self._settings.webhook_secret or "", now=utc_now())
            self._keeps_endpoint = True


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
    end_with(0)
