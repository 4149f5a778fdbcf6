"""Many listeners at one room, with little work a message, so that the server is what is measured."""

import asyncio
import re
import time
from typing import Final, Self

HANDSHAKE: Final = (
    "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_VERSION: Final = re.compile(rb'"type":"rank_update".*?"version":(\d+)')
_GREETED: Final = re.compile(rb'"type":"hello".*?"version":(\d+)')


class Listeners:
    """They note when each version of the board reached each of them."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self._host, self._port = host, port
        self._handshake = HANDSHAKE.format(path=path, host=host, port=port).encode()
        self.arrivals: dict[int, list[float]] = {}
        self.up = 0
        self.version = 0
        """The board's version when the last of them came."""
        self._transports: list[asyncio.BaseTransport] = []

    async def connect(self, count: int) -> Self:
        """Bring so many up, some at a time."""
        loop = asyncio.get_running_loop()
        for start in range(0, count, 50):
            these = (
                loop.create_connection(lambda: _Connection(self, self._handshake), self._host, self._port)
                for _ in range(min(50, count - start))
            )
            self._transports += [transport for transport, _ in await asyncio.gather(*these)]
        async with asyncio.timeout(30):
            while self.up < count:  # noqa: ASYNC110  (a benchmark's own start)
                await asyncio.sleep(0.01)
        return self

    async def wait_for(self, version: int, seconds: float) -> list[float]:
        """When the version reached each listener; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while len(self.arrivals.get(version, ())) < self.up:  # noqa: ASYNC110  (as exact as the measure needs)
                await asyncio.sleep(0.002)
        return self.arrivals[version]

    async def close(self) -> None:
        for transport in self._transports:
            transport.close()
        await asyncio.sleep(0.05)


class _Connection(asyncio.Protocol):
    def __init__(self, listeners: Listeners, handshake: bytes) -> None:
        self._listeners, self._handshake = listeners, handshake
        self._buffer = b""
        self._is_up = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._buffer += data
        if not self._is_up:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._is_up, self._buffer = True, rest
        while (end := end_of_frame(self._buffer)) is not None:
            frame, self._buffer = self._buffer[:end], self._buffer[end:]
            greeted = _GREETED.search(frame)
            if greeted:
                self._listeners.up += 1
                self._listeners.version = int(greeted[1])
            found = _VERSION.search(frame)
            if found:
                self._listeners.arrivals.setdefault(int(found[1]), []).append(now)


def end_of_frame(buffer: bytes, start: int = 0) -> int | None:
    """Where the frame that begins at `start` ends; None while it is not all there. A server's frames are not masked."""
    if len(buffer) < start + 2:
        return None
    length, end = buffer[start + 1] & 127, start + 2
    if length == 126:
        length, end = int.from_bytes(buffer[start + 2 : start + 4], "big"), start + 4
    elif length == 127:
        length, end = int.from_bytes(buffer[start + 2 : start + 10], "big"), start + 10
    return end + length if len(buffer) >= end + length else None
