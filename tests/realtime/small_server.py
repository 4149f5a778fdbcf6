"""uvicorn with our two protocols around next to nothing: real connections, without the site behind them."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

from webapp.realtime.connection import Connection, Visit
from webapp.realtime.fragments import Kept
from webapp.realtime.listener import Listener
from webapp.realtime.messages import RESTARTING, TOO_BIG, Frame, text_frame
from webapp.realtime.rate import TokenBucket
from webapp.realtime.worker import WebServer
from webapp.realtime.wsgi_bridge import WsgiBridge

PAYLOAD_BYTES = 16_384
PATH = "/ws/tournament/1/"
KEPT_PATH = "/spectator/tournaments/7/leaderboard/fragment/"
ETAG = b'"7-1"'


class Person:
    """A guest who notes what it hears of its connection."""

    def __init__(self, door: "OpenDoor", connection: Connection) -> None:
        self.door, self.connection = door, connection
        self.said: list[str | None] = []
        self.may = True
        self.end: tuple[int, str] | None = None
        self.listener = Listener(
            connection, role="spectator", is_official=False, match_id=None, bucket=TokenBucket.full(10, 20, 0), now=0
        )

    def may_say(self) -> bool:
        return self.may

    def heard(self, text: str | None) -> None:
        self.said.append(text)
        if text == "echo":
            self.listener.put(text_frame("echo"))

    def too_big(self) -> None:
        self.listener.close(TOO_BIG, "message too big", after=text_frame("too big"))

    def drain(self) -> None:
        self.listener.drain()

    def restart(self) -> None:
        self.listener.close(RESTARTING, "restarting")

    def left(self, code: int, reason: str) -> None:
        assert self.end is None, "it goes once"
        self.listener.is_closing = True
        self.end = (code, reason)


class OpenDoor:
    """Lets everybody in after a moment."""

    payload_bytes = PAYLOAD_BYTES

    def __init__(self) -> None:
        self.people: list[Person] = []
        self.visits: list[Visit] = []
        self.refuses_with: int | None = None

    def knows(self, path: str) -> bool:
        return path == PATH

    def subprotocol(self, offered: Sequence[str]) -> str | None:
        return "bearer" if "bearer" in offered else None

    def enter(self, connection: Connection, visit: Visit) -> None:
        self.visits.append(visit)
        asyncio.get_running_loop().call_later(0.02, self._let_in, connection)

    def _let_in(self, connection: Connection) -> None:
        if self.refuses_with is not None:
            connection.close(self.refuses_with, "refused", after=text_frame("no"))
            return
        person = Person(self, connection)
        self.people.append(person)
        connection.admit(person)


class OneFragment:
    """A memory that holds one fragment, which counts."""

    def __init__(self) -> None:
        self.given = 0
        headers = ((b"etag", ETAG), (b"content-length", b"5"))
        self.whole = Kept(200, headers, b"board", b'etag: "7-1"\r\ncontent-length: 5\r\n\r\nboard')
        self.unchanged = Kept(304, headers[:1], b"", b'etag: "7-1"\r\n\r\n')

    def at_once(self, path: str, _query: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Kept | None:
        found = dict(headers)
        if path != KEPT_PATH or found.get(b"hx-request") != b"true":
            return None
        self.given += 1
        return self.unchanged if found.get(b"if-none-match") == ETAG else self.whole


class SmallServer:
    """A server in a thread of its own, around a WSGI application; `call` runs something on its loop."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self.door, self.fragments = OpenDoor(), OneFragment()
        self._bridge = WsgiBridge(app, threads=2)
        self.server = WebServer(self._serve)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self.server.run, args=([self._listener],))

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self._bridge(scope, receive, send)
            return
        await receive()
        self._loop = asyncio.get_running_loop()
        scope["state"].update(sockets=self.door, fragments=self.fragments)
        await send({"type": "lifespan.startup.complete"})
        self._is_up.set()
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def call(self, work: Callable[[], Any]) -> Any:
        """What `work` gives, called on the loop."""
        assert self._loop is not None

        async def called() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(20)

    def put(self, frame: Frame) -> None:
        """Tell everybody."""
        self.put_all([frame])

    def put_all(self, frames: Sequence[Frame]) -> None:
        """Tell everybody several things at once."""

        def put() -> None:
            for frame in frames:
                for person in self.door.people:
                    person.listener.put(frame)

        self.call(put)

    @contextlib.contextmanager
    def connect(self, *, receive_buffer: int | None = None) -> Iterator[socket.socket]:
        with socket.socket() as connection:
            if receive_buffer is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            connection.settimeout(10)
            connection.connect(("127.0.0.1", self.port))
            yield connection

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(10)
        self._bridge.close()
        self._listener.close()
