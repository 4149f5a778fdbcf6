"""What the settings decide about sending."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from flask import Flask
from sqlalchemy import select
from standardwebhooks import Webhook

from tests.servers.receiver import Receiver
from tests.trail import trail
from tests.webhooked import STARTED_AT, Clock, change, deliver, endpoint
from webapp import connect_process
from webapp.domain.webhooks.addresses import AddressRefused
from webapp.models import WebhookEndpoint
from webapp.services.spine.transaction import read_snapshot
from webapp.services.webhooks import addresses, environment, sealing, sender
from webapp.services.webhooks.policies import POLICIES

FIRST: Final = "the first secret of the settings, made by us"
SECOND: Final = "c2Vjb25kIHNlY3JldCBvZiB0aGUgc2V0dGluZ3M="
THIRD: Final = "whsec_dGhpcmQgc2VjcmV0IG9mIHRoZSBzZXR0aW5ncw"
PLAIN = "http://203.0.114.7/hooks"


def test_delays_patience_and_addresses_are_those_of_the_settings(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    assert addresses.check(PLAIN).url == PLAIN
    given = replace(settings, production=True, webhook_retry_delays=(2, 9), webhook_timeout=3)
    try:
        connect_process(given)
        assert addresses.check("https://203.0.114.7/hooks").scheme == "https"
        with pytest.raises(AddressRefused):
            addresses.check(PLAIN)
        assert (POLICIES["webhook"].delays(), POLICIES["webhook"].timeout_s) == ((2, 9), 3.0)
        assert (POLICIES["discord"].delays(), POLICIES["discord"].timeout_s) == ((1, 5, 25), 5.0)
    finally:
        connect_process(settings)
    assert (POLICIES["webhook"].delays(), POLICIES["webhook"].timeout_s) == ((1, 5, 25), 10.0)


# -- the endpoint of the settings


def from_settings() -> int:
    with read_snapshot() as session:
        return session.scalars(select(WebhookEndpoint.id).where(WebhookEndpoint.is_from_environment)).one()


def signers(receiver: Receiver, clock: Clock) -> list[str]:
    """Those of the secrets by which a message that is sent now is signed, in the order of its signatures."""
    deliver(from_settings(), now=clock())
    assert sender.deliver_due(clock=clock) == 1
    headers, body = receiver.requests[-1].headers, receiver.requests[-1].body
    names = {
        Webhook(secret).sign(headers["webhook-id"], clock(), body.decode()): secret for secret in (FIRST, SECOND, THIRD)
    }
    return [names[signature] for signature in headers["webhook-signature"].split()]


@pytest.mark.usefixtures("sending")
def test_for_a_day_a_changed_secret_signs_beside_those_before_it(app: Flask, receiver: Receiver) -> None:
    clock, url = Clock(), receiver.at("/")
    environment.keep(url, FIRST, now=clock())
    endpoint_id = from_settings()
    assert signers(receiver, clock) == [FIRST]
    with trail() as left:
        environment.keep(url, SECOND, now=clock())
        environment.keep(url, SECOND, now=clock())
    assert [(action, data["endpoint_id"]) for action, data in left.audited] == [("webhook.secret_rotated", endpoint_id)]
    assert signers(receiver, clock) == [SECOND, FIRST]
    clock.forward(3600)
    environment.keep(url, THIRD, now=clock())
    assert signers(receiver, clock) == [THIRD, SECOND, FIRST]
    clock.now = STARTED_AT + timedelta(days=1)
    assert signers(receiver, clock) == [THIRD, SECOND]
    clock.forward(3600)
    assert signers(receiver, clock) == [THIRD]


@pytest.mark.usefixtures("sending")
def test_another_address_leaves_the_secret_as_it_is_and_starts_with_a_closed_circuit(
    app: Flask, receiver: Receiver
) -> None:
    clock = Clock()
    environment.keep(receiver.at("/old"), FIRST, now=clock())
    change(from_settings(), circuit="open", circuit_since=clock(), failures_in_a_row=5)
    with trail() as left:
        environment.keep(receiver.at("/new"), FIRST, now=clock())
    assert [action for action, _ in left.audited] == ["webhook.edited"]
    moved = endpoint(from_settings())
    assert (moved.circuit, moved.failures_in_a_row, moved.former_secrets) == ("closed", 0, [])
    assert signers(receiver, clock) == [FIRST]
    assert [request.path for request in receiver.requests] == ["/new"]


@pytest.mark.usefixtures("sending")
def test_a_secret_that_cannot_be_read_any_more_is_sealed_anew_and_not_kept_beside(
    app: Flask, receiver: Receiver
) -> None:
    clock = Clock()
    environment.keep(receiver.at("/"), FIRST, now=clock())
    change(from_settings(), secret_sealed="of another key")
    environment.keep(receiver.at("/"), SECOND, now=clock())
    kept = endpoint(from_settings())
    assert (sealing.unseal(kept.secret_sealed), kept.former_secrets) == (SECOND, [])
    assert signers(receiver, clock) == [SECOND]
