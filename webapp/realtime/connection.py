"""One socket of the web server, from its handshake to its end: frames in, frames out, and no task of its own.

uvicorn hands an upgrade over to this protocol, `websockets` reads and checks what the peer sends, and what is sent are
ready-made frames. Somebody at the door (`Door`) decides who comes in; a `Guest` is whom it let in.
"""

import asyncio
import socket
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Protocol, cast

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.exceptions import PayloadTooBig
from websockets.frames import Frame as Received
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from webapp.realtime.messages import RESTARTING, Frame, close_frame

SLICE_BYTES: Final = 1024
"""So much is parsed before anybody looks whether the peer says too much: a small frame costs as much as a large one."""
SEND_BUFFER_BYTES: Final = 131_072
"""What the kernel holds for a peer that does not read; it takes twice that for its own bookkeeping."""
GOODBYE_S: Final = 15.0
"""So long a peer may take to read the goodbye and to answer it."""
DEAF_GOODBYE_S: Final = 5.0
"""So long a peer may take to read it whose answer we would not understand any more."""
HEARD_AFTER_CLOSE: Final = 65_536
"""So many bytes of a peer are read on after the goodbye, in search of its answer."""
NOT_UTF8: Final = 1007
ABNORMAL: Final = 1006
NO_CODE: Final = 1005


class Visit(NamedTuple):
    """What a handshake says."""

    path: str
    headers: dict[bytes, bytes]
    subprotocols: tuple[str, ...]
    peer: str
    query: str = ""


class Guest(Protocol):
    """Somebody who was let in, as the connection calls upon it: on the loop, and nothing of it may wait."""

    def may_say(self) -> bool:
        """Whether a frame that came is within the limits; asked for every one, of whatever kind."""

    def heard(self, text: str | None) -> None:
        """It said something; None where that was no text."""

    def too_big(self) -> None:
        """It began a message beyond the limit, which is not read; it must be closed."""

    def drain(self) -> None:
        """It takes more again."""

    def restart(self) -> None:
        """The process stops; it must be closed."""

    def left(self, code: int, reason: str) -> None:
        """It is gone; called once."""


class Door(Protocol):
    """Who decides about those that come."""

    payload_bytes: int

    def knows(self, path: str) -> bool:
        """Whether there may be something to hear under this path."""

    def subprotocol(self, offered: Sequence[str]) -> str | None:
        """Which of the offered subprotocols is spoken."""

    def enter(self, connection: "Connection", visit: Visit) -> None:
        """Let it in, by `admit`, or refuse it, by `close`; later, since this must not wait."""


