"""Keeps a set of programs running: starts them, restarts what dies, shows their output, stops them all together.

One small process for all of them, of the standard library only: it is run as `python -I webapp/keeper.py`, so that it
stays light for as long as the site is up. On Linux nothing it started outlives it, even when it is killed: its children
are signalled by the kernel when it dies, and it adopts (and ends) what a killed child leaves behind.
"""

import argparse
import contextlib
import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Final, TextIO

FIRST_DELAY_S: Final = 0.2
LONGEST_DELAY_S: Final = 10.0
HEALTHY_AFTER_S: Final = 2.0
"""A program that lived this long is restarted at once; one that dies sooner waits twice as long each time."""
SAME_REQUEST_S: Final = 1.0
"""Signals this close together are one request (`make` repeats what a terminal sent already); a later one means now."""
TICK_S: Final = 0.25
ALONE_S: Final = 6.0
"""How long the site may take to answer before what waits for it is started all the same."""
GRACE_S: Final = 6.0
"""How long a program may take to stop before it is killed: jobs that are cut off are taken up again by their lease."""

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_COLOURS: Final = ("36", "33", "32", "35", "34", "96", "93", "92", "95")
_libc: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signal_number: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process `signal_number` when its parent ends. Does nothing outside Linux."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)


def _adopt_orphans() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _leave_terminal() -> None:
    # In the child, before its program starts. A session of its own, so that Ctrl-C reaches the keeper alone, which then
    # stops everything in order; SIGTERM, because a web server has workers of its own to end.
    os.setsid()
    die_with_parent(signal.SIGTERM)


@dataclass(slots=True)
class Program:
    """One program to keep: a shell command, its environment, whether it goes down after all the others, and whether it
    is started only once the site answers (starting is work: what people wait for has the processor first).
    """

    name: str
    command: str
    environment: Mapping[str, str]
    stops_last: bool = False
    waits_for_site: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float | None = None
    delay_s: float = FIRST_DELAY_S
    unfinished_line: bytes = field(default=b"", repr=False)


