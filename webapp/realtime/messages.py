"""What server and listener say to each other beside the announcements of the log: JSON, one object a text frame."""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from websockets import frames
from websockets.frames import Close, Opcode

from webapp.services.live.announcements import envelope
from webapp.services.live.grants import NOWHERE
from webapp.services.spine.clock import utc_now

HEARTBEAT_S: Final = 25
SILENCE_S: Final = 50

ORIGIN_REFUSED: Final = 4001
TOKEN_EXPIRED: Final = 4002
NOT_ALLOWED: Final = 4003
HEARTBEAT_LOST: Final = 4004
POLICY: Final = 4008
TOO_BIG: Final = 4009
RESTARTING: Final = 1012
NOTIFICATION_COUNT: Final = "notification_count"
FAILED: Final = 1011
"""An error of ours: come back."""

UNKNOWN_TYPE: Final = "unknown_type"
ERROR_CODES: Final = (
    "connection_limit_exceeded",
    "message_rate_limit_exceeded",
    "room_full",
    "payload_too_big",
    "invalid_message",
    UNKNOWN_TYPE,
    "not_allowed",
    "sanctioned",
)
"""What the `code` of an `error` can be. Nobody is sanctioned yet."""

Frame = bytes
"""A message as it goes over the wire. It is made once, whoever hears it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a listener's room stands, which the messages without a number of their own tell."""

    tournament_id: int
    seq: int
    version: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A listener asks for everything after number `since`."""

    since: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """A listener said something that is refused: a code of the protocol, and words."""

    code: str
    message: str


def text_frame(text: str) -> Frame:
    """A frame that may be given to any number of listeners."""
    return frames.Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def close_frame(code: int, reason: str) -> Frame:
    """The end of a connection."""
    return frames.Frame(Opcode.CLOSE, Close(code, reason).serialize()).serialize(mask=False)


def greeting(message_type: str, standing: Standing, role: str) -> Frame:
    """`hello` on connecting, `reset` where nothing can be replayed."""
    return text_frame(greeting_text(message_type, standing, role))


def greeting_text(message_type: str, standing: Standing, role: str) -> str:
    """The same as text."""
    return _text(message_type, standing, {"role": role, "version": standing.version, "heartbeat_s": HEARTBEAT_S})


def ping(standing: Standing) -> Frame:
    """Tells how far the log is, so that a listener that lost the last message knows."""
    return _frame("ping", standing, {"version": standing.version})


def notification_count(standing: Standing, unread: int) -> Frame:
    """Tells somebody how much they have not read, counted no further than `bells.MOST`."""
    return _frame(NOTIFICATION_COUNT, standing, {"unread": unread})


def error(standing: Standing, complaint: Complaint, retry_after_ms: int | None = None) -> Frame:
    """What was wrong, by a code of the protocol and in words."""
    more: dict[str, Any] = {"code": complaint.code, "message": complaint.message}
    return _frame("error", standing, more if retry_after_ms is None else more | {"retry_after_ms": retry_after_ms})


def parse(text: str | None) -> Subscribe | Complaint | None:
    """What a listener says; None for a `pong`, which needs no answer."""
    try:
        said = orjson.loads(text) if text is not None else None
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("type"), str):
        return Complaint("invalid_message", "A message is a text frame with a JSON object that has a type.")
    if said["type"] == "pong":
        return None
    if said["type"] != "subscribe":
        return Complaint(UNKNOWN_TYPE, "Only pong and subscribe are understood.")
    since = said.get("since")
    if not isinstance(since, int) or isinstance(since, bool) or since < 0:
        return Complaint("invalid_message", "subscribe needs since: the last number that was heard, 0 for none.")
    return Subscribe(since)


def _frame(message_type: str, standing: Standing, more: dict[str, Any]) -> Frame:
    return text_frame(_text(message_type, standing, more))


def _text(message_type: str, standing: Standing, more: dict[str, Any]) -> str:
    message = envelope(message_type, standing.seq, standing.tournament_id, utc_now()) | more
    if standing.tournament_id == NOWHERE:
        message["tournament_id"] = None
    return orjson.dumps(message).decode()
