"""The doorbell: after a commit, a thread of this process dispatches what is due, so that no request waits for Redis."""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

PAUSE_S: Final = 0.03
"""Between two answers: what many commits in a row ring for is dispatched together, and requests keep the processor."""
PAUSE_PER_ANSWER: Final = 4
"""So many times as long as it computed does it rest: the busier the process, the rarer, and never over a fifth of it.

What it waited for a lock or for Redis took no processor from anybody.
"""
LONGEST_PAUSE_S: Final = 0.3


class Doorbell:
    """Calls `answer` in a thread of its own, soon after `ring`; rings that come meanwhile are one more call."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._answer: Callable[[], None] | None = None
        self._pid: int | None = None
        self._lock = threading.Lock()

    def connect(self, answer: Callable[[], None] | None) -> None:
        """Say what to do when it rings; None disconnects it: then the scheduler's sweep alone dispatches."""
        self._answer = answer

    def ring(self) -> None:
        """Return at once; each process starts its thread on the first ring, since threads do not survive a fork."""
        if self._answer is None:
            return
        self._rung.set()
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._pid = os.getpid()
                    threading.Thread(target=self._wait, name="doorbell", daemon=True).start()

    def _wait(self) -> None:
        while True:
            self._rung.wait()
            self._rung.clear()
            answer = self._answer
            if answer is not None:
                began = time.thread_time()
                answer()
                took = time.thread_time() - began
                time.sleep(max(PAUSE_S, min(PAUSE_PER_ANSWER * took, LONGEST_PAUSE_S)))


_doorbell = Doorbell()
connect = _doorbell.connect
ring = _doorbell.ring
