"""Random values that let their bearer in, and what of them is stored."""

import secrets
from hashlib import sha256
from typing import Final

_BYTES: Final = 32


def new_secret(prefix: str = "") -> str:
    """A value of 256 random bits, after `prefix`, of letters, digits, - and _."""
    return prefix + secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> str:
    """What is stored of a secret: its SHA-256. Values of 256 random bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()
