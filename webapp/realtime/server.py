"""The ASGI application of a web process: polls from memory, pages in threads, sockets on the loop; on one port."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable
from typing import Final

import structlog
from flask import Flask

from webapp import connect_doorbell, create_app
from webapp.config import Settings
from webapp.realtime.feed import LiveFeed
from webapp.realtime.fragments import KeptFragments
from webapp.realtime.hub import Hub
from webapp.realtime.sockets import Sockets
from webapp.realtime.wsgi_bridge import Receive, Scope, Send, WsgiBridge
from webapp.services import heads

_GOODBYE_S: Final = 1.0

log = structlog.get_logger(__name__)


def build() -> "Server":
    """The server of a web process, made in it (`granian --factory`)."""
    app = create_app()
    connect_doorbell(app)
    return Server(app)


class Server:
    """Built in every web process of its own; its loop begins with the server's lifespan."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.config["SETTINGS"]
        self._bridge = WsgiBridge(app)
        self._http = KeptFragments(app.extensions["fragment_layer"], self._bridge, settings.trusted_proxies)
        self._feed = LiveFeed(app, settings.redis_url)
        self._hub = Hub(self._feed, clock=time.monotonic, on_news=heads.note)
        self._sockets = Sockets(self._hub, self._feed, settings, time.monotonic)
        self._running: list[asyncio.Task[None]] = []

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """ASGI's entry; itself no coroutine, since each one costs a poll a part of what it takes."""
        kind = scope["type"]
        if kind == "http":
            return self._http(scope, receive, send)
        if kind == "websocket":
            return self._sockets.serve(scope, receive, send)
        return self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._end()
        await send({"type": "lifespan.shutdown.complete"})

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._running = [
            loop.create_task(self._hub.run()),
            loop.create_task(self._feed.run(self._hub.catch_up)),
            loop.create_task(self._sockets.run()),
        ]
        # The server breaks sockets off without a word when it is told to stop. So we are told first.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(signal.SIGTERM, self._say_goodbye)

    def _say_goodbye(self) -> None:
        goodbye = asyncio.get_running_loop().create_task(self._hub.end(_GOODBYE_S))
        # SIGINT is the other word by which the server stops.
        goodbye.add_done_callback(lambda _: os.kill(os.getpid(), signal.SIGINT))
        self._running.append(goodbye)

    async def _end(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._feed.close()
        self._bridge.close()
