"""The receivers of a run of kills: a process that none of the kills is meant for, and the file of what reached it."""

import contextlib
import sys
from pathlib import Path
from typing import NamedTuple

from tests.servers.process import ServerProcess
from tests.servers.web import free_port
from webapp.config import ROOT


class Received(NamedTuple):
    """A request as it came: its path, what it calls its message, a hash of its bytes, and what it was answered."""

    path: str
    message_id: str
    digest: str
    outcome: str


class ChaosReceivers:
    """All receivers of a run, on one port; which of them is meant says the path."""

    def __init__(self, folder: Path, seed: str, *, is_kind: bool = False) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._file = folder / "received.txt"
        self._file.touch()
        words = [str(port), str(self._file), seed, *(["kind"] if is_kind else [])]
        command = [sys.executable, "-m", "tests.chaos.receiving", *words]
        self._process = ServerProcess(command, folder / "receivers.log", folder=ROOT)
        self._process.wait_until(lambda: "listening" in self._process.output, seconds=60)

    def received(self) -> list[Received]:
        """Everything that came, in its order."""
        return [Received(*line.split("\t")) for line in self._file.read_text(encoding="ascii").splitlines()]

    def stand_back(self) -> None:
        """Leave the processors to whoever else wants them, as receivers on other machines would."""
        # Niceness among sessions, of which this process leads one (sched(7), "autogroup").
        with contextlib.suppress(OSError):
            Path(f"/proc/{self._process.pid}/autogroup").write_text("15", encoding="ascii")

    def stop(self) -> None:
        self._process.stop()
