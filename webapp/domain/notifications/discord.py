"""What Discord takes: addresses of its webhooks, messages within its limits, and how long it wants to be left alone.

Limits and answers are those of its documentation, https://docs.discord.com/developers: topics/rate-limits and
resources/message#embed-object.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import orjson

from webapp.domain.errors import DomainError, FieldError

HOSTS: Final = frozenset(
    f"{part}{name}" for part in ("", "ptb.", "canary.") for name in ("discord.com", "discordapp.com")
)
"""The same service under its names; everything is sent to `discord.com`."""
TITLE_AT_MOST: Final = 256
TEXT_AT_MOST: Final = 4096
FOOTER_AT_MOST: Final = 256
"""Discord would take more of it, but not of all three together."""
LONGEST_PAUSE_S: Final = 3600.0
REFUSALS: Final = frozenset({401, 403, 404})
"""Answers after which nothing is sent there any more: many of them have a whole server shut out."""

USUAL_EVENTS: Final = (
    "tournament_started", "tournament_completed", "tournament_cancelled", "outcome_reviewed", "announcement",
    "bracket_generated", "checkin_open", "match_scheduled", "match_started", "match_completed", "match_resolved",
    "board_frozen", "board_unfrozen",
)  # fmt: skip
"""Events that a channel is told of unless others were chosen: what everybody may know."""
EVENTS: Final = (
    *USUAL_EVENTS, "match_cancelled", "match_disputed", "result_corrected", "result_voided", "placement_overridden",
    "review_requested", "registration_created", "registration_withdrawn", "waitlist_promoted",
    "payment_proof_submitted", "checkin_closed",
)  # fmt: skip
"""Every event that there is a message for; some of them are the officials' business and must be asked for."""

BLUE, GREEN, AMBER, RED = 0x3B82F6, 0x22C55E, 0xF59E0B, 0xEF4444

_PATH: Final = re.compile(r"/api(?:/v\d{1,2})?/webhooks/(\d{5,25})/([A-Za-z0-9_-]{20,120})/?")
_MEANT: Final = re.compile(r"[\\*_~`|<>\[\]()#]")
_AT_LINE_START: Final = re.compile(r"^(\s*(?:\d+)?)([-+.])", re.MULTILINE)
_MORE: Final = "…"
_TOO_MANY: Final = 429


class DiscordAddressError(DomainError):
    """An address that is no webhook of Discord."""

    default_code = "invalid_discord_url"


class Address(NamedTuple):
    """Where a Discord webhook is written to. `url` is a secret; `key` names the webhook without it."""

    url: str
    key: str
    host: str


class Embed(NamedTuple):
    """One message: a title that leads somewhere, and text in Discord's markdown; what people wrote comes by `plain`."""

    title: str
    text: str
    url: str
    colour: int
    at: datetime
    footer: str = "DeltaCrown"


def address_of(url: str, *, elsewhere: bool = False) -> Address:
    """The address in its one spelling, without anything that Discord does not need.

    With `elsewhere` other hosts, by http as well, count as Discord: for development and tests. Raises
    DiscordAddressError.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise _refused() from error
    found = _PATH.fullmatch(parts.path)
    if not url.isascii() or found is None or parts.username is not None or parts.password is not None:
        raise _refused()
    webhook_id, token = found.groups()
    if host in HOSTS and parts.scheme == "https" and port in {None, 443}:
        site, host = "https://discord.com", "discord.com"
    elif elsewhere and host and parts.scheme in {"http", "https"}:
        site = f"{parts.scheme}://{parts.netloc}"
    else:
        raise _refused()
    return Address(f"{site}/api/webhooks/{webhook_id}/{token}", f"discord:{webhook_id}", host)


def _refused() -> DiscordAddressError:
    # What was entered is not repeated: it may be the secret address of something else.
    wanted = (
        "copy the address from the settings of the Discord channel; it begins with https://discord.com/api/webhooks/"
    )
    return DiscordAddressError(f"This is no address of a Discord webhook: {wanted}.", [FieldError("url", wanted)])


def plain(text: str) -> str:
    """Text as people wrote it, so that Discord shows it as it is: no formatting, links or mentions of its own."""
    # A character that nobody sees keeps Discord from taking what follows for a name or an address.
    unlinked = _MEANT.sub(r"\\\g<0>", text).replace("@", "@\u200b").replace("://", ":\u200b//")
    return _AT_LINE_START.sub(r"\1\\\2", unlinked)


def instant(at: datetime) -> str:
    """Markdown that shows every reader the time in their own zone."""
    return f"<t:{int(at.timestamp())}:F>"


def body_of(embed: Embed) -> bytes:
    """The message as it is sent. It mentions nobody, whatever its text holds."""
    shown = {
        "title": _cut(embed.title, TITLE_AT_MOST),
        "description": _cut(embed.text, TEXT_AT_MOST),
        **({"url": embed.url} if embed.url else {}),
        "color": embed.colour,
        "timestamp": embed.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "footer": {"text": _cut(embed.footer, FOOTER_AT_MOST)},
    }
    return orjson.dumps({"embeds": [shown], "allowed_mentions": {"parse": []}})


def trial_body(at: datetime, *, url: str = "") -> bytes:
    """A message that says that messages arrive, leading to `url` if there is one."""
    return body_of(Embed("It works", "Messages of DeltaCrown arrive in this channel.", url, BLUE, at))


def pause_s(status: int, headers: Mapping[str, str], body: bytes) -> float | None:
    """How many seconds Discord wants nothing more after an answer; None where it says nothing of the kind."""
    told = {name.lower(): value for name, value in headers.items()}
    if status == _TOO_MANY:
        found = [_retry_after(body), _number(told.get("retry-after")), _number(told.get("x-ratelimit-reset-after"))]
        return min(next((seconds for seconds in found if seconds is not None), 1.0), LONGEST_PAUSE_S)
    if told.get("x-ratelimit-remaining") == "0":
        seconds = _number(told.get("x-ratelimit-reset-after"))
        return None if seconds is None else min(seconds, LONGEST_PAUSE_S)
    return None


def _retry_after(body: bytes) -> float | None:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return _number(told.get("retry_after")) if isinstance(told, dict) else None


def _number(told: object) -> float | None:
    if isinstance(told, bool) or not isinstance(told, (int, float, str)):
        return None
    try:
        seconds = float(told)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _cut(text: str, at_most: int) -> str:
    """The text, or its beginning and a sign that there was more; Discord counts in units of UTF-16."""
    if _length(text) <= at_most:
        return text
    beginning = text[: at_most - 1]
    while _length(beginning) > at_most - 1:
        beginning = beginning[:-1]
    # A backslash that lost what it stood before would be shown.
    bare = beginning.rstrip("\\")
    return (beginning if (len(beginning) - len(bare)) % 2 == 0 else beginning[:-1]) + _MORE


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2
