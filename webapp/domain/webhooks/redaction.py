"""What is shown of messages and answers: never what proves that a message is ours."""

import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "[hidden]"
_SECRET_HEADERS: Final = frozenset({"webhook-signature", "x-webhook-signature", "authorization", "cookie"})
# Secrets as they are shown once, and the path of a Discord webhook, which is its secret.
_SECRETS: Final = re.compile(r"whsec_[A-Za-z0-9+/=_-]+|(?<=/api/webhooks/)\d+/[A-Za-z0-9._-]+")
_SIGNATURES: Final = re.compile(r"\bv1a?,[A-Za-z0-9+/=_-]{16,}|\b[0-9a-fA-F]{64}\b")
_UNREADABLE: Final = dict.fromkeys([*(set(range(32)) - {9, 10, 13}), *range(127, 160)], "\N{REPLACEMENT CHARACTER}")


def redacted(text: str) -> str:
    """The text without secrets."""
    return _SECRETS.sub(HIDDEN, text)


def readable(answer: bytes) -> str:
    """What came back, whatever its bytes, as text: a receiver may answer with the signatures that it was sent."""
    text = answer.decode("utf-8", errors="replace").translate(_UNREADABLE)
    return _SIGNATURES.sub(HIDDEN, redacted(text))


def redacted_headers(headers: Mapping[str, Any]) -> dict[str, str]:
    """Headers that were sent, by name; those that prove who sent them have no value."""
    return {
        name: HIDDEN if name.lower() in _SECRET_HEADERS else redacted(str(value)) for name, value in headers.items()
    }
