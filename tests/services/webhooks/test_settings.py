"""What the settings decide about sending."""

from dataclasses import replace

import pytest
from flask import Flask

from webapp import connect_process
from webapp.domain.webhooks.addresses import AddressRefused
from webapp.services.webhooks import addresses
from webapp.services.webhooks.policies import POLICIES

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
