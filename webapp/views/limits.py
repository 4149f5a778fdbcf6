"""How often the same one may ask: counted in Redis for all processes, in memory while Redis is away."""

import hmac
from typing import Any, Final

from flask import Flask, Response, current_app, request
from flask_limiter import HeaderNames, Limiter
from flask_limiter.constants import ConfigVars
from redis.backoff import NoBackoff
from redis.retry import Retry

from webapp.views import access

KNOWN_COOKIE: Final = "dc_known"
_KNOWN_FOR_S: Final = 180 * 86_400
_TIMEOUT_S: Final = 0.05


def by_address() -> str:
    """The key of an address, which cannot be read back: addresses are kept nowhere."""
    return "address:" + _blurred(request.remote_addr or "")


def by_user() -> str:
    """The key of who is logged in, or of the address of who is not."""
    who = access.person()
    return by_address() if who is None else f"user:{who.user_id}"


def by_account() -> str:
    """The key of the account that somebody wants to log in to, known or unknown.

    A browser that has been logged in to it before counts for itself: strangers who try passwords lock nobody out.
    """
    account = _blurred(_wanted_account())
    known = request.cookies.get(KNOWN_COOKIE, "")
    if hmac.compare_digest(known.encode(), _blurred(f"known {account}").encode()):
        return f"known:{account}:{by_address()}"
    return f"account:{account}"


def remember_browser(response: Response) -> Response:
    """Let the browser that has just logged in count for itself from now on."""
    mark = _blurred(f"known {_blurred(_wanted_account())}")
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(KNOWN_COOKIE, mark, max_age=_KNOWN_FOR_S, httponly=True, samesite="Lax", secure=secure)
    return response


def by_account_and_address() -> str:
    """The key of an account together with the address that wants it."""
    return "pair:" + _blurred(f"{_wanted_account()} {request.remote_addr}")


limiter: Final = Limiter(
    key_func=by_user,
    key_prefix="deltacrown:limit",
    headers_enabled=True,
    header_name_mapping={
        HeaderNames.LIMIT: "RateLimit-Limit",
        HeaderNames.REMAINING: "RateLimit-Remaining",
        HeaderNames.RESET: "RateLimit-Reset",
        HeaderNames.RETRY_AFTER: "Retry-After",
    },
    retry_after="delta-seconds",
    in_memory_fallback_enabled=True,
)


def init_limits(app: Flask, redis_url: str | None) -> None:
    """Count where every process sees it. Without Redis each process counts for itself, and nothing fails."""
    app.config[ConfigVars.STORAGE_URI] = _storage(redis_url)
    if redis_url is not None:
        app.config[ConfigVars.STORAGE_OPTIONS] = {
            "socket_connect_timeout": _TIMEOUT_S, "socket_timeout": _TIMEOUT_S, "retry": Retry(NoBackoff(), 0),
        }  # fmt: skip
    limiter.init_app(app)


def failed(response: Response) -> bool:
    """Whether an attempt failed: only those count where right ones must not use up anybody's chances."""
    return response.status_code >= 400


def _storage(redis_url: str | None) -> str:
    if redis_url is None:
        return "memory://"
    return redis_url.replace("unix://", "redis+unix://", 1)


def _wanted_account() -> str:
    given: Any = request.form.get("email") or (request.get_json(silent=True) or {})
    if isinstance(given, dict):
        given = given.get("email", "")
    return str(given).strip().casefold()[:254]


def _blurred(value: str) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, value.encode(), "sha256").hexdigest()[:24]
