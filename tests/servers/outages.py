"""Ways in which a Redis can be gone."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Final

from tests.servers.redis import RedisServer
from webapp.services.spine import redis_link

OUTAGES: Final = ("stopped", "frozen", "black hole")


@contextmanager
def outage(kind: str, redis_server: RedisServer) -> Iterator[None]:
    """Redis is gone in this process while the block runs, and back after it; where it was stopped, empty."""
    if kind == "stopped":
        redis_server.stop()
        yield
        redis_server.start()
    elif kind == "frozen":
        redis_server.pause()
        yield
        redis_server.resume()
    else:
        with black_hole() as url:
            redis_link.connect(url)
            yield
        redis_link.connect(redis_server.url)


@contextmanager
def black_hole() -> Iterator[str]:
    """The URL of a Redis whose packets vanish: nobody refuses, nobody answers."""
    with closing(socket.socket()) as listener, ExitStack() as taken:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        # The kernel takes a connection or two for a program that accepts none, and drops the rest.
        for _ in range(4):
            waiting = taken.enter_context(closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield f"redis://127.0.0.1:{address[1]}/0"
