"""Receivers whose certificates nobody should trust: nothing is told to them, and it is tried again like any trouble."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.servers.certificates import Authority
from tests.servers.receiver import Receiver
from tests.webhooked import Clock, attempts, deliver, endpoint, endpoint_at, states
from webapp.services.webhooks import sender

pytestmark = pytest.mark.usefixtures("sending")
Serve = Callable[[ssl.SSLContext], Receiver]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts receivers, which end with the test."""
    started: list[Receiver] = []

    def start(tls: ssl.SSLContext) -> Receiver:
        started.append(Receiver(tls=tls))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The one authority that this site trusts."""
    authority = Authority(tmp_path)
    trusting = ssl.create_default_context(cafile=str(authority.file))
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)
    return authority


def test_a_receiver_that_is_who_it_says_is_told(app: Flask, authority: Authority, serve: Serve) -> None:
    receiver = serve(authority.server())
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id)
    sender.deliver_due(clock=Clock())
    assert (states(), len(receiver.requests)) == (["delivered"], 1)


@pytest.mark.parametrize("trouble", ["unknown authority", "expired", "somebody else's"])
def test_one_that_may_be_anybody_is_told_nothing_and_tried_again(
    app: Flask, authority: Authority, serve: Serve, tmp_path: Path, trouble: str
) -> None:
    (tmp_path / "other").mkdir()
    contexts: dict[str, Callable[[], ssl.SSLContext]] = {
        "unknown authority": lambda: Authority(tmp_path / "other").server(),
        "expired": lambda: authority.server(expired=True),
        "somebody else's": lambda: authority.server(host="other.example.org", address="127.0.0.2"),
    }
    receiver = serve(contexts[trouble]())
    endpoint_id = endpoint_at(receiver.at("/"))
    deliver(endpoint_id)
    clock = Clock()
    for _ in range(45):
        sender.deliver_due(clock=clock)
        clock.forward(1)
    assert receiver.requests == []
    assert [(attempt.error, attempt.status_code) for attempt in attempts(endpoint_id)] == [("tls", None)] * 4
    assert (states(), endpoint(endpoint_id).failures_in_a_row) == (["exhausted"], 4)
