"""Addresses of strangers lead nowhere inside: not when entered, not when sent to, whatever name servers say meanwhile."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Final

import psutil
import pytest
from flask import Flask

from tests.hostile_urls import HOSTILE, UNUSABLE, resolve
from tests.personas import Persona
from tests.servers import receiver as receivers
from tests.servers.receiver import Receiver, status
from tests.webhooked import Clock, attempts, deliver, endpoint, endpoint_at, policy, states
from webapp.config import ROOT
from webapp.domain.webhooks.addresses import AddressRefused
from webapp.services.webhooks import addresses, deliveries, endpoints, http, sender
from webapp.services.webhooks.endpoints import Draft, EndpointError

OWN: Final = frozenset({"93.184.215.77", "2606:2800:21f:cb07::77"})
"""What stands in for this machine's addresses on the internet."""


@pytest.fixture
def canary() -> Iterator[Receiver]:
    """Listens on loopback; nothing may ever come."""
    canary = Receiver()
    yield canary
    canary.stop()


@pytest.fixture
def outside(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in an installation on the internet, with a name server that strangers run."""
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "on")
    addresses.connect(allow_private=False, https_only=False, resolve=resolve, is_own=OWN.__contains__)
    yield
    addresses.connect(allow_private=False, https_only=False)


def towards(url: str, canary: Receiver) -> str:
    """The URL with the canary's port, where it names none."""
    head, _, tail = url.partition("://")
    host, slash, path = tail.partition("/")
    has_port = ":" in host.rpartition("]")[2]
    return url if has_port else f"{head}://{host}:{canary.port}{slash}{path}"


def test_all_of_the_corpus_is_refused_where_it_is_entered(outside: None) -> None:
    for url in HOSTILE + UNUSABLE:
        with pytest.raises(AddressRefused):
            addresses.check(url)


def test_no_endpoint_can_be_made_of_the_corpus_or_changed_to_it(outside: None, olga: Persona) -> None:
    now = Clock()()
    kept = endpoints.create(Draft("https://hooks.example.org/x"), scope="tournaments", actor=olga.actor, now=now)
    # Blanks around an address are cut off where it is entered, and what is blank altogether leaves it as it was.
    for url in (url for url in HOSTILE + UNUSABLE if url and url == url.strip()):
        with pytest.raises(EndpointError) as refused:
            endpoints.create(Draft(url), scope="tournaments", actor=olga.actor, now=now)
        assert [field.path for field in refused.value.fields] == ["url"], url
        with pytest.raises(EndpointError):
            endpoints.edit(kept.endpoint_id, Draft(url), actor=olga.actor, now=now)
    assert endpoint(kept.endpoint_id).host == "hooks.example.org"


def test_a_test_is_not_sent_to_it_either(outside: None, canary: Receiver, sam: Persona) -> None:
    endpoint_ids = [endpoint_at(towards(url, canary)) for url in HOSTILE]
    for endpoint_id in endpoint_ids:
        deliveries.send_test(endpoint_id, actor=sam.actor, now=Clock()())
    assert sender.deliver_due(clock=Clock()) == len(HOSTILE)
    assert {attempts(endpoint_id)[0].error for endpoint_id in endpoint_ids} == {"refused_address"}
    assert canary.connections == 0


# -- addresses of this machine that are not private


@pytest.mark.parametrize(
    "url", ["https://93.184.215.77/x", "https://[2606:2800:21f:cb07::77]:8443/", "http://0x5db8d74d/"]
)
def test_the_machines_own_address_is_refused_where_it_is_entered(outside: None, url: str) -> None:
    with pytest.raises(AddressRefused, match="The address leads to this machine") as refusal:
        addresses.check(url)
    assert refusal.value.code == "webhook_url_private"


@pytest.mark.parametrize("own", sorted(OWN))
def test_so_is_a_name_that_leads_to_it_beside_others(app: Flask, own: str) -> None:
    told = ["93.184.215.14", own]
    addresses.connect(allow_private=False, https_only=False, resolve=lambda *_: told, is_own=OWN.__contains__)
    try:
        with pytest.raises(AddressRefused, match="The name leads to this machine"):
            addresses.check("https://myself.example.org/")
    finally:
        addresses.connect(allow_private=False, https_only=False)


def test_nothing_is_sent_to_the_machines_own_address(outside: None) -> None:
    by_name, by_number = endpoint_at("http://myself.example.org/"), endpoint_at("http://93.184.215.77/")
    addresses.connect(
        allow_private=False, https_only=False, resolve=lambda *_: ["93.184.215.77"], is_own=OWN.__contains__
    )
    deliver(by_name, by_number)
    assert sender.deliver_due(clock=Clock()) == 2
    assert [attempts(each)[0].error for each in (by_name, by_number)] == ["refused_address"] * 2


def test_other_addresses_are_allowed_and_development_may_send_to_its_own(app: Flask) -> None:
    try:
        addresses.connect(allow_private=False, https_only=False, is_own=OWN.__contains__)
        assert addresses.allowed("93.184.215.14")
        addresses.connect(allow_private=True, https_only=False, is_own=OWN.__contains__)
        assert all(map(addresses.allowed, OWN))
    finally:
        addresses.connect(allow_private=False, https_only=False)


def test_the_system_knows_its_own_addresses() -> None:
    ours = [
        each.address
        for each in chain.from_iterable(psutil.net_if_addrs().values())
        if each.family in {socket.AF_INET, socket.AF_INET6} and "%" not in each.address
    ]
    others = ["203.0.113.1", "93.184.215.14", "2606:2800:21f:cb07::1"]
    # In a process of its own, since this one is kept from turning to the internet, if only to ask for the way.
    asked = f"from webapp.services.webhooks.addresses import is_own; print([is_own(each) for each in {ours + others}])"
    said = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str([True] * len(ours) + [False] * len(others))


def test_names_that_are_not_known_yet_are_taken(outside: None) -> None:
    assert addresses.check("https://hooks.example.org/x").url == "https://hooks.example.org/x"


def test_nothing_of_the_corpus_is_sent_to(outside: None, canary: Receiver) -> None:
    urls = [towards(url, canary) for url in HOSTILE]
    endpoint_ids = [endpoint_at(url) for url in urls]
    deliver(*endpoint_ids)
    assert sender.deliver_due(clock=Clock()) == len(urls)
    for url, endpoint_id in zip(urls, endpoint_ids, strict=True):
        (attempt,) = attempts(endpoint_id)
        assert (attempt.error, attempt.status_code) == ("refused_address", None), url
    assert canary.connections == 0


def test_a_name_that_turns_inside_after_the_look_is_refused(outside: None, canary: Receiver) -> None:
    told = chain([["93.184.215.14"]], repeat(["127.0.0.1"]))
    addresses.connect(
        allow_private=False, https_only=False, resolve=lambda _host, _port: next(told), is_own=OWN.__contains__
    )
    target = addresses.check(f"http://rebinding.example.org:{canary.port}/")
    endpoint_id = endpoint_at(target.url)
    deliver(endpoint_id)
    sender.deliver_due(clock=Clock())
    assert [attempt.error for attempt in attempts(endpoint_id)] == ["refused_address"]
    assert canary.connections == 0


def test_the_name_is_looked_up_once_for_an_attempt_and_that_address_connected_to(
    app: Flask, sending: None, receiver: Receiver
) -> None:
    asked: list[str] = []

    def told(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    addresses.connect(allow_private=True, https_only=False, resolve=told)
    deliver(endpoint_at(f"http://hooks.example.org:{receiver.port}/"))
    sender.deliver_due(clock=Clock())
    assert (asked, receiver.connections) == (["hooks.example.org"], 1)
    assert receiver.requests[0].headers["host"] == f"hooks.example.org:{receiver.port}"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(app: Flask, sending: None, receiver: Receiver, canary: Receiver, code: int) -> None:
    receiver.behave("/", status(code, headers={"Location": canary.at("/inside")}))
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id)
    sender.deliver_due(clock=Clock())
    assert [attempt.status_code for attempt in attempts(endpoint_id)] == [code]
    assert (states(endpoint_id), canary.connections) == (["pending"], 0)


def test_a_proxy_of_the_environment_is_not_asked(
    app: Flask, sending: None, receiver: Receiver, canary: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.url)
    deliver(endpoint_at(receiver.at("/")))
    sender.deliver_due(clock=Clock())
    assert (len(receiver.requests), canary.connections) == (1, 0)


def test_rules_that_became_stricter_count_for_addresses_that_were_entered_before(
    app: Flask, sending: None, receiver: Receiver
) -> None:
    endpoint_id = endpoint_at(receiver.at("/"))
    addresses.connect(allow_private=True, https_only=True)
    deliver(endpoint_id)
    sender.deliver_due(clock=Clock())
    assert ([attempt.error for attempt in attempts(endpoint_id)], receiver.connections) == (["refused_address"], 0)


# -- receivers that mean harm


@pytest.mark.parametrize("name", ["DRIP", "DRIP_HEADERS", "HANG"])
def test_whatever_is_dripped_the_attempt_ends_in_time(app: Flask, sending: None, receiver: Receiver, name: str) -> None:
    receiver.behave("/", getattr(receivers, name))
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id)
    began = time.monotonic()
    with policy(timeout_s=0.7):
        sender.deliver_due(clock=Clock())
    assert time.monotonic() - began < 1.2
    (attempt,) = attempts(endpoint_id)
    assert (attempt.error, attempt.is_success) == ("timeout", False)
    assert 700 <= attempt.duration_ms <= 1200


