import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.webhooks.redaction import HIDDEN, readable, redacted, redacted_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
HEXADECIMAL = "0b" * 32
CHANNEL = "https://discord.com/api/webhooks/123456/abc-DEF_0"


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (b"", ""),
        (b'{"ok": true}\n\tthanks', '{"ok": true}\n\tthanks'),
        (f"you sent {SIGNATURE} and {SIGNATURE}".encode(), f"you sent {HIDDEN} and {HIDDEN}"),
        (f"key {SECRET}!".encode(), f"key {HIDDEN}!"),
        (f'"{HEXADECIMAL}" {HEXADECIMAL.upper()}'.encode(), f'"{HIDDEN}" {HIDDEN}'),
        (f"posted to {CHANNEL}?wait=1".encode(), f"posted to https://discord.com/api/webhooks/{HIDDEN}?wait=1"),
        ("Łódź ১".encode(), "Łódź ১"),
        (b"\xff\x00\x1b[31m", "\ufffd\ufffd\ufffd[31m"),
        (b"v1,short and " + b"a" * 63, "v1,short and " + "a" * 63),
    ],
)
def test_answers_are_readable_and_hold_no_proof(answer: bytes, shown: str) -> None:
    assert readable(answer) == shown


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_whatever_stands_around_a_secret_it_is_not_shown(before: bytes, after: bytes) -> None:
    assert "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" not in readable(before + SECRET.encode() + after)


def test_a_body_keeps_its_hashes_and_loses_its_secrets() -> None:
    assert redacted(f'{{"lot_seed": "{HEXADECIMAL}", "key": "{SECRET}"}}') == (
        f'{{"lot_seed": "{HEXADECIMAL}", "key": "{HIDDEN}"}}'
    )


def test_headers_that_prove_who_sent_them_have_no_value() -> None:
    sent = {"webhook-id": "x", "Webhook-Signature": SIGNATURE, "X-Webhook-Signature": HEXADECIMAL, "Authorization": "a"}
    assert redacted_headers(sent) == {
        "webhook-id": "x", "Webhook-Signature": HIDDEN, "X-Webhook-Signature": HIDDEN, "Authorization": HIDDEN,
    }  # fmt: skip
