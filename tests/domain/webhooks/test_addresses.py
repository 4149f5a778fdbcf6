"""Which URLs may be entered, how they are spelled, and which addresses may be connected to."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile_urls import HARMLESS, HOSTILE, LITERAL, NAMED, RESOLVED, UNUSABLE
from webapp.domain.webhooks.addresses import AddressRefused, is_allowed, parsed


def test_the_corpus_is_large_enough() -> None:
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("url", LITERAL + NAMED)
def test_what_leads_inside_is_refused_by_its_spelling(url: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        parsed(url)
    assert refusal.value.code == "webhook_url_private"


@pytest.mark.parametrize("url", UNUSABLE)
def test_what_is_no_usable_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        parsed(url, allow_private=True)
    assert refusal.value.code in {"webhook_url_invalid", "webhook_url_scheme", "webhook_url_credentials"}


@pytest.mark.parametrize("url", HARMLESS)
def test_what_is_harmless_is_taken(url: str) -> None:
    target = parsed(url)
    assert parsed(target.url) == target, "a spelling that is kept says the same when it is read again"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("HTTPS://Hooks.Example.ORG", "https://hooks.example.org/"),
        ("https://hooks.example.org:443/a#part", "https://hooks.example.org/a"),
        ("http://hooks.example.org:443/", "http://hooks.example.org:443/"),
        ("https://exämple.org/ä?ö=ü", "https://xn--exmple-cua.org/%C3%A4?%C3%B6=%C3%BC"),
        ("https://hooks.example.org./a%2Fb/../c", "https://hooks.example.org/a%2Fb/../c"),
        ("https://0x08080808/", "https://8.8.8.8/"),
    ],
)
def test_there_is_one_spelling(given: str, kept: str) -> None:
    assert parsed(given).url == kept


def test_production_takes_https_alone() -> None:
    assert parsed("https://hooks.example.org/", https_only=True).scheme == "https"
    with pytest.raises(AddressRefused) as refusal:
        parsed("http://hooks.example.org/", https_only=True)
    assert refusal.value.code == "webhook_url_scheme"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://localhost/", "http://[::1]/", "http://redis/"])
def test_development_may_stay_inside(url: str) -> None:
    assert parsed(url, allow_private=True).scheme == "http"


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://0.0.0.0/", "http://224.0.0.1/", "http://[fe80::1]/"],
)
def test_not_even_development_reaches_where_clouds_keep_keys(url: str) -> None:
    with pytest.raises(AddressRefused):
        parsed(url, allow_private=True)


@pytest.mark.parametrize("addresses", RESOLVED.values(), ids=list(RESOLVED))
def test_every_address_of_a_name_is_looked_at(addresses: list[str]) -> None:
    assert not all(map(is_allowed, addresses))


@given(st.ip_addresses())
def test_nothing_is_allowed_that_the_standard_library_calls_local(address: ipaddress.IPv4Address) -> None:
    if is_allowed(address):
        assert address.is_global
        local = ("private", "loopback", "link_local", "multicast", "reserved", "unspecified")
        assert not any(getattr(address, f"is_{name}") for name in local)


@given(st.lists(st.sampled_from(["0x", "0", "1", "7", "f", ".", "127", "255", "65535", "4294967295"]), max_size=7))
def test_what_the_system_reads_as_an_inner_address_is_refused(parts: list[str]) -> None:
    host = "".join(parts)
    try:
        packed = socket.inet_aton(host)
    except OSError:
        return
    if not is_allowed(ipaddress.IPv4Address(packed)):
        with pytest.raises(AddressRefused):
            parsed(f"http://{host}/")
