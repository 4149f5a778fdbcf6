"""Secrets and addresses of endpoints as they lie in the database: encrypted by a key made of SECRET_KEY."""

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PURPOSE: Final = b"deltacrown webhooks"


class SealBroken(Exception):
    """What was sealed by another SECRET_KEY, or altered: it cannot be read any more."""


class _Key:
    fernet: Fernet | None = None


def connect(*, secret_key: str) -> None:
    """Seal by a key made of this one from now on, in this process."""
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret_key.encode())
    _Key.fernet = Fernet(base64.urlsafe_b64encode(derived))


def seal(text: str) -> str:
    """The text, unreadable without the key; never twice the same."""
    return _fernet().encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """What was sealed. Raises SealBroken."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        # Without its cause, which says no more.
        raise SealBroken from None


def _fernet() -> Fernet:
    assert _Key.fernet is not None, "connect_process was not called"
    return _Key.fernet
