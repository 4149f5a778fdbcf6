"""Runs a WSGI application behind an ASGI server: every request in a thread of a pool, its answer sent from the loop.

An answer that comes in one piece costs one hop back to the loop. One that goes on (an export) is sent piece by piece as
fast as its reader takes it; a large upload is read by the application itself, piece by piece, straight from the socket.
"""

import asyncio
import contextvars
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import structlog

from webapp.realtime.uploads import Upload

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

THREADS: Final = 8
"""As many requests are worked on at once; what they wait for is the database."""
WAITING: Final = 1000
"""So many requests may wait for a thread; who comes then is told at once that the site is busy."""
_ANSWER_IN_TIME_S: Final = 60
"""A reader who takes no piece of a long answer for so long has gone."""
_BUSY: Final = b"The site is busy; try again in a moment.\n"
_FAILED: Final = b"Something went wrong here.\n"

log = structlog.get_logger(__name__)


class WsgiBridge:
    """Wraps a WSGI application."""

    def __init__(self, app: WsgiApp, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._at_work = 0
        self._most_at_work = threads + waiting
        self._basis: Environ = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "SCRIPT_NAME": "",
            "wsgi.errors": sys.stderr,
            "wsgi.input_terminated": True,
            "wsgi.multiprocess": True,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.version": (1, 0),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if self._at_work >= self._most_at_work:
            await _send_text(send, 503, _BUSY, [(b"retry-after", b"1")])
            return
        self._at_work += 1
        try:
            loop = asyncio.get_running_loop()
            upload = await Upload.begin(scope, receive, loop)
            answer = _Answer(loop, send, scope.get("state", {}).get("transport"))
            # In a context of its own: what one request binds for its log lines is not the next one's.
            self._pool.submit(contextvars.Context().run, self._work, self._environ(scope, upload), answer)
            await answer.sent()
        finally:
            self._at_work -= 1

    def close(self) -> None:
        """Let no request begin any more; those at work end by themselves."""
        self._pool.shutdown(wait=False)

    def _work(self, environ: Environ, answer: "_Answer") -> None:
        try:
            chunks = self._app(environ, answer.start)
            try:
                answer.take(iter(chunks))
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()
            answer.end()
        except Exception:
            # The application answers its own errors; this is one of what stands around it, or a reader that has gone.
            log.exception("request_failed")
            answer.fail()

    def _environ(self, scope: Scope, upload: Upload) -> Environ:
        server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
        environ = self._basis | {
            "REQUEST_METHOD": scope["method"],
            "PATH_INFO": _path(scope).decode("latin-1"),
            "QUERY_STRING": scope["query_string"].decode("latin-1"),
            "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
            "SERVER_NAME": str(server[0]),
            "SERVER_PORT": str(server[1]),
            "REMOTE_ADDR": str(client[0]),
            "REMOTE_PORT": str(client[1]),
            "wsgi.url_scheme": scope["scheme"],
            "wsgi.input": upload.file,
        }
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
            if name not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
                name = f"HTTP_{name}"
                if name in environ:
                    value = f"{environ[name]}{'; ' if name == 'HTTP_COOKIE' else ','}{value}"
            environ[name] = value
        return environ


class _Answer:
    """What the application's thread hands over, and the loop sends."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send, transport: asyncio.Transport | None) -> None:
        self._loop, self._send, self._transport = loop, send, transport
        self._sent: asyncio.Future[None] = loop.create_future()
        self._head: Message | None = None
        self._is_head_sent = False
        self._held = b""

    async def sent(self) -> None:
        """Returns when the last piece has been sent; the request is over then."""
        await self._sent

    # -- in the application's thread

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        """WSGI's start_response."""
        if exc_info is not None and self._is_head_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._head = {"type": "http.response.start", "status": int(status[:3]), "headers": raw}
        return self._write

    def take(self, chunks: Iterator[bytes]) -> None:
        """Hold one piece back, so that an answer of one piece goes with its head and its end."""
        for chunk in chunks:
            if chunk:
                self._write(chunk)

    def _write(self, chunk: bytes) -> None:
        if self._held:
            asyncio.run_coroutine_threadsafe(self._send_piece(self._held), self._loop).result(_ANSWER_IN_TIME_S)
        self._held = chunk

    def end(self) -> None:
        """Send what is left; the request is over."""
        self._loop.call_soon_threadsafe(self._finish)

    def fail(self) -> None:
        """Say that it went wrong if nothing was said yet; else break off, so that nobody takes a part for the whole."""
        if not self._is_head_sent:
            headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(_FAILED)).encode())]
            self._head = {"type": "http.response.start", "status": 500, "headers": headers}
            self._held = _FAILED
            self.end()
        else:
            self._loop.call_soon_threadsafe(self._break_off)

    # -- in the loop

    async def _send_piece(self, piece: bytes) -> None:
        if self._transport is not None and self._transport.is_closing():
            # The server takes what is sent to nobody without a word.
            raise ConnectionAbortedError("the reader of an answer has gone")
        await self._send_head()
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _send_head(self) -> None:
        if not self._is_head_sent:
            self._is_head_sent = True
            assert self._head is not None, "the application gave a body without a status"
            await self._send(self._head)

    def _finish(self) -> None:
        task = self._loop.create_task(self._send_rest())
        task.add_done_callback(self._settle)

    async def _send_rest(self) -> None:
        await self._send_head()
        await self._send({"type": "http.response.body", "body": self._held, "more_body": False})

    def _settle(self, task: "asyncio.Task[None]") -> None:
        # A reader that has gone is no error of ours.
        task.cancelled() or task.exception()
        if not self._sent.done():
            self._sent.set_result(None)

    def _break_off(self) -> None:
        if not self._sent.done():
            self._sent.set_exception(ConnectionAbortedError("an answer broke off"))


def _path(scope: Scope) -> bytes:
    """The path as it was sent, where the server tells: it may hold bytes that are no text."""
    raw = scope.get("raw_path")
    return scope["path"].encode() if raw is None else unquote_to_bytes(raw)


async def _send_text(send: Send, status: int, text: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers = [*headers, (b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