class Connection(asyncio.Protocol):
    """What uvicorn wants of a WebSocket protocol: made for each upgrade, and given the handshake's bytes again."""

    __slots__ = (
        "_closing_code", "_closing_reason", "_connections", "_door", "_guest", "_heard_since_close", "_is_deaf",
        "_is_lost", "_is_text", "_parts", "_protocol", "_timer", "_transport", "is_clogged",
    )  # fmt: skip

    def __init__(
        self,
        config: Config,  # noqa: ARG002  (uvicorn names it)
        server_state: ServerState,
        app_state: dict[str, Any],
    ) -> None:
        self._door: Door = app_state["sockets"]
        self._connections: set[Any] = server_state.connections
        self._protocol = ServerProtocol(max_size=self._door.payload_bytes)
        self._transport: asyncio.Transport
        self._guest: Guest | None = None
        self._parts: list[bytes] | None = None
        self._is_text = False
        self._closing_code: int | None = None
        self._closing_reason = ""
        self._heard_since_close = 0
        self._is_deaf = self._is_lost = False
        self._timer: asyncio.TimerHandle | None = None
        self.is_clogged = False

    # -- to those who speak to it

    @property
    def is_open(self) -> bool:
        """Whether anything may still be said."""
        return self._closing_code is None and not self._is_lost

    def admit(self, guest: Guest) -> None:
        """Hear what it says from now on; nothing that it said before is lost."""
        self._guest = guest
        if self._is_lost:
            guest.left(*self._end())
            return
        self._transport.resume_reading()

    def write(self, frame: Frame) -> None:
        """Send a frame; what the peer does not take at once waits in memory, and `is_clogged` tells when to stop."""
        self._transport.write(frame)

    def close(self, code: int, reason: str, *, after: Frame | None = None) -> None:
        """Say goodbye, after one last frame if wanted, and end when the peer has answered; may be called again."""
        if not self.is_open:
            return
        self._closing_code, self._closing_reason = code, reason
        if after is not None:
            self._transport.write(after)
        self._transport.write(close_frame(code, reason))
        self._transport.resume_reading()
        self._wait_at_most(GOODBYE_S)

    def shutdown(self) -> None:
        """The server's word that the process stops."""
        if self._guest is not None:
            self._guest.restart()
        else:
            self.close(RESTARTING, "restarting")

    def abort(self) -> None:
        """End it at once."""
        self._transport.abort()

    # -- from the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the handshake follows."""
        # uvloop's transports are none by inheritance.
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def connection_lost(self, _error: Exception | None) -> None:
        """The end, from whichever side it came."""
        self._is_lost = True
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._guest is not None:
            self._guest.left(*self._end())

    def pause_writing(self) -> None:
        """The peer is behind."""
        self.is_clogged = True

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self.is_clogged = False
        if self._guest is not None and self.is_open:
            self._guest.drain()

    def data_received(self, data: bytes) -> None:
        """Take in what came, a slice at a time, for as long as it is wanted."""
        for start in range(0, len(data), SLICE_BYTES):
            if self._is_deaf or self._is_lost:
                break
            self._protocol.receive_data(data[start : start + SLICE_BYTES])
            self._take_in()
        if self._closing_code is not None and not self._is_lost:
            self._listen_for_its_goodbye(len(data))

    # -- what comes in

    def _take_in(self) -> None:
        protocol = self._protocol
        # In this order: what is refused must not be answered by the library.
        for event in protocol.events_received():
            if isinstance(event, Request):
                self._shake_hands(event)
            elif isinstance(event, Received):
                self._take(event)
        replies = b"".join(protocol.data_to_send())
        if protocol.state is State.CONNECTING and protocol.eof_sent:
            self._turn_away(replies)
        elif protocol.parser_exc is not None:
            self._fail(protocol.parser_exc)
        elif replies and self.is_open and not self.is_clogged:
            self._transport.write(replies)
        if protocol.close_rcvd is not None:
            self._part()

    def _take(self, frame: Received) -> None:
        if frame.opcode is Opcode.CLOSE or self._guest is None or not self.is_open or not self._guest.may_say():
            return
        if frame.opcode in {Opcode.TEXT, Opcode.BINARY}:
            self._is_text, self._parts = frame.opcode is Opcode.TEXT, []
        elif frame.opcode is not Opcode.CONT or self._parts is None:
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            message, self._parts = b"".join(self._parts), None
            self._hear(message)

    def _hear(self, message: bytes) -> None:
        assert self._guest is not None
        try:
            text = message.decode() if self._is_text else None
        except UnicodeDecodeError:
            self.close(NOT_UTF8, "not UTF-8")
            return
        self._guest.heard(text)

    def _fail(self, error: Exception) -> None:
        """The peer breaks the protocol: what it sends from here on has no meaning."""
        if isinstance(error, PayloadTooBig) and self._guest is not None and self.is_open:
            self._guest.too_big()
        failed_with = self._protocol.close_sent
        if failed_with is not None:
            self.close(failed_with.code, failed_with.reason)
        self._turn_deaf()

    # -- the handshake

    def _shake_hands(self, request: Request) -> None:
        path = request.path.partition("?")[0]
        if not self._door.knows(path):
            self._protocol.send_response(self._protocol.reject(HTTPStatus.NOT_FOUND, "No such room.\n"))
            return
        response = self._protocol.accept(request)
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            self._protocol.send_response(response)
            return
        visit = _visit(path, request, self._transport)
        spoken = self._door.subprotocol(visit.subprotocols)
        if spoken is not None:
            response.headers["Sec-WebSocket-Protocol"] = spoken
        self._protocol.send_response(response)
        # What it says before it was let in waits in the kernel.
        self._transport.pause_reading()
        self._door.enter(self, visit)

    def _turn_away(self, response: bytes) -> None:
        self._is_deaf = True
        self._closing_code = ABNORMAL
        self._transport.write(response)
        self._transport.close()
        self._wait_at_most(GOODBYE_S)

    # -- the end

    def _part(self) -> None:
        """The peer has said goodbye, and we have answered, or have said so first."""
        self._is_deaf = True
        if self._closing_code is None:
            self._closing_code, self._closing_reason = self._end()
        self._transport.close()
        self._wait_at_most(GOODBYE_S)

    def _end(self) -> tuple[int, str]:
        """The code and the reason that ended it."""
        if self._closing_code is not None:
            return self._closing_code, self._closing_reason
        said = self._protocol.close_rcvd
        return (ABNORMAL, "") if said is None else (said.code, said.reason)

    def _listen_for_its_goodbye(self, size: int) -> None:
        self._heard_since_close += size
        if self._heard_since_close > HEARD_AFTER_CLOSE and not self._is_deaf:
            self._turn_deaf()

    def _turn_deaf(self) -> None:
        """Nothing that it sends is looked at any more, nor waited for."""
        self._is_deaf = True
        if not self._transport.is_closing():
            self._transport.write_eof()
        self._wait_at_most(DEAF_GOODBYE_S)

    def _wait_at_most(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._transport.abort)


def _visit(path: str, request: Request, transport: asyncio.Transport) -> Visit:
    headers = {name.lower().encode(): value.encode("latin-1") for name, value in request.headers.raw_items()}
    offered = [name.strip() for line in request.headers.get_all("Sec-WebSocket-Protocol") for name in line.split(",")]
    peer = transport.get_extra_info("peername")
    query = request.path.partition("?")[2]
    return Visit(path, headers, tuple(offered), str(peer[0]) if isinstance(peer, tuple) else "", query)
