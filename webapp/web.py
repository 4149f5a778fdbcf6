"""The web processes of one machine: `python -I webapp/web.py`, which starts them and starts again what dies.

One small process of the standard library only. It holds the sockets that the others listen on, so that nobody is turned
away while one of them is replaced. SIGHUP replaces all, one after the other, each only once its successor serves: that
is how new code is put into service. SIGTERM and SIGINT stop them.
"""

import argparse
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
TICK_S: Final = 0.25
FIRST_DELAY_S: Final = 0.2
LONGEST_DELAY_S: Final = 10.0
HEALTHY_AFTER_S: Final = 5.0
"""A process that lived this long is replaced at once; one that dies sooner waits twice as long each time."""
STOPS_WITHIN_S: Final = 4.5
"""A process that was told to stop is killed when it takes longer."""


def listening_sockets(host: str, port: int, count: int) -> list[socket.socket]:
    """As many bound sockets on one port; the kernel spreads connections over them evenly where it can (Linux)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with _bound(family, host, port, shared=False) as first:
        # Alone on the port: with SO_REUSEPORT a second site would share it without a word.
        if sys.platform != "linux":
            return [first.dup() for _ in range(count)]
        port = first.getsockname()[1]
    return [_bound(family, host, port, shared=True) for _ in range(count)]


def _bound(family: socket.AddressFamily, host: str, port: int, *, shared: bool) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


class Process:
    """A web process. It serves once it has written to its pipe."""

    def __init__(self, listener: socket.socket) -> None:
        self._ready, write_end = os.pipe()
        fds = (listener.fileno(), write_end)
        command = [sys.executable, "-m", "webapp.realtime.worker", "--socket", str(fds[0]), "--ready", str(fds[1])]
        self._process = subprocess.Popen(command, pass_fds=fds, cwd=ROOT, stdin=subprocess.DEVNULL)
        os.close(write_end)
        self._is_ready = False
        self._kill_at: float | None = None
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int:
        """What the system calls it."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit code, None while it lives; kills it when it takes too long to stop."""
        if self._kill_at is not None and time.monotonic() > self._kill_at:
            self._process.kill()
        return self._process.poll()

    @property
    def is_ready(self) -> bool:
        """Whether it serves."""
        if not self._is_ready:
            readable, _, _ = select.select([self._ready], [], [], 0)
            self._is_ready = bool(readable) and os.read(self._ready, 1) == b"1"
        return self._is_ready

    def stop(self) -> None:
        """Tell it to stop; may be called again."""
        if self._kill_at is None:
            self._kill_at = time.monotonic() + STOPS_WITHIN_S
            self._process.terminate()

    def forget(self) -> None:
        """It has ended."""
        os.close(self._ready)


class Place:
    """A place for one process at a time, with a socket of its own; for two while one takes over from the other."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._serving: Process | None = Process(listener)
        self._next: Process | None = None
        self._leaving: Process | None = None
        self._delay_s = FIRST_DELAY_S
        self._start_at = 0.0

    @property
    def is_replacing(self) -> bool:
        """Whether one takes over from another."""
        return self._next is not None or self._leaving is not None

    @property
    def is_empty(self) -> bool:
        """Whether nobody is there any more."""
        return self._serving is None and not self.is_replacing

    def replace(self) -> None:
        """Start a successor, which takes over once it serves."""
        self._next = Process(self._listener)

    def stop(self) -> None:
        """Tell everybody here to stop."""
        for process in (self._serving, self._next, self._leaving):
            if process is not None:
                process.stop()

    def look(self, *, may_start: bool) -> None:
        """See who has ended, and who is to begin."""
        self._serving = self._kept(self._serving)
        self._next = self._kept(self._next)
        self._leaving = self._kept(self._leaving)
        if self._next is not None and self._next.is_ready:
            self._leaving, self._serving, self._next = self._serving, self._next, None
            if self._leaving is not None:
                self._leaving.stop()
        if self._serving is None and self._next is None and may_start and time.monotonic() >= self._start_at:
            self._serving = Process(self._listener)

    def _kept(self, process: Process | None) -> Process | None:
        """The process, None when it has ended."""
        if process is None or (status := process.status) is None:
            return process
        process.forget()
        if process is not self._leaving:
            _say("web_process_ended", pid=process.pid, code=status)
            is_healthy = time.monotonic() - process.started_at >= HEALTHY_AFTER_S
            self._delay_s = FIRST_DELAY_S if is_healthy else min(2 * self._delay_s, LONGEST_DELAY_S)
            self._start_at = time.monotonic() + self._delay_s
        return None


class Web:
    """All places, and the signals."""

    def __init__(self, listeners: list[socket.socket]) -> None:
        self._listeners = listeners
        self._is_stopping = False
        self._is_replacing_asked = False
        self._to_replace: list[Place] = []
        self._wake_read, self._wake_write = os.pipe()

    def run(self) -> None:
        """Serve until told to stop; returns when every process has ended."""
        os.set_blocking(self._wake_write, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._replace)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        places = [Place(listener) for listener in self._listeners]
        while not all(place.is_empty for place in places) or not self._is_stopping:
            self._turn(places)
            self._wait()

    def _turn(self, places: list[Place]) -> None:
        for place in places:
            if self._is_stopping:
                place.stop()
            place.look(may_start=not self._is_stopping)
        if self._is_replacing_asked:
            self._is_replacing_asked = False
            self._to_replace = list(places)
        if self._to_replace and not self._is_stopping and not any(place.is_replacing for place in places):
            self._to_replace.pop(0).replace()

    def _wait(self) -> None:
        readable, _, _ = select.select([self._wake_read], [], [], TICK_S)
        if readable:
            os.read(self._wake_read, 512)

    def _stop(self, *_: object) -> None:
        self._is_stopping = True

    def _replace(self, *_: object) -> None:
        self._is_replacing_asked = True


def _say(event: str, **fields: int) -> None:
    """A line of the log, in the settings' format."""
    line: dict[str, object] = {"timestamp": datetime.now(UTC).isoformat(), "level": "warning", "event": event, **fields}
    text = " ".join(f"{name}={value}" for name, value in line.items())
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{text if os.environ.get('LOG_FORMAT') == 'text' else json.dumps(line)}\n")
        sys.stderr.flush()


def main(arguments: list[str]) -> None:
    """Serve the site; see --help."""
    parser = argparse.ArgumentParser(prog="web", description="Start the web processes and keep them.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    try:
        listeners = listening_sockets(options.host, options.port, options.processes)
    except OSError as error:
        sys.exit(f"Cannot listen on {options.host} port {options.port}: {error.strerror}")
    Web(listeners).run()


if __name__ == "__main__":
    main(sys.argv[1:])
