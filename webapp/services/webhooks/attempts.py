"""One attempt of a claimed delivery: signed for this moment, sent, and what came of it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import aiohttp
import structlog

from webapp.domain.webhooks.addresses import AddressRefused
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.webhooks import addresses, http, signing
from webapp.services.webhooks.claims import Claim
from webapp.services.webhooks.http import Answer
from webapp.services.webhooks.outcomes import INTERNAL, UNREADABLE, Outcome
from webapp.services.webhooks.policies import POLICIES

USER_AGENT: Final = "DeltaCrown/0.1.0"
"""With the version that stands in pyproject.toml."""
_SIGNATURES: Final = ("webhook-signature", "X-Webhook-Signature")

log = structlog.get_logger(__name__)


async def make(session: aiohttp.ClientSession, claim: Claim, *, clock: Callable[[], datetime]) -> Outcome:
    """Send a claimed delivery once. Never raises: what fails here, and not at the receiver, is a failed attempt too."""
    at = clock()
    try:
        return await _made(session, claim, at)
    except Exception:
        # Left to its lease it would be tried for ever, without a row that says so.
        log.exception("webhook_attempt_failed", endpoint_id=claim.endpoint_id)
        return Outcome(claim, at, {}, Answer(0, error=INTERNAL))


async def _made(session: aiohttp.ClientSession, claim: Claim, at: datetime) -> Outcome:
    if claim.body is None:
        return Outcome(claim, at, {}, Answer(0, error=UNREADABLE))
    headers = _headers(claim, claim.body, at)
    shown = {name: value for name, value in headers.items() if name not in _SIGNATURES}
    try:
        # The rules of this installation may have changed since the address was entered.
        url = addresses.spelled(claim.url).url
    except AddressRefused:
        return Outcome(claim, at, shown, Answer(0, error="refused_address"))
    crashpoint("before_delivery_send")
    answer = await http.post(session, url, headers=headers, body=claim.body, timeout_s=POLICIES[claim.kind].timeout_s)
    crashpoint("after_delivery_send")
    return Outcome(claim, at, shown, answer)


def _headers(claim: Claim, body: bytes, at: datetime) -> Mapping[str, str]:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "identity",
    }
    if not POLICIES[claim.kind].is_signed:
        return headers
    signed = signing.signatures(str(claim.event_id), body, claim.keys, at=at) if claim.keys else {}
    return {**headers, "X-Webhook-Event": claim.type, **signed}
