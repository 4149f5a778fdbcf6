"""Load on a web server: `wrk` where it is installed, else a small client of our own that is slower itself."""

import asyncio
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlsplit

CONNECTIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back in one run: answers a second, and whatever was no answer."""

    per_second: float
    failed: int


class Target(NamedTuple):
    """What is asked for."""

    url: str
    headers: Mapping[str, str]


def client_name(seconds: float) -> str:
    """What makes the load; wrk knows no parts of a second."""
    return "wrk" if seconds >= 1 and shutil.which("wrk") else "own client"


def load(url: str, headers: Mapping[str, str], *, seconds: float) -> Answered:
    """Ask for `url` over 64 kept connections for so long, as fast as answers come."""
    if client_name(seconds) == "wrk":
        return _wrk(url, headers, round(seconds))
    return asyncio.run(_own(Target(url, headers), seconds))


def median_loads(targets: Mapping[str, Target], *, seconds: float, runs: int) -> dict[str, Answered]:
    """The middle of several runs of each target, one run of each in turn; failures add up."""
    answers: dict[str, list[Answered]] = {name: [] for name in targets}
    for _ in range(runs):
        for name, target in targets.items():
            answers[name].append(load(target.url, target.headers, seconds=seconds))
    return {
        name: Answered(statistics.median(each.per_second for each in those), sum(each.failed for each in those))
        for name, those in answers.items()
    }


async def _own(target: Target, seconds: float) -> Answered:
    return await _Client(target).run(seconds)


def _wrk(url: str, headers: Mapping[str, str], seconds: int) -> Answered:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "5s"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    told = subprocess.run([*command, url], capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    per_second = re.search(r"Requests/sec:\s+([\d.]+)", told)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", told)
    if per_second is None:
        raise RuntimeError(f"wrk said something unexpected:\n{told}")
    failed = int(refused[1]) if refused else 0
    return Answered(float(per_second[1]), failed + (sum(map(int, broken.groups())) if broken else 0))


class _Client:
    """Keeps its connections busy; one that the server closes is opened again."""

    def __init__(self, target: Target) -> None:
        parts = urlsplit(target.url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._host, self._port = parts.hostname, parts.port
        lines = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in target.headers.items()]
        self.request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self.answered = self.failed = 0
        self._opening: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.BaseTransport] = set()
        self._is_over = False

    async def run(self, seconds: float) -> Answered:
        for _ in range(CONNECTIONS):
            self._connect()
        began = time.perf_counter()
        await asyncio.sleep(seconds)
        took = time.perf_counter() - began
        self._is_over = True
        await asyncio.gather(*self._opening)
        for transport in self._open:
            transport.close()
        # Closing takes a turn of the loop.
        await asyncio.sleep(0)
        return Answered(self.answered / took, self.failed)

    def opened(self, transport: asyncio.BaseTransport) -> None:
        self._open.add(transport)

    def closed(self, transport: asyncio.BaseTransport) -> None:
        self._open.discard(transport)
        if not self._is_over:
            self._connect()

    def _connect(self) -> None:
        task = asyncio.get_running_loop().create_task(self._connected())
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _connected(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: _Connection(self), self._host, self._port)
        except OSError:
            self.failed += 1


class _Connection(asyncio.Protocol):
    """Sends the request again as soon as its answer is complete."""

    def __init__(self, client: _Client) -> None:
        self._client = client
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._client.opened(transport)
        transport.write(self._client.request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if not separator or (length and len(rest) < int(length[1])):
            return
        self._buffer = b""
        self._client.answered += 1
        self._client.failed += head[9:10] not in b"23"
        assert self._transport is not None
        self._transport.write(self._client.request)

    def connection_lost(self, _error: Exception | None) -> None:
        assert self._transport is not None
        self._client.closed(self._transport)
