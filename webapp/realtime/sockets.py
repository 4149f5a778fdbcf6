"""The sockets as the ASGI server hands them over: a connection's way through the door, into a room, and out again."""

import asyncio
import contextlib
import re
from collections.abc import Callable
from typing import Final

import structlog

from webapp.config import Settings
from webapp.domain.errors import DomainError
from webapp.realtime import admission, messages, origins
from webapp.realtime.admission import Admission, Credentials, Refused
from webapp.realtime.feed import LiveFeed
from webapp.realtime.hub import Hub
from webapp.realtime.limits import Seats, SocketLimits
from webapp.realtime.listener import Listener
from webapp.realtime.messages import Complaint, Subscribe, close_frame, error
from webapp.realtime.rate import TokenBucket
from webapp.realtime.room import Room
from webapp.realtime.wsgi_bridge import Message, Receive, Scope, Send

_PATH: Final = re.compile(r"/ws/(?P<room>tournament|match)/(?P<id>[1-9][0-9]{0,14})/")
_GOODBYE_S: Final = 5.0
"""So long may the goodbye to a listener take that does not read."""
_LET_GO_S: Final = 0.01
_SEATS_RENEWED_EVERY_S: Final = 40.0
_ROOM_AGAIN_AFTER_MS: Final = 30_000
_TOO_MANY: Final = Complaint("message_rate_limit_exceeded", "Too many messages; slow down.")

log = structlog.get_logger(__name__)


class Sockets:
    """Serves one connection a call, on the hub's loop."""

    def __init__(self, hub: Hub, feed: LiveFeed, settings: Settings, clock: Callable[[], float]) -> None:
        self._hub, self._feed = hub, feed
        self._settings, self._clock = settings, clock
        self._limits = SocketLimits.of(settings)
        self._seats = Seats(settings)

    async def run(self) -> None:
        """Keep the listeners' seats, for as long as the process serves."""
        while True:
            await asyncio.sleep(_SEATS_RENEWED_EVERY_S)
            try:
                await self._feed.ask(self._seats.renew)
            except Exception:
                log.exception("seats_not_renewed")

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, from the handshake to its end."""
        await receive()
        found = _PATH.fullmatch(scope["path"])
        if found is None:
            # Closed before it is accepted, the handshake is answered with 403.
            await send(close_frame(messages.NOT_ALLOWED, "no such room"))
            return
        headers = dict(scope["headers"])
        offered = tuple(scope.get("subprotocols") or ())
        await send({"type": "websocket.accept", "subprotocol": admission.subprotocol(offered)})
        try:
            admitted = await self._admit(found["room"], int(found["id"]), headers, offered)
            room = await self._hub.room(admitted.tournament_id)
            if room is None:
                raise Refused(messages.NOT_ALLOWED, "no such room")
            seat = await self._seat(room, admitted, self._address(scope, headers), send)
        except Refused as refusal:
            await send(close_frame(refusal.close_code, refusal.reason))
            return
        try:
            await self._listen(room, admitted, receive, send)
        finally:
            await asyncio.shield(self._feed.ask(lambda: self._seats.give_back(seat)))

    def _address(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        return origins.address_of(headers, str((scope.get("client") or ("",))[0]), self._settings.trusted_proxies)

    async def _seat(self, room: Room, admitted: Admission, address: str, send: Send) -> str:
        """Raises Refused where all are taken."""
        seat = await self._feed.ask(lambda: self._seats.take(admitted, address))
        if isinstance(seat, Complaint):
            await send(error(room.standing, seat, _ROOM_AGAIN_AFTER_MS))
            raise Refused(messages.POLICY, seat.code)
        return seat

    async def _admit(self, room: str, room_id: int, headers: dict[bytes, bytes], offered: tuple[str, ...]) -> Admission:
        """Raises Refused."""
        settings = self._settings
        if not origins.is_allowed(
            headers,
            base_url=settings.base_url,
            others=settings.ws_allowed_origins,
            proxies=settings.trusted_proxies,
        ):
            raise Refused(messages.ORIGIN_REFUSED, "origin refused")
        credentials = Credentials(
            headers.get(b"cookie", b"").decode("latin-1"), headers.get(b"authorization", b"").decode("latin-1"), offered
        )
        try:
            return await self._feed.ask(lambda: admission.admit(room, room_id, credentials))
        except DomainError as refusal:
            raise Refused(messages.NOT_ALLOWED, refusal.code) from refusal

    async def _listen(self, room: Room, admitted: Admission, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        limits, now = self._limits, self._clock()
        listener = Listener(
            send,
            task.cancel,
            role=admitted.role,
            is_official=admitted.is_official,
            match_id=admitted.match_id,
            bucket=TokenBucket.full(limits.messages_per_s, limits.burst, now),
            now=now,
        )
        self._hub.join(room, listener)
        writing = asyncio.create_task(listener.write())
        try:
            # Cancelled by the listener itself, when we close it or when its connection broke.
            with contextlib.suppress(asyncio.CancelledError):
                await self._hear(room, listener, receive)
            listener.is_closing = True
            await _say_goodbye(listener, send)
        finally:
            self._hub.leave(room, listener)
            await _stop(writing)

    async def _hear(self, room: Room, listener: Listener, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return
            listener.last_heard = self._clock()
            if not listener.is_closing:
                await self._take(room, listener, message)

    async def _take(self, room: Room, listener: Listener, message: Message) -> None:
        if not self._is_within_limits(room, listener, message):
            return
        said = messages.parse(message.get("text"))
        if isinstance(said, Complaint):
            listener.put(error(room.standing, said))
        elif isinstance(said, Subscribe):
            await self._hub.replay(room, listener, said.since)

    def _is_within_limits(self, room: Room, listener: Listener, message: Message) -> bool:
        said = message.get("text")
        size = len(said.encode()) if said is not None else len(message.get("bytes") or b"")
        if size > self._limits.payload_bytes:
            words = f"A message may have {self._limits.payload_bytes} bytes."
            complaint = error(room.standing, Complaint("payload_too_big", words))
            listener.close(messages.TOO_BIG, "message too big", after=complaint)
            return False
        if listener.bucket.take(self._clock()):
            return True
        complaint = error(room.standing, _TOO_MANY, listener.bucket.retry_after_ms())
        if listener.bucket.is_abused or self._limits.burst == 0:
            listener.close(messages.POLICY, "too many messages", after=complaint)
        else:
            listener.put(complaint)
        return False


async def _say_goodbye(listener: Listener, send: Send) -> None:
    """The server closes a connection only while nobody waits for a message from it: so this is for who did."""
    with contextlib.suppress(Exception, asyncio.CancelledError):
        async with asyncio.timeout(_GOODBYE_S):
            for frame in listener.goodbye:
                await send(frame)


async def _stop(writing: "asyncio.Task[None]") -> None:
    """End the writer, which may be in the middle of a frame that nobody takes."""
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    # The server must have let go of the frame before the connection is given back to it.
    await asyncio.sleep(_LET_GO_S)
