"""A test as a web process: what its commits make due is dispatched by the doorbell's thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from webapp.services.spine import doorbell, relay
from webapp.services.spine.clock import utc_now


@contextmanager
def ringing(app: Flask) -> Iterator[None]:
    """Like `webapp.connect_doorbell` while the block runs; afterwards the thread is at rest and holds no connection."""
    at_work = threading.Lock()
    is_over = threading.Event()

    def answer() -> None:
        with at_work:
            if not is_over.is_set():
                with app.app_context():
                    relay.answer_doorbell(utc_now)

    doorbell.connect(answer)
    try:
        yield
    finally:
        doorbell.connect(None)
        is_over.set()
        with at_work:
            pass
