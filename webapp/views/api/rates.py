"""How often one user may ask the API, and the headers that say so (draft-ietf-httpapi-ratelimit-headers)."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import redis
from flask import Flask, Response

from webapp.views.limits import by_address, by_user, limiter


@dataclass(frozen=True, slots=True)
class Rate:
    """A budget of requests that several operations share. `count` takes one of it, or raises RateLimitExceeded."""

    name: str
    limit: str
    words: str
    key: Callable[[], str] = by_user
    count: Callable[[], None] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", _counter(self))


def _counter(rate: Rate) -> Callable[[], None]:
    def count() -> None: ...

    # The limiter tells the functions that it counts apart by their names.
    count.__qualname__ = f"count_{rate.name}"
    return limiter.shared_limit(rate.limit, scope=f"api-{rate.name}", key_func=rate.key)(count)


BOARDS: Final = Rate("boards", "100 per hour", "100 an hour and user; answers of 304 are free")
DELTAS: Final = Rate("deltas", "1 per second", "1 a second and user")
EVENTS: Final = Rate("events", "1 per second", "1 a second and user")
NAMES: Final = Rate("names", "600 per hour", "600 an hour and user")
PLAY: Final = Rate("play", "300 per hour", "300 an hour and user")
ORGANIZE: Final = Rate("organize", "1000 per hour", "1,000 an hour and user")
STAFF: Final = Rate("staff", "100 per hour", "100 an hour and user")
OVERRIDES: Final = Rate("overrides", "300 per hour", "300 an hour and user")
INVALIDATION: Final = Rate("invalidation", "10 per hour", "10 an hour and user")
TOKENS: Final = Rate("tokens", "120 per hour", "120 an hour and address", by_address)


def init_rates(app: Flask) -> None:
    """Let Retry-After stand only where there is something to wait for."""
    # The first in this list is called last: after the limiter, which says it with every answer that it counted.
    app.after_request_funcs.setdefault(None, []).insert(0, _wait_only_when_refused)


def add_headers(response: Response) -> Response:
    """Say how much of the budget that counted this request is left, and when it is full again."""
    used = limiter.current_limit
    if used is not None:
        name = str(used.request_args[-1]).removeprefix("api-")
        # Redis may have gone since it counted: an answer without this header is better than none.
        with contextlib.suppress(redis.RedisError):
            left = max(used.reset_at - int(time.time()), 0)
            response.headers["RateLimit-Policy"] = f'"{name}";q={used.limit.amount};w={used.limit.get_expiry()}'
            response.headers["RateLimit"] = f'"{name}";r={used.remaining};t={left}'
    return response


def _wait_only_when_refused(response: Response) -> Response:
    if response.status_code not in {429, 503}:
        response.headers.pop("Retry-After", None)
    return response
