"""Secrets that somebody else made up: receivers verify with the official library, given the very same text."""

import base64
import hashlib
import hmac
import secrets
import uuid

import pytest
from standardwebhooks import Webhook

from webapp.services.spine.clock import utc_now
from webapp.services.webhooks import signing

BODY = b'{"id":"7"}'
RAW = bytes(range(200, 232))
SECRETS = {
    "urlsafe, 43 characters": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA",
    "urlsafe with a hyphen": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWe-A",
    "urlsafe with hyphens and underscores": "_83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEj-_eJ-",
    "the same with a prefix": "whsec_q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWe-A",
    "padded base64": base64.b64encode(RAW).decode(),
    "padded base64 with a prefix": "whsec_" + base64.b64encode(RAW).decode(),
    "base64 without its padding": base64.b64encode(RAW).decode().rstrip("="),
    "64 hex characters": hashlib.sha256(RAW).hexdigest(),
    "32 plain characters": "abcdefghijklmnopqrstuvwxyz012345",
    "words": "correct horse battery staple and more!",
}


def headers(secret: str) -> dict[str, str]:
    signed = signing.signatures(str(uuid.uuid4()), BODY, [secret], at=utc_now())
    return {name.lower(): value for name, value in signed.items()}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=list(SECRETS))
def test_the_library_of_the_receiver_verifies_with_the_secret_as_it_was_given(secret: str) -> None:
    assert Webhook(secret).verify(BODY, headers(secret)) == {"id": "7"}


@pytest.mark.parametrize(
    "secret",
    [
        "a" * 33,  # a length that base64 cannot have
        "-" * 32,  # nothing is left of it
        "wörter statt zufall, 32 zeichen lang",
    ],
)
def test_where_the_library_takes_no_such_text_its_bytes_are_the_key(secret: str) -> None:
    with pytest.raises(Exception, match=r"base64|empty|ASCII"):
        Webhook(secret)
    assert Webhook(secret.encode()).verify(BODY, headers(secret)) == {"id": "7"}


def test_a_thousand_random_secrets_are_each_verified_in_the_one_way_or_the_other() -> None:
    for number in range(1000):
        secret = ("whsec_" if number % 2 else "") + secrets.token_urlsafe(32)
        try:
            receiver = Webhook(secret)
        except ValueError:
            receiver = Webhook(secret.encode())
        assert receiver.verify(BODY, headers(secret)) == {"id": "7"}, secret


def test_the_plain_signature_is_by_the_text_of_the_secret() -> None:
    for secret in SECRETS.values():
        assert headers(secret)["x-webhook-signature"] == hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
