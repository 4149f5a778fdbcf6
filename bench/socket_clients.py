"""Thousands of listeners in a process of their own: `python -m bench.socket_clients`, driven by lines on its pipes.

They note when each number reached each of them, on the clock that all processes of a machine share. What they do with a
message is next to nothing, and the same for every server, so that the server is what is measured.
"""

import argparse
import asyncio
import os
import pickle
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NoReturn, Self

import uvloop

from bench.push_listeners import HANDSHAKE, end_of_frame

CONNECTED_AT_ONCE: Final = 50
UP_WITHIN_S: Final = 180
HEARD_WITHIN_S: Final = 60
_SEQ: Final = re.compile(rb'"seq":(\d+)')
_PONG: Final = b'\x81\x8f\x00\x00\x00\x00{"type":"pong"}'
SPARE_FILES: Final = 500


class Crowd:
    """The process, as the benchmark drives it."""

    def __init__(self, port: int, path: str, count: int, folder: Path) -> None:
        self._output = folder / f"arrivals-{port}-{count}.pickle"
        command = [sys.executable, "-m", "bench.socket_clients", str(port), path, str(count), str(self._output)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.count = count

    def wait_until_up(self) -> None:
        """Return when everybody has been greeted."""
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "up":
            raise RuntimeError("the listeners did not come up")

    def wait_for(self, seq: int) -> None:
        """Return when everybody has heard this number, or has had time enough to."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{seq}\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def arrivals(self) -> dict[int, list[float]]:
        """End the listening: when each number came, once for each listener that heard it."""
        self._process.communicate("stop\n", timeout=60)
        found: dict[int, list[float]] = pickle.loads(self._output.read_bytes())  # noqa: S301  (written by ourselves just now)
        return found

    def __enter__(self) -> Self:
        self.wait_until_up()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def most_connections() -> int:
    """So many sockets this process may open, after asking for all that it may ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - SPARE_FILES


class _Listeners:
    def __init__(self) -> None:
        self.up = 0
        self.arrivals: dict[int, list[float]] = {}

    def heard(self, seq: int, now: float) -> None:
        self.arrivals.setdefault(seq, []).append(now)

    async def all_heard(self, seq: int, count: int) -> None:
        give_up_at = time.monotonic() + HEARD_WITHIN_S
        while len(self.arrivals.get(seq, ())) < count and time.monotonic() < give_up_at:  # noqa: ASYNC110  (a look is cheaper than an event a message)
            await asyncio.sleep(0.05)


class _Connection(asyncio.Protocol):
    __slots__ = ("_buffer", "_handshake", "_is_up", "_listeners", "_transport")

    def __init__(self, listeners: _Listeners, handshake: bytes) -> None:
        self._listeners, self._handshake = listeners, handshake
        self._buffer = b""
        self._is_up = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.write(self._handshake)  # type: ignore[attr-defined]  # uvloop's transports are none by inheritance

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._buffer += data
        if not self._is_up:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._is_up, self._buffer = True, rest
        start = 0
        while (end := end_of_frame(self._buffer, start)) is not None:
            self._take(self._buffer[start:end], now)
            start = end
        self._buffer = self._buffer[start:]

    def _take(self, frame: bytes, now: float) -> None:
        if b'"type":"hello"' in frame:
            self._listeners.up += 1
        elif b'"type":"ping"' in frame:
            self._transport.write(_PONG)  # type: ignore[attr-defined]  # as above
        elif found := _SEQ.search(frame):
            self._listeners.heard(int(found[1]), now)


async def _listen(port: int, path: str, count: int, output: Path) -> None:
    loop = asyncio.get_running_loop()
    listeners, handshake = _Listeners(), HANDSHAKE.format(path=path, host="127.0.0.1", port=port).encode()
    for start in range(0, count, CONNECTED_AT_ONCE):
        wanted = min(start + CONNECTED_AT_ONCE, count)
        await asyncio.gather(
            *(
                # Several addresses, since each has ports for no more than some ten thousands.
                loop.create_connection(
                    lambda: _Connection(listeners, handshake),
                    "127.0.0.1",
                    port,
                    local_addr=(f"127.0.0.{2 + number % 8}", 0),
                )
                for number in range(start, wanted)
            )
        )
        async with asyncio.timeout(UP_WITHIN_S):
            while listeners.up < wanted:  # noqa: ASYNC110  (a benchmark's own start)
                await asyncio.sleep(0.005)
    print("up", flush=True)
    while (line := (await asyncio.to_thread(sys.stdin.readline)).strip()) not in {"", "stop"}:
        await listeners.all_heard(int(line), count)
        print("heard", flush=True)
    _end(output, listeners.arrivals)


def _end(output: Path, arrivals: dict[int, list[float]]) -> NoReturn:
    output.write_bytes(pickle.dumps(arrivals))
    # The system closes thousands of sockets sooner than a loop does.
    os._exit(0)


def main() -> None:
    """Listen until a line comes, then write what was heard."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("count", type=int)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    most_connections()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_listen(options.port, options.path, options.count, options.output))


if __name__ == "__main__":
    main()
