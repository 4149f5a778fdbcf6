"""HTTP as the web server speaks it: uvicorn's, with kept polls answered at once and an end to those that dawdle.

A poll that memory can answer costs no task and no ASGI message: the parser has read its head, and the answer is
written. Everything else is uvicorn's: bodies, pipelines, chunks, upgrades.
"""

import asyncio
import math
from collections.abc import Iterable
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from webapp.realtime.fragments import KeptFragments

HEAD_IN_TIME_S: Final = 20.0
"""Who opens a connection has sent the head of a request by then."""
BODY_IN_TIME_S: Final = 30.0
"""Somebody who sends a body, and nothing of it for so long, has gone."""
KEPT_ALIVE_S: Final = 75.0
"""A connection that rests is kept for the next request: longer than a proxy's 60 s, so that it closes first."""
TAKEN_IN_TIME_S: Final = 15.0
"""So long a reader may take for what was written before its connection was closed."""
LARGEST_HEAD_BYTES: Final = 65_536
LAST_WORD_S: Final = 0.5
"""So long a process that stops waits for a request on a connection that it has accepted."""
SWEPT_EVERY_S: Final = 0.5
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_BODY_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding", b"upgrade", b"expect"})


class HttpProtocol(HttpToolsProtocol):
    """One connection. `deadline`, on the loop's clock, is when it is closed if nothing more has happened."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._fragments: KeptFragments = app_state["fragments"]
        self._head_bytes = 0
        self._is_in_head = True
        self._is_answered = False
        self._was_used = self._is_leaving = False
        self.deadline = self.loop.time() + HEAD_IN_TIME_S

    def data_received(self, data: bytes) -> None:
        """As uvicorn; a head has its limits."""
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > LARGEST_HEAD_BYTES:
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._was_used = self._is_in_head = True
        self._is_answered = False
        self.deadline = self.loop.time() + HEAD_IN_TIME_S

    def on_headers_complete(self) -> None:
        """The head is there: answer what can be answered at once."""
        self._is_in_head, self._head_bytes = False, 0
        if self._answer_at_once():
            self._is_answered = True
            self.deadline = self.loop.time() + KEPT_ALIVE_S
            return
        self.deadline = self.loop.time() + BODY_IN_TIME_S
        self.scope["state"]["transport"] = self.transport
        super().on_headers_complete()
        if self._is_leaving and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """A piece of it."""
        self.deadline = self.loop.time() + BODY_IN_TIME_S
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there; how long its answer takes is ours to know."""
        if self._is_answered:
            return
        self.deadline = math.inf
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The connection rests, or goes on with what was asked meanwhile."""
        super().on_response_complete()
        # The sweep keeps time for all connections, without a timer for each.
        self._unset_keepalive_if_required()
        self.deadline = self.loop.time() + KEPT_ALIVE_S

    def shutdown(self) -> None:
        """Let a connection go; one that was accepted and had no time yet to say what it wants is given some."""
        self._is_leaving = True
        if self._was_used and not self._is_in_head:
            super().shutdown()
        else:
            self.deadline = self.loop.time() + LAST_WORD_S

    def abort(self) -> None:
        """End it at once."""
        self.transport.abort()

    def _answer_at_once(self) -> bool:
        path, _, query = self.url.partition(b"?")
        if not path.endswith(b"/fragment/") or self.parser.get_method() != b"GET":
            return False
        if not self._is_plain(path):
            return False
        kept = self._fragments.at_once(path.decode("ascii"), query, self.headers)
        if kept is None:
            return False
        line = b"HTTP/1.1 200 OK\r\n" if kept.status == 200 else b"HTTP/1.1 304 Not Modified\r\n"
        self.transport.write(line + _date(self.server_state) + kept.raw)
        self.server_state.total_requests += 1
        return True

    def _is_plain(self, path: bytes) -> bool:
        """Whether nothing about the request asks for more than an answer: whatever does goes the usual way."""
        cycle: RequestResponseCycle | None = self.cycle
        if self.flow.write_paused or (cycle is not None and not cycle.response_complete):
            return False
        if self._is_leaving or b"%" in path or not path.startswith(b"/") or not path.isascii():
            return False
        if self.parser.get_http_version() != "1.1" or not self.parser.should_keep_alive():
            return False
        names = {name for name, _ in self.headers}
        return len(names) == len(self.headers) and names.isdisjoint(_BODY_HEADERS)


def _date(server_state: ServerState) -> bytes:
    return b"".join(b"%b: %b\r\n" % pair for pair in server_state.default_headers)


async def sweep(connections: Iterable[Any]) -> None:
    """Close the connections whose time is over, for as long as the process serves."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEPT_EVERY_S)
        now = loop.time()
        for connection in list(connections):
            if isinstance(connection, HttpProtocol) and connection.deadline < now:
                _close(connection, now)


def _close(connection: HttpProtocol, now: float) -> None:
    if connection.flow.read_paused:
        # It is us that do not read at the moment.
        return
    if connection.transport.is_closing():
        connection.transport.abort()
    else:
        connection.transport.close()
        connection.deadline = now + TAKEN_IN_TIME_S
