"""The application around a job."""

import os
import sys
from collections.abc import Callable
from functools import cache, wraps
from typing import NoReturn, TypeVar

import structlog
from flask import Flask, has_app_context
from rq import get_current_job

from webapp import create_bare_app
from webapp.extensions import db
from webapp.services.spine import outbox
from webapp.services.spine.clock import utc_now

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class JobFailedError(RuntimeError):
    """What RQ is told of a job's error: its kind alone. RQ keeps its text in Redis, and a database's quotes rows."""


@cache
def application() -> Flask:
    """The process's application, built once."""
    return create_bare_app()


def in_application(work: Callable[[], Result]) -> Result:
    """Run a piece of work of a thread of this process, with the application around it and a session of its own."""
    with application().app_context():
        try:
            return work()
        finally:
            db.session.remove()


def end_with(code: int) -> NoReturn:
    """End the process, whatever its threads wait for: a silent name server would hold it for half a minute."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def outbox_job(work: Callable[[str], None]) -> Callable[[int], None]:
    """A job that serves an outbox row: takes its id, leases it, and calls `work` with its key.

    A row that was served already, or that somebody else is at, is left alone; an error is kept on the row, logged and
    raised as JobFailedError. Called where an application is at work already, it is the relay that helps itself, and no
    worker's answer to a bell.
    """

    @wraps(work)
    def job(item_id: int) -> None:
        if has_app_context():
            outbox.run_leased(item_id, work, clock=utc_now, is_answer=False)
            return
        with application().app_context():
            current = get_current_job()
            with structlog.contextvars.bound_contextvars(job_id=current.id if current else None):
                try:
                    outbox.run_leased(item_id, work, clock=utc_now)
                except Exception as error:
                    # RQ's own line about it holds what must stay out of the log, so that little of it is left.
                    log.exception("outbox_run_failed", handler=work.__name__)
                    raise JobFailedError(type(error).__name__) from None
                finally:
                    db.session.remove()

    return job
