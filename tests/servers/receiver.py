"""A real HTTP(S) receiver of webhooks, which answers what a test asks for and keeps every request as it came."""

import asyncio
import ssl
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Final

CHUNK: Final = b"x" * 65_536
DRIP_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Received:
    """One request, as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    raw: bytes
    """The head and the body, byte by byte."""
    at: datetime
    monotonic: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with: a status, or trouble of one kind."""

    code: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    trouble: str = ""


def status(code: int, body: bytes = b"", headers: Mapping[str, str] | None = None, *, after_s: float = 0.0) -> Answer:
    """An answer with this status, after a while if wanted."""
    return Answer(code, body, dict(headers or {}), after_s)


HANG: Final = Answer(trouble="hang")
"""Takes the request, then says nothing."""
HALF_A_BODY: Final = Answer(trouble="half_a_body")
"""Promises a hundred bytes, sends ten, closes."""
ENDLESS: Final = Answer(trouble="endless")
"""Sends a gigabyte as fast as it is taken."""
CLOSE: Final = Answer(trouble="close")
"""Takes the request and loses the reply."""
GARBAGE: Final = Answer(trouble="garbage")
"""Answers with what is no HTTP."""
DRIP: Final = Answer(trouble="drip")
"""A status at once, then a byte of the body every half second."""
DRIP_HEADERS: Final = Answer(trouble="drip_headers")
"""A header every half second, and never the end of them."""
HEADER_FLOOD: Final = Answer(trouble="header_flood")
"""Headers without end, as fast as they are taken."""
GZIP_BOMB: Final = Answer(trouble="gzip_bomb")
"""A few hundred kilobytes that unpack to 300 MB."""

Behaviour = Answer | Callable[[Received], Answer]


class Receiver:
    """One server on 127.0.0.1, in a thread of its own. Unless told otherwise it answers 200 to everything."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self._behaviours: dict[str, list[Behaviour]] = {}
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(tls, port, started), daemon=True)
        self._thread.start()
        if not started.wait(10):
            raise RuntimeError("the receiver did not start")
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"

    def at(self, path: str) -> str:
        """The whole address of a path."""
        return self.url + path

    def behave(self, path: str, *behaviours: Behaviour) -> None:
        """Answer requests of `path` by these, one after the other; the last one stays. The path "" is all others."""
        with self._changed:
            self._behaviours[path] = list(behaviours)

    def of(self, path: str) -> list[Received]:
        """What has come to a path so far."""
        with self._changed:
            return [request for request in self.requests if request.path == path]

    def wait_for(self, count: int, path: str | None = None, *, seconds: float = 10) -> list[Received]:
        """What has come, once there are so many; AssertionError when time is up."""

        def found() -> list[Received]:
            return [request for request in self.requests if path in {None, request.path}]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, seconds), f"{len(found())} of {count} came"
            return found()

    def forget(self) -> None:
        """As if nothing had come."""
        with self._changed:
            self.requests.clear()
            self.connections = 0

    def stop(self) -> None:
        """End it; connections break."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    # -- inside the thread

    def _serve(self, tls: ssl.SSLContext | None, port: int, started: threading.Event) -> None:
        async def listen() -> asyncio.Server:
            return await asyncio.start_server(self._talk, "127.0.0.1", port, ssl=tls, backlog=1024)

        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda *_: None)  # a TLS handshake that fails is what some tests want
        server = self._loop.run_until_complete(listen())
        self.port = int(server.sockets[0].getsockname()[1])
        started.set()
        self._loop.run_forever()
        server.close()
        for writer in self._writers:
            writer.transport.abort()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while (received := await _read(reader)) is not None:
                answer = self._take(received)
                await asyncio.sleep(answer.after_s)
                if answer.trouble:
                    await _TROUBLES[answer.trouble](writer)
                    return
                writer.write(_encoded(answer))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._writers.discard(writer)
            with suppress(RuntimeError):  # the loop may be gone by now
                writer.close()

    def _take(self, received: Received) -> Answer:
        with self._changed:
            self.requests.append(received)
            self._changed.notify_all()
            planned = self._behaviours.get(received.path) or self._behaviours.get("") or [Answer()]
            behaviour = planned.pop(0) if len(planned) > 1 else planned[0]
        return behaviour if isinstance(behaviour, Answer) else behaviour(received)


async def _read(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body, head + body, datetime.now(UTC), time.monotonic())


def _encoded(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.code} Said", *(f"{name}: {value}" for name, value in answer.headers.items())]
    if answer.code != 204 and answer.code >= 200:
        lines.append(f"Content-Length: {len(answer.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + answer.body


# -- trouble


async def _hang(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def _half_a_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Said\r\nContent-Length: 100\r\n\r\nhalf of it")
    await writer.drain()


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Said\r\nContent-Length: 1073741824\r\n\r\n")
    for _ in range(1_073_741_824 // len(CHUNK)):
        writer.write(CHUNK)
        await writer.drain()


async def _close(_writer: asyncio.StreamWriter) -> None:
    return


async def _garbage(writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    await writer.drain()


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Said\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(DRIP_EVERY_S)


async def _drip_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Said\r\n")
    for number in range(100_000):
        writer.write(f"X-Drip-{number}: x\r\n".encode())
        await writer.drain()
        await asyncio.sleep(DRIP_EVERY_S)


async def _header_flood(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Said\r\n")
    for number in range(1_000_000):
        writer.write(f"X-Flood-{number}: {'x' * 1000}\r\n".encode())
        await writer.drain()


@cache
def _bomb() -> bytes:
    packing = zlib.compressobj(9, wbits=31)
    return b"".join(packing.compress(bytes(1_000_000)) for _ in range(300)) + packing.flush()


async def _gzip_bomb(writer: asyncio.StreamWriter) -> None:
    packed = _bomb()
    head = f"HTTP/1.1 200 Said\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    writer.write(head.encode() + packed)
    await writer.drain()


_TROUBLES: Final[Mapping[str, Callable[[asyncio.StreamWriter], Awaitable[None]]]] = {
    "hang": _hang,
    "half_a_body": _half_a_body,
    "endless": _endless,
    "close": _close,
    "garbage": _garbage,
    "drip": _drip,
    "drip_headers": _drip_headers,
    "header_flood": _header_flood,
    "gzip_bomb": _gzip_bomb,
}