class Keeper:
    """Runs programs until it is told to stop. Not for use in a process with threads: it forks."""

    def __init__(self, programs: list[Program], *, output: TextIO | None = None, folder: Path | None = None) -> None:
        self._programs = programs
        self._output = output or sys.stdout
        self._folder = folder
        self._width = max(len(program.name) for program in programs)
        self._selector = selectors.DefaultSelector()
        self._stop_asked_at: float | None = None
        self._in_a_hurry = False
        self._wake_read, self._wake_write = socket.socketpair()

    def run(self, watch: Callable[[], bool] | None = None) -> None:
        """Start everything and return when SIGINT, SIGTERM or SIGHUP came and every program has ended.

        `watch` is called about four times a second until it returns True: whether the site is up, and what is to be
        said then. What waits for the site starts when it is, or `ALONE_S` seconds after the rest.
        """
        _adopt_orphans()
        with self._listening_to_signals():
            try:
                self._start_all(waiting=False)
                may_wait_until = time.monotonic() + ALONE_S
                while self._stop_asked_at is None:
                    self._turn(TICK_S)
                    self._restart_due()
                    if watch is not None and watch():
                        watch = None
                    if watch is None or time.monotonic() > may_wait_until:
                        self._start_all(waiting=True)
            finally:
                self._stop_all()

    def say(self, line: str) -> None:
        """Print one line between those of the programs; when nobody reads them any more, stop."""
        try:
            self._output.write(line + "\n")
            self._output.flush()
        except (BrokenPipeError, ValueError):
            self._ask_to_stop()

    # -- signals

    @contextlib.contextmanager
    def _listening_to_signals(self) -> Iterator[None]:
        for end in (self._wake_read, self._wake_write):
            end.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        wanted = [signal.SIGINT, signal.SIGTERM]
        # Under nohup the closed terminal is to be ignored.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            wanted.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._note_stop) for number in wanted}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        wakeup_before = signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._selector.close()
            self._wake_read.close()
            self._wake_write.close()

    def _note_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._ask_to_stop()

    def _ask_to_stop(self) -> None:
        now = time.monotonic()
        if self._stop_asked_at is None:
            self._stop_asked_at = now
        elif now - self._stop_asked_at > SAME_REQUEST_S:
            self._in_a_hurry = True

    # -- starting and restarting

    def _start_all(self, *, waiting: bool) -> None:
        """Start what has not been started yet: what waits for the site, or what does not."""
        for program in self._programs:
            if program.waits_for_site is waiting and not program.started_at:
                self._start(program)

    def _start(self, program: Program) -> None:
        program.process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {program.command}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(program.environment),
            cwd=self._folder,
            preexec_fn=_leave_terminal,  # noqa: PLW1509  (this process has no threads)
        )
        program.started_at = time.monotonic()
        program.restart_at = None
        if program.process.stdout is not None:
            os.set_blocking(program.process.stdout.fileno(), False)
            self._selector.register(program.process.stdout, selectors.EVENT_READ, program)

    def _restart_due(self) -> None:
        now = time.monotonic()
        for program in self._programs:
            if program.restart_at is not None and now >= program.restart_at:
                self._start(program)

    def _turn(self, longest_s: float) -> None:
        """Wait for output, signals or deaths, at most `longest_s` seconds, and deal with them."""
        for key, _events in self._selector.select(longest_s):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    while self._wake_read.recv(4096):
                        pass
            else:
                self._show_output(key.data)
        self._bury_dead()

    def _bury_dead(self) -> None:
        """Reap every child that ended, kept or adopted; end what it left behind; plan the restart of a kept one."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            program = next((each for each in self._programs if each.process and each.process.pid == pid), None)
            if program is not None:
                self._bury(program, os.waitstatus_to_exitcode(status))
            self._kill_orphans()

    def _bury(self, program: Program, exit_code: int) -> None:
        process = program.process
        if process is None:
            return
        while self._show_output(program):
            pass
        if process.stdout is not None:
            self._unregister(process.stdout)
            process.stdout.close()
        process.returncode = exit_code
        program.process = None
        _signal_group(process.pid, signal.SIGKILL)
        if self._stop_asked_at is None:
            self._plan_restart(program, exit_code)

    def _plan_restart(self, program: Program, exit_code: int) -> None:
        now = time.monotonic()
        lived_s = now - program.started_at
        program.delay_s = FIRST_DELAY_S if lived_s >= HEALTHY_AFTER_S else min(program.delay_s * 2, LONGEST_DELAY_S)
        program.restart_at = now + program.delay_s
        why = f"was ended by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"
        self._show_line(program, f"{why}; starting it again in {program.delay_s:.1f} s".encode())

    def _kill_orphans(self) -> bool:
        """End the processes whose parent died and which the kernel gave to us (Linux); False when there were none."""
        kept = {program.process.pid for program in self._programs if program.process}
        try:
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
        except OSError:
            return False
        orphans = {int(child) for child in children} - kept
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(orphans)

    def _unregister(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(pipe)

    # -- output

    def _show_output(self, program: Program) -> bool:
        """Show what the program has printed since; False when there is nothing more for now."""
        pipe = program.process.stdout if program.process else None
        if pipe is None or pipe.closed:
            return False
        try:
            chunk = os.read(pipe.fileno(), 65536)
        except BlockingIOError:
            return False
        if not chunk:
            self._unregister(pipe)
            chunk = b"\n" if program.unfinished_line else b""
        *lines, program.unfinished_line = (program.unfinished_line + chunk).split(b"\n")
        for line in lines:
            self._show_line(program, line)
        return bool(chunk)

    def _show_line(self, program: Program, line: bytes) -> None:
        prefix = f"{program.name:<{self._width}} |"
        if self._output.isatty():
            colour = _COLOURS[self._programs.index(program) % len(_COLOURS)]
            prefix = f"\033[{colour}m{prefix}\033[0m"
        self.say(f"{prefix} {line.decode('utf-8', 'replace').rstrip()}")

    # -- stopping

    def _stop_all(self) -> None:
        self._stop_asked_at = self._stop_asked_at or time.monotonic()
        for last in (False, True):
            self._stop([program for program in self._programs if program.stops_last is last])
        while self._kill_orphans():
            self._turn(TICK_S)

    def _stop(self, programs: list[Program]) -> None:
        for program in programs:
            if program.process:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(program.process.pid, signal.SIGTERM)
        give_up_at = time.monotonic() + GRACE_S
        while any(program.process for program in programs) and not self._in_a_hurry:
            left_s = give_up_at - time.monotonic()
            if left_s <= 0:
                break
            self._turn(min(left_s, TICK_S))
        for program in programs:
            if program.process:
                _signal_group(program.process.pid, signal.SIGKILL)
        while any(program.process for program in programs):
            self._turn(TICK_S)


def _signal_group(leader: int, number: int) -> None:
    """Signal every process of the group that `leader` leads; a group that is gone already is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def read_procfile(text: str, environment: Mapping[str, str]) -> list[Program]:
    """The programs of a Procfile (`name: command` a line, `#` comments), each with `environment`."""
    programs = []
    for line in text.splitlines():
        name, colon, command = line.partition(":")
        if colon and not name.lstrip().startswith("#"):
            programs.append(Program(name.strip(), command.strip(), environment))
    return programs


def _answer_class(host: str, port: int) -> int | None:
    """The class of the status with which `GET /` is answered (2 for 200 to 299), None while nobody answers."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
            status_line = connection.recv(64)
    except OSError:
        return None
    version, _, status = status_line.partition(b" ")
    return status[0] - ord("0") if version.startswith(b"HTTP/") and status else None


def main(arguments: list[str]) -> None:
    """Run the programs of a Procfile until a signal comes; see --help.

    Where the site is asked whether it answers (`--port`), the first program is the one that does.
    """
    parser = argparse.ArgumentParser(prog="keeper", description=main.__doc__)
    parser.add_argument("procfile", type=Path)
    parser.add_argument("--under", action="append", default=[], metavar="NAME:COMMAND", help="starts first, stops last")
    parser.add_argument("--beside", action="append", default=[], metavar="NAME:COMMAND", help="runs with the others")
    parser.add_argument("--address", help="IP address on which the site answers")
    parser.add_argument("--port", type=int, help="TCP port on which the site answers")
    parser.add_argument("--welcome", default="", help="what to print once the site answers")
    options = parser.parse_args(arguments)
    under = read_procfile("\n".join(options.under), os.environ)
    for program in under:
        program.stops_last = True
    others = read_procfile(options.procfile.read_text(encoding="utf-8"), os.environ)
    beside = read_procfile("\n".join(options.beside), os.environ)
    for program in [*others[1:], *beside]:
        program.waits_for_site = options.port is not None
    keeper = Keeper([*under, *others, *beside], folder=options.procfile.resolve().parent)

    def greet() -> bool:
        served = options.port is None or _answer_class(options.address or "127.0.0.1", options.port) in {2, 3}
        if served:
            keeper.say(options.welcome)
        return served

    keeper.run(greet)


if __name__ == "__main__":
    main(sys.argv[1:])
