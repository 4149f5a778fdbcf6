"""What operators see of the sockets: Prometheus counts, and a log line each time somebody comes, goes or is refused.

Messages are counted once a room and message, never once a listener, and are logged only where DEBUG is wanted.
"""

from enum import StrEnum
from functools import cache
from typing import Final

import structlog
from prometheus_client import Counter, Gauge, Histogram

LATENCY_BUCKETS_S: Final = (0.001, 0.005, 0.01, 0.05, 0.1)

log = structlog.get_logger(__name__)


class Reason(StrEnum):
    """Why somebody was refused or held back; the labels of `ws_ratelimit_events_total` and `ws_auth_failures_total`."""

    MSG_RATE = "MSG_RATE"
    CONN_LIMIT = "CONN_LIMIT"
    ROOM_FULL = "ROOM_FULL"
    PAYLOAD_TOO_BIG = "PAYLOAD_TOO_BIG"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105  (a reason, no password)
    TOKEN_INVALID = "TOKEN_INVALID"  # noqa: S105  (a reason, no password)
    ROLE_NOT_ALLOWED = "ROLE_NOT_ALLOWED"
    ORIGIN = "ORIGIN"


AUTH_REASONS: Final = frozenset({Reason.TOKEN_EXPIRED, Reason.TOKEN_INVALID, Reason.ROLE_NOT_ALLOWED, Reason.ORIGIN})


def opened(role: str, scope_type: str, *, user_id: int | None, tournament_id: int | None) -> None:
    """Somebody listens from now on."""
    metrics = _metrics()
    metrics.connections.labels(role, scope_type, "opened").inc()
    metrics.active.inc()
    _tell("WS_CONNECT", role=role, scope=scope_type, user_id=user_id, tournament_id=tournament_id)


def closed(
    role: str,
    scope_type: str,
    *,
    code: int,
    reason: str,
    duration_s: float,
    user_id: int | None,
    tournament_id: int | None,
) -> None:
    """Somebody listens no more; `code` and `reason` are those of the close frame, from whichever side it came."""
    metrics = _metrics()
    metrics.connections.labels(role, scope_type, "closed").inc()
    metrics.active.dec()
    _tell(
        "WS_DISCONNECT",
        role=role,
        scope=scope_type,
        code=code,
        reason_code=reason,
        duration_ms=round(duration_s * 1000),
        user_id=user_id,
        tournament_id=tournament_id,
    )


def refused(
    close_code: int,
    reason: Reason,
    *,
    scope_type: str,
    tournament_id: int | None,
    role: str = "spectator",
    user_id: int | None = None,
    retry_after_ms: int | None = None,
) -> None:
    """Somebody was turned away at the door, or sent out of it."""
    metrics = _metrics()
    metrics.connections.labels(role, scope_type, "refused").inc()
    is_auth = reason in AUTH_REASONS
    (metrics.auth_failures if is_auth else metrics.ratelimit_events).labels(reason.value).inc()
    _tell(
        "WS_AUTH_FAIL" if is_auth else "WS_RATELIMIT_REJECT",
        role=role,
        scope=scope_type,
        code=close_code,
        reason_code=reason.value,
        retry_after_ms=retry_after_ms,
        user_id=user_id,
        tournament_id=tournament_id,
    )


def ended(reason: Reason, *, close_code: int, role: str, scope_type: str, user_id: int | None) -> None:
    """What let somebody in is good no more, and the connection is closed for it."""
    _metrics().auth_failures.labels(reason.value).inc()
    _tell("WS_AUTH_FAIL", role=role, scope=scope_type, code=close_code, reason_code=reason.value, user_id=user_id)


def ratelimited(
    reason: Reason,
    *,
    role: str,
    tournament_id: int | None,
    user_id: int | None,
    message_type: str | None = None,
    retry_after_ms: int | None = None,
    is_logged: bool = True,
) -> None:
    """A message was not taken; of a flood only the first one is logged."""
    _metrics().ratelimit_events.labels(reason.value).inc()
    if is_logged:
        _tell(
            "WS_RATELIMIT_REJECT",
            role=role,
            reason_code=reason.value,
            message_type=message_type,
            retry_after_ms=retry_after_ms,
            user_id=user_id,
            tournament_id=tournament_id,
        )


def sent(message_type: str, count: int, latency_s: float | None = None) -> None:
    """A message was given to `count` listeners of a room, so long after it was published."""
    if not count:
        return
    metrics = _metrics()
    metrics.messages.labels(message_type, "sent").inc(count)
    if latency_s is not None:
        metrics.latency.observe(max(latency_s, 0.0))
    log.debug("WS_MESSAGE", message_type=message_type, count=count)


def received(message_type: str, status: str) -> None:
    """A listener said something that was `taken` or `refused`; `message_type` is a word of ours."""
    _metrics().messages.labels(message_type, status).inc()
    log.debug("WS_MESSAGE", message_type=message_type, status=status)


def failed(scope_type: str, error: BaseException, *, tournament_id: int | None, user_id: int | None = None) -> None:
    """A connection ended by an error of ours."""
    log.error("WS_ERROR", scope=scope_type, tournament_id=tournament_id, user_id=user_id, exc_info=error)


def _tell(event: str, **fields: str | int | None) -> None:
    """One line, of what there is to say."""
    log.info(event, **{name: value for name, value in fields.items() if value is not None})


class _Metrics:
    """What is counted."""

    def __init__(self) -> None:
        self.connections = Counter(
            "ws_connections_total", "Sockets that were opened, closed or refused", ("role", "scope_type", "status")
        )
        self.active = Gauge("ws_active_connections_gauge", "Sockets that are open", multiprocess_mode="livesum")
        self.messages = Counter("ws_messages_total", "Messages by type: sent, taken, refused", ("type", "status"))
        self.latency = Histogram(
            "ws_message_latency_seconds", "From publication to a room's listeners", buckets=LATENCY_BUCKETS_S
        )
        self.ratelimit_events = Counter("ws_ratelimit_events_total", "Refusals by a limit", ("reason",))
        self.auth_failures = Counter("ws_auth_failures_total", "Refusals by origin, token or role", ("reason",))


@cache
def _metrics() -> _Metrics:
    return _Metrics()
