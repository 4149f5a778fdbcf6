"""One web process: `python -m webapp.realtime.worker`, started by `webapp/web.py` with the socket to listen on."""

import argparse
import asyncio
import gc
import os
import signal
import socket
from collections.abc import Callable
from typing import Any, Final, cast

import uvicorn

from webapp.keeper import die_with_parent
from webapp.realtime import http_protocol, server
from webapp.realtime.connection import Connection
from webapp.realtime.fragments import HttpApp
from webapp.realtime.http_protocol import HttpProtocol

STOPS_WITHIN_S: Final = 3
"""So long requests may take when the process is told to stop."""
GOODBYES_WITHIN_S: Final = 2.0
"""So long goodbyes may take then; what sockets leave behind is put in order after them."""
BACKLOG: Final = 2048


class WebServer(uvicorn.Server):
    """uvicorn's server with our protocols; it tells when it serves, lets go of who dawdles, and is soon over."""

    def __init__(
        self, site: HttpApp, *, ready: int | None = None, on_stop: Callable[[], object] = lambda: None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                cast(Any, site),
                http=HttpProtocol,
                ws=Connection,
                loop="uvloop",
                lifespan="on",
                interface="asgi3",
                backlog=BACKLOG,
                timeout_graceful_shutdown=STOPS_WITHIN_S,
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
            )
        )
        self._ready, self._on_stop = ready, on_stop
        self._sweeping: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and say so."""
        await super().startup(sockets)
        self._sweeping = asyncio.create_task(http_protocol.sweep(self.server_state.connections))
        if self._ready is not None:
            os.write(self._ready, b"1")
            os.close(self._ready)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in any more, say goodbye to all, and end; whoever has not heard it by then is broken off."""
        self._on_stop()
        impatience = asyncio.get_running_loop().call_later(GOODBYES_WITHIN_S, self._break_off, Connection)
        await super().shutdown(sockets)
        impatience.cancel()
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._break_off(HttpProtocol)
        # A turn for the ends of the connections, without which the loop would wait for them when it is closed.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def _break_off(self, kind: type[HttpProtocol | Connection]) -> None:
        for connection in cast(set[HttpProtocol | Connection], self.server_state.connections.copy()):
            if isinstance(connection, kind):
                connection.abort()


def main(arguments: list[str] | None = None) -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="Serve the site on a socket that is bound already.")
    parser.add_argument("--socket", type=int, required=True, metavar="FD", help="the socket to listen on")
    parser.add_argument("--ready", type=int, metavar="FD", help="a pipe to write to once requests are answered")
    options = parser.parse_args(arguments)
    die_with_parent(signal.SIGTERM)
    site = server.build()
    web_server = WebServer(site, ready=options.ready, on_stop=site.hub.stop)
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn has handlers of its own while it serves, and repeats the signal to these when it has ended.
        signal.signal(number, lambda *_: setattr(web_server, "should_exit", True))
    # What is there now stays; looking through it again and again would hold up everybody.
    gc.freeze()
    web_server.run([socket.socket(fileno=options.socket)])


if __name__ == "__main__":
    main()
