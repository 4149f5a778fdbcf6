"""The site as a web process serves it: polls from memory, pages in threads, sockets on the loop; on one port."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from typing import Any, Final

from flask import Flask

from webapp import connect_doorbell, create_app, metrics
from webapp.config import Settings
from webapp.realtime.bells import Bells
from webapp.realtime.feed import LiveFeed
from webapp.realtime.fragments import KeptFragments
from webapp.realtime.hub import Hub
from webapp.realtime.long_polls import LongPolls
from webapp.realtime.sockets import Sockets
from webapp.realtime.wsgi_bridge import Receive, Scope, Send, WsgiBridge
from webapp.services.live import heads

_IN_ORDER_WITHIN_S: Final = 0.8
"""So long it may take to give back the places of those who were sent away; they run out by themselves as well."""


def build() -> "Site":
    """The site of a web process, made in it."""
    app = create_app()
    settings: Settings = app.config["SETTINGS"]
    metrics.share(settings.instance_path / "metrics")
    connect_doorbell(app)
    return Site(app)


class Site:
    """An ASGI application of pages; the sockets are beside it, for the server to hand connections to."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.config["SETTINGS"]
        self._bridge = WsgiBridge(app)
        self._feed = LiveFeed(app, settings.redis_url)
        self.hub = Hub(self._feed, clock=time.monotonic, on_news=heads.note)
        pages = LongPolls(self.hub, self._feed, settings, self._bridge, time.monotonic)
        self.fragments = KeptFragments(app.extensions["fragment_layer"], pages, settings.trusted_proxies)
        self._bells = Bells(self._feed)
        self.sockets = Sockets(self.hub, self._feed, self._bells, settings, time.monotonic)
        self._running: list[asyncio.Task[None]] = []

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """ASGI's entry."""
        if scope["type"] == "http":
            return self.fragments(scope, receive, send)
        return self._live(scope["state"], receive, send)

    async def _live(self, state: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        # What the server's own protocols ask for.
        state |= {"fragments": self.fragments, "sockets": self.sockets}
        self._begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._end()
        await send({"type": "lifespan.shutdown.complete"})

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._running = [
            loop.create_task(self.hub.run()),
            loop.create_task(self._feed.run(self.hub.catch_up, self._bells.rung)),
            loop.create_task(self._bells.run()),
            loop.create_task(self.sockets.run()),
        ]

    async def _end(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_IN_ORDER_WITHIN_S):
                await self.sockets.end()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._feed.close()
        self._bridge.close()
