"""Headers that prove a message to be ours: as Standard Webhooks says, and a plain HMAC for simple receivers."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def new_secret() -> str:
    """A secret of 32 random bytes, as its owner enters it at the receiver."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def signatures(message_id: str, body: bytes, keys: Sequence[str], *, at: datetime) -> dict[str, str]:
    """The signed headers of an attempt made at `at`; `keys` are the secrets that receivers may know, the newest first.

    Raises ValueError for a naive instant or an id with a dot in it, of which two messages could have one signature.
    """
    if at.tzinfo is None or "." in message_id:
        raise ValueError("a signature needs an aware instant and an id without dots")
    # In UTC and nothing else: the library takes the hands of the clock as they stand.
    instant = at.astimezone(UTC)
    text = body.decode()
    signed = [_webhook(key).sign(message_id, instant, text) for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(instant.timestamp())),
        "webhook-signature": " ".join(signed),
        # By the text of the secret, so that `openssl dgst -hmac "$SECRET"` says the same.
        "X-Webhook-Signature": hmac.new(keys[0].encode(), body, hashlib.sha256).hexdigest(),
    }


def _webhook(secret: str) -> Webhook:
    """The library's signer, with the key that a receiver's library reads from the same text.

    Somebody may have made the secret up: where the library takes no such text, its bytes are the key.
    """
    try:
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        return Webhook(secret.encode())
