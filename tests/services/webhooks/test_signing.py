"""What signs a message, as the libraries of receivers see it."""

import base64
import hashlib
import hmac
import subprocess
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from webapp.services.spine.clock import utc_now
from webapp.services.webhooks import messages, sealing, signing
from webapp.services.webhooks.sealing import SealBroken

# The vector that the suites of seven of the libraries share.
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID: Final = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SIGNED_AT: Final = datetime.fromtimestamp(1614265330, UTC)
BODY: Final = b'{"test": 2432232314}'
SIGNATURE: Final = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def verifies(secret: str | bytes, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except Exception:  # noqa: BLE001  (the library raises more than its own error for what is malformed)
        return False
    return True


def test_the_vector_of_the_specification_is_met() -> None:
    assert signing.signatures(MESSAGE_ID, BODY, [SECRET], at=SIGNED_AT) == {
        "webhook-id": MESSAGE_ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
        "X-Webhook-Signature": hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest(),
    }


def test_another_zone_signs_the_same_instant() -> None:
    dhaka = SIGNED_AT.astimezone(timezone(timedelta(hours=6)))
    assert signing.signatures(MESSAGE_ID, BODY, [SECRET], at=dhaka)["webhook-signature"] == SIGNATURE


def test_a_naive_instant_and_an_id_with_a_dot_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        signing.signatures(MESSAGE_ID, BODY, [SECRET], at=datetime(2026, 3, 1))  # noqa: DTZ001  (that is the point)
    with pytest.raises(ValueError, match="dots"):
        signing.signatures("a.1", BODY, [SECRET], at=SIGNED_AT)


PAYLOADS = st.one_of(
    st.text(max_size=12), st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**53), 2**53), st.none()
)


@settings(max_examples=500, deadline=None)
@given(values=st.lists(PAYLOADS, min_size=20, max_size=20), message_id=st.uuids())
def test_whatever_ten_thousand_messages_hold_receivers_verify_and_read_the_same(
    values: list[Any], message_id: uuid.UUID
) -> None:
    for value in values:
        now = utc_now()
        data = {} if value is None else {"value": value, str(value): [value]}
        body = messages.encode(message_id, "match_completed", now, data)
        headers = signing.signatures(str(message_id), body, [SECRET], at=now)
        assert Webhook(SECRET).verify(body, headers) == {
            "id": str(message_id),
            "type": "match_completed",
            "timestamp": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "data": data,
        }


@settings(max_examples=300, deadline=None)
@given(
    where=st.integers(0),
    what=st.sampled_from(["body", "webhook-id", "webhook-timestamp", "webhook-signature"]),
    bit=st.integers(0, 6),
)
def test_one_altered_byte_is_noticed(where: int, what: str, bit: int) -> None:
    now = utc_now()
    headers = signing.signatures(MESSAGE_ID, BODY, [SECRET], at=now)
    altered = bytearray(BODY if what == "body" else headers[what].encode())
    place = where % len(altered)
    altered[place] ^= 1 << bit
    if what == "body":
        assert not verifies(SECRET, bytes(altered), headers)
        return
    # The last character of base64 may say the same with other bits, and blanks around a number are none.
    text = altered.decode("latin-1")
    if base64_of(text) != base64_of(headers[what]) and text.strip() != headers[what].strip():
        assert not verifies(SECRET, BODY, headers | {what: text})


def base64_of(signature: str) -> bytes:
    try:
        return base64.b64decode(signature.partition(",")[2])
    except ValueError:
        return signature.encode()


@pytest.mark.parametrize(("age_s", "is_taken"), [(0, True), (298, True), (302, False), (-298, True), (-302, False)])
def test_five_minutes_are_as_old_as_a_message_may_be(age_s: int, is_taken: bool) -> None:
    at = utc_now() - timedelta(seconds=age_s)
    assert verifies(SECRET, BODY, signing.signatures(MESSAGE_ID, BODY, [SECRET], at=at)) is is_taken


def test_secrets_are_long_random_and_as_libraries_take_them() -> None:
    made = [signing.new_secret() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert {len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) for secret in made} == {32}


@pytest.mark.parametrize("secret", ["a" * 33, "whsec_" + "b" * 33])
def test_a_secret_that_is_no_base64_signs_by_its_bytes(secret: str) -> None:
    now = utc_now()
    assert verifies(secret.encode(), BODY, signing.signatures(MESSAGE_ID, BODY, [secret], at=now))


def test_while_a_secret_is_exchanged_both_sign_and_the_plain_one_is_the_new() -> None:
    old, new = signing.new_secret(), signing.new_secret()
    headers = signing.signatures(MESSAGE_ID, BODY, [new, old], at=utc_now())
    assert [verifies(secret, BODY, headers) for secret in (old, new, signing.new_secret())] == [True, True, False]
    assert headers["X-Webhook-Signature"] == hmac.new(new.encode(), BODY, hashlib.sha256).hexdigest()


def test_openssl_says_the_same() -> None:
    headers = signing.signatures(MESSAGE_ID, BODY, [SECRET], at=utc_now())
    command = ["openssl", "dgst", "-sha256", "-hmac", SECRET]
    said = subprocess.run(command, input=BODY, capture_output=True, check=True).stdout.decode()
    assert said.split()[-1] == headers["X-Webhook-Signature"]


_IN_NODE: Final = """
const {Webhook} = require("standardwebhooks");
const {secret, cases} = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(({headers, body}) => {
  try { new Webhook(secret).verify(body, headers); return true; } catch { return false; }
})));
"""


@pytest.fixture(scope="session")
def javascript_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The official library for JavaScript, from the registry where there is one to reach."""
    folder = tmp_path_factory.mktemp("javascript")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "standardwebhooks@1.1.1"]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("the library for JavaScript could not be installed here")
    return folder


def test_the_library_for_javascript_verifies_it_too(javascript_library: Path) -> None:
    now = utc_now()
    data: list[dict[str, Any]] = [
        {}, {"name": "ক্রিকেট"}, {"emoji": "🏆", "floats": [0.1, 1e300, -0.0]}, {"quote": '"\\\n\u2028'},
    ]  # fmt: skip
    cases = []
    for each in data:
        message_id = uuid.uuid4()
        body = messages.encode(message_id, "match_completed", now, each)
        headers = signing.signatures(str(message_id), body, [signing.new_secret(), SECRET], at=now)
        cases.append({"headers": headers, "body": body.decode()})
    cases.append({"headers": cases[0]["headers"], "body": f"{cases[0]['body']} "})
    asked = orjson.dumps({"secret": SECRET, "cases": cases})
    command = ["node", "-e", _IN_NODE]
    said = subprocess.run(command, cwd=javascript_library, input=asked, capture_output=True, check=True).stdout
    assert orjson.loads(said) == [True, True, True, True, False]


# -- how secrets lie in the database


def test_what_is_sealed_can_be_read_with_the_same_key_alone() -> None:
    sealing.connect(secret_key="a" * 32)
    sealed = sealing.seal(SECRET)
    assert SECRET not in sealed
    assert sealing.seal(SECRET) != sealed
    assert sealing.unseal(sealed) == SECRET
    sealing.connect(secret_key="b" * 32)
    with pytest.raises(SealBroken):
        sealing.unseal(sealed)
