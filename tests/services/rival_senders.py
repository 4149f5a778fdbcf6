"""Several senders at once, for tests of what they share: processes that are forked, since all they do is claim."""

import multiprocessing
import time
from collections.abc import Callable
from datetime import datetime
from multiprocessing.connection import Connection
from threading import Barrier
from typing import Any, Final

from flask import Flask

from webapp.extensions import db
from webapp.services.spine.clock import utc_now
from webapp.services.webhooks import claims

PATIENCE_S: Final = 60


def at_once(app: Flask, count: int, work: Callable[..., int], *given: Any) -> list[int]:
    """Let so many processes do the same at the same moment; what each of them returned."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(count)
    pipes: list[Connection] = []
    processes = []
    # No connection may be shared with a child.
    db.session.remove()
    db.engine.dispose()
    for _ in range(count):
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(app, barrier, theirs, work, given), daemon=True)
        process.start()
        pipes.append(ours)
        processes.append(process)
    try:
        return [_answer(pipe) for pipe in pipes]
    finally:
        for pipe, process in zip(pipes, processes, strict=True):
            pipe.close()
            process.join(10)
            process.kill()


def _answer(pipe: Connection) -> int:
    assert pipe.poll(PATIENCE_S), "a process did not answer"
    return int(pipe.recv())


def _work(app: Flask, barrier: Barrier, pipe: Connection, work: Callable[..., int], given: tuple[Any, ...]) -> None:
    with app.app_context():
        barrier.wait(PATIENCE_S)
        pipe.send(work(*given))
        db.session.remove()


# -- what they do


def take_all(now: datetime) -> int:
    """How many deliveries a sender is given at this moment."""
    return len(claims.take(now=now, limit=100).claims)


def take_for(seconds: float) -> int:
    """How many deliveries a sender is given that asks for all it can get, again and again."""
    end, taken = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        taken += take_all(utc_now())
        time.sleep(0.02)
    return taken
