"""The body of a request for a WSGI application: small ones are read beforehand, large ones while they are worked on."""

import asyncio
import io
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Self

SMALL_BYTES: Final = 65_536
_PIECE_IN_TIME_S: Final = 60
"""Who sends nothing for so long while a thread waits for it is given up."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class Upload:
    """`file` is what WSGI calls `wsgi.input`."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self.file = file

    @classmethod
    async def begin(cls, scope: Scope, receive: Receive, loop: asyncio.AbstractEventLoop) -> Self:
        """Read a small body; of a large one only the first piece, the rest when it is asked for."""
        if scope["method"] in {"GET", "HEAD"} and not _has_body(scope):
            return cls(io.BytesIO())
        read, is_over = b"", False
        while not is_over and len(read) <= SMALL_BYTES:
            piece, is_over = _piece(await receive())
            read += piece
        if is_over:
            return cls(io.BytesIO(read))
        return cls(io.BufferedReader(_Rest(read, receive, loop), SMALL_BYTES))


class _Rest(io.RawIOBase):
    """A body that is still coming in, read by the application's thread."""

    def __init__(self, begun: bytes, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._begun, self._receive, self._loop = memoryview(begun), receive, loop
        self._is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._begun and not self._is_over:
            message = asyncio.run_coroutine_threadsafe(_received(self._receive), self._loop).result(_PIECE_IN_TIME_S)
            piece, self._is_over = _piece(message)
            self._begun = memoryview(piece)
        size = min(len(buffer), len(self._begun))
        buffer[:size] = self._begun[:size]
        self._begun = self._begun[size:]
        return size


async def _received(receive: Receive) -> Message:
    return await receive()


def _piece(message: Message) -> tuple[bytes, bool]:
    """A piece, and whether it was the last. Raises ConnectionAbortedError when the sender has gone."""
    if message["type"] == "http.disconnect":
        raise ConnectionAbortedError("the sender of a request has gone")
    return message.get("body", b""), not message.get("more_body", False)


def _has_body(scope: Scope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])
