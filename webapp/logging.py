"""Logs: one event a line, as JSON or text, in UTC. Fields are allowed by name; everything else stays out of the log.

An event has a constant name and fields that are ids, numbers and states: `log.info("match_confirmed", match_id=7)`.
Emails, addresses, names, secrets and job arguments never reach a line: an unknown field is withheld and only named, so
is a value that looks like an email, an IP address or a URL; of an exception the log keeps type, code and place.
"""

import logging
import re
import sys
import time
import traceback
import uuid
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import orjson
import structlog
from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, merge_contextvars, unbind_contextvars
from structlog.typing import EventDict, WrappedLogger

from webapp.config import ROOT, Settings

ALLOWED_FIELDS: Final = frozenset(
    (  # noqa: SIM905  (a page of words is read and merged more easily than a list of one word a line)
        "action attempts cause changed channel code count degraded endpoint engine error event failed flag format "
        "game handler job kind level logger message_type method missing number outcome pid port queue reason "
        "reason_code role rows scope season signal skipped source state status timestamp trace version versions "
        "withheld"
    ).split()
)
"""Names a field may have, beside those that end in one of ALLOWED_ENDINGS."""
ALLOWED_ENDINGS: Final = ("_id", "_ids", "_ms", "_s", "_at", "_count", "_number", "_version", "_rows", "_bytes")
PRINTED_MAIL: Final = "mail_printed"
"""The one event that is shown whole: a message that no server takes has nowhere else to go. It names no address."""
LONGEST_VALUE: Final = 200
LONGEST_LIST: Final = 50
DEEPEST_TRACE: Final = 12

REQUEST_ID_HEADER: Final = "X-Request-ID"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:;=+/~-]{1,64}")
_PRIVATE: Final = re.compile(
    r"@|://"  # addresses of people and places
    r"|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"  # IPv4
    r"|(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![0-9A-Fa-f:])"  # IPv6
)
_ABOUT_CODE: Final = (TypeError, AttributeError, NameError, ImportError, RecursionError, ZeroDivisionError)
"""Errors whose words quote names from the code and not values, so that they may be logged."""
_QUIET_ENDPOINTS: Final = frozenset({"health.healthz", "health.readiness", "static"})


def configure_logging(settings: Settings) -> None:
    """Send every log line of this process to standard error in the settings' format. May be called again."""
    level = logging.getLevelNamesMapping()[settings.log_level]
    renderer = _render_json if settings.log_format == "json" else _render_text
    structlog.configure(
        processors=[
            merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _describe_exception,
            _withhold,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_StandardError,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [kept for kept in root.handlers if not isinstance(kept, _LibraryHandler)] + [_LibraryHandler()]
    root.setLevel(logging.WARNING)


def init_request_logging(app: Flask) -> None:
    """Give every request an id (the proxy's `X-Request-ID` when it is sane), return it, and log `request_finished`."""
    log = structlog.get_logger("webapp.requests")

    @app.before_request
    def _begin() -> None:
        g.request_began = time.perf_counter()
        bind_contextvars(request_id=request_id())

    @app.after_request
    def _finish(response: Response) -> Response:
        response.headers[REQUEST_ID_HEADER] = request_id()
        duration_ms = round((time.perf_counter() - g.get("request_began", time.perf_counter())) * 1000, 2)
        # Probes ask every few seconds; their answers matter only when they are bad.
        quiet = request.endpoint in _QUIET_ENDPOINTS and response.status_code < 400
        (log.debug if quiet else log.info)(
            "request_finished",
            method=request.method,
            endpoint=request.endpoint,
            status=response.status_code,
            duration_ms=duration_ms,
        )
        return response

    @app.teardown_request
    def _end(_error: BaseException | None) -> None:
        unbind_contextvars("request_id")


def request_id() -> str:
    """The id of the current request: the caller's when it is printable and short, else one of our own."""
    if "request_id" not in g:
        given = request.headers.get(REQUEST_ID_HEADER, "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    return str(g.request_id)


class _StandardError:
    """Writes a line to whatever sys.stderr is at that moment, in one piece."""

    def __init__(self, *_names: object) -> None: ...

    def msg(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = exception = log = msg


class _LibraryHandler(logging.Handler):
    """Turns what libraries log into events; their arguments stay out, since nobody vouches for them."""

    def __init__(self) -> None:
        # Below WARNING libraries describe jobs with their arguments and statements with their values.
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            structlog.get_logger(record.name).log(
                record.levelno,
                "library_message",
                logger=record.name,
                reason=record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
                exc_info=record.exc_info,
            )
        except Exception:  # noqa: BLE001  (a log line must never end what it tells about)
            self.handleError(record)


def _describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by type, code and place. Most messages stay out, for they quote values."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__qualname__
        event["code"] = event.get("code") or _error_code(error)
        event["trace"] = _places(error.__traceback__)
        if isinstance(error, _ABOUT_CODE):
            event["reason"] = str(error)
        cause = error.__cause__ or error.__context__
        if cause is not None:
            event["cause"] = type(cause).__qualname__
    return event


def _error_code(error: BaseException) -> str | None:
    """What a machine says about an error without quoting a value: our own code, SQLSTATE, SQLite's name, errno."""
    for candidate in (error, getattr(error, "orig", None), error.__cause__):
        for attribute in ("code", "sqlstate", "sqlite_errorname", "errno"):
            # SQLAlchemy's own `code` is the key of a page in its documentation, not a kind of failure.
            code = getattr(candidate, attribute, None)
            if code is not None and not (attribute == "code" and hasattr(candidate, "orig")):
                return str(code)
    return None


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-DEEPEST_TRACE:]
    return [f"{_short_path(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short_path(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return str(path.relative_to(ROOT))
    return "/".join(path.parts[-2:])


def _withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep allowed fields with harmless values; name the others under `withheld`."""
    if event.get("event") == PRINTED_MAIL:
        return event
    kept = {name: value for name, value in event.items() if _is_allowed(name) and _is_harmless(value)}
    if len(kept) < len(event):
        kept["withheld"] = sorted(event.keys() - kept.keys())
    return kept


def _is_allowed(name: str) -> bool:
    return name in ALLOWED_FIELDS or name.endswith(ALLOWED_ENDINGS)


def _is_harmless(value: object) -> bool:
    match value:
        case None | bool() | int() | float() | datetime():
            return True
        case str():
            return len(value) <= LONGEST_VALUE and not _PRIVATE.search(value)
        case list() | tuple() | set() | frozenset():
            return len(value) <= LONGEST_LIST and all(_is_harmless(item) for item in value)
        case Mapping():
            return all(isinstance(key, str) and _is_harmless(item) for key, item in value.items())
        case _:
            return False


def _render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    first = {name: event[name] for name in ("timestamp", "level", "event") if name in event}
    return orjson.dumps(first | dict(event), default=_plain, option=orjson.OPT_UTC_Z).decode()


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def _render_text(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> str:
    timestamp, level, name = (event.pop(key, "") for key in ("timestamp", "level", "event"))
    trace = "".join(f"\n    {place}" for place in event.pop("trace", ()))
    fields = " ".join(f"{key}={value}" for key, value in event.items())
    return f"{timestamp} {level:<7} {name} {fields}{trace}".rstrip()