@pytest.mark.parametrize("name", ["ENDLESS", "GZIP_BOMB", "HEADER_FLOOD"])
def test_what_is_sent_without_end_is_neither_read_nor_unpacked(
    app: Flask, sending: None, receiver: Receiver, name: str
) -> None:
    # Warm, so that only what an answer takes is counted; the receiver makes its bomb beforehand.
    deliver(warm := endpoint_at(receiver.at("/warm")))
    sender.deliver_due(clock=Clock())
    receiver.behave("/", getattr(receivers, name))
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id)
    before = psutil.Process().memory_info().rss
    sender.deliver_due(clock=Clock())
    grown = psutil.Process().memory_info().rss - before
    (attempt,) = attempts(endpoint_id)
    assert len(attempt.answer or b"") <= 4096
    assert grown <= 5_000_000
    assert states(warm) == ["delivered"]


def test_the_address_that_is_connected_to_has_the_last_word(outside: None, canary: Receiver) -> None:
    """Whatever was asked before: here nobody has looked at the spelling, and the name server is ours."""

    async def sent() -> list[str]:
        async with http.opened() as session:
            urls = [canary.at("/"), f"http://[::ffff:7f00:1]:{canary.port}/", f"http://0x7f000001:{canary.port}/"]
            answers = [await http.post(session, url, headers={}, body=b"{}", timeout_s=5) for url in urls]
            return [answer.error for answer in answers]

    errors = asyncio.run(sent())
    assert errors[:2] == ["refused_address"] * 2
    assert errors[2] in {"refused_address", "name"}
    assert canary.connections == 0
