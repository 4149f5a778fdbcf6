"""A child process of the tests that cannot outlive them."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from webapp.keeper import die_with_parent


class ServerDidNotStart(RuntimeError):
    """Carries what the server printed."""


class ServerProcess:
    """One server in the foreground of a child process, with its output in a file."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        user: int | None = None,
        group: int | None = None,
        end_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.log = log
        self._end_signal = end_signal
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(end_signal),  # noqa: PLW1509  (tests that start servers do it from one thread)
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float) -> None:
        """Return once `is_ready`; raise ServerDidNotStart when the process ends before or time is up."""
        give_up_at = time.monotonic() + seconds
        while not is_ready():
            if self.process.poll() is not None:
                raise ServerDidNotStart(f"ended with {self.process.returncode}:\n{self.output[-4000:]}")
            if time.monotonic() > give_up_at:
                raise ServerDidNotStart(f"was not ready after {seconds} s:\n{self.output[-4000:]}")
            time.sleep(0.02)

    def send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def stop(self, *, seconds: float = 15) -> int:
        """End it and return its exit code; killed when it takes longer than `seconds`."""
        self.send(signal.SIGCONT)
        self.send(self._end_signal)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
