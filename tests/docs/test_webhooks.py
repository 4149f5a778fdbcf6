"""What docs/webhooks.md shows is what a receiver meets: its examples take a real delivery and refuse a forged one."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson
import pytest
from flask import Flask

from tests.arenas import ended_at, open_battle_royale
from tests.docs.examples import blocks, shape
from tests.personas import Persona
from tests.servers.process import ServerProcess
from tests.servers.receiver import Receiver
from tests.servers.web import free_port
from tests.webhooked import allow_private, attempts
from webapp.config import ROOT
from webapp.models import Tournament
from webapp.services.matches import results
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.services.webhooks import addresses, counts, deliveries, endpoints, replays, sender
from webapp.services.webhooks.endpoints import Draft

DOCUMENT = ROOT / "docs" / "webhooks.md"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is sent is the same on both databases."""
    return sqlite_url


@pytest.fixture(autouse=True)
def sending(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "on")
    allow_private()
    yield
    addresses.connect(allow_private=False, https_only=False)


@contextmanager
def the_python_example(secret: str, folder: Path) -> Iterator[tuple[int, ServerProcess]]:
    """The receiver of the document at work, and its port."""
    (code,) = blocks(DOCUMENT, "python")
    port = free_port()
    command = [sys.executable, "-c", code, str(port)]
    process = ServerProcess(command, folder / "receiver.log", environment=os.environ | {"SECRET": secret})

    def answers() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    try:
        process.wait_until(answers, seconds=30)
        yield port, process
    finally:
        process.stop()


def test_the_receiver_in_python_takes_what_is_ours_once_and_nothing_else(
    app: Flask, olga: Persona, tmp_path: Path
) -> None:
    made = endpoints.create(Draft("http://127.0.0.1:1/"), scope="tournaments", actor=olga.actor, now=utc_now())
    with the_python_example(made.secret, tmp_path) as (port, process):
        endpoints.edit(made.endpoint_id, Draft(f"http://127.0.0.1:{port}/"), actor=olga.actor, now=utc_now())
        delivery_id = deliveries.send_test(made.endpoint_id, actor=olga.actor, now=utc_now())
        sender.deliver_due(clock=utc_now)
        # Once more, now signed by a new secret beside the one that the receiver knows.
        endpoints.rotate(made.endpoint_id, actor=olga.actor, now=utc_now())
        deliveries.redeliver(made.endpoint_id, delivery_id, actor=olga.actor, now=utc_now())
        sender.deliver_due(clock=utc_now)
        assert [attempt.status_code for attempt in attempts(made.endpoint_id)] == [204, 204]
        assert forged(port) == 400
        (message,) = [orjson.loads(line) for line in process.output.splitlines() if line.startswith("{")]
        assert message["type"] == "webhook_test"


def forged(port: int) -> int:
    """The status that a message gets which somebody else has signed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"webhook-id": "x", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,QUJD"}
    connection.request("POST", "/", b"{}", headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_check_in_the_shell_knows_ours_from_forged(app: Flask, olga: Persona, tmp_path: Path) -> None:
    (command,) = blocks(DOCUMENT, "sh")
    receiver = Receiver()
    made = endpoints.create(Draft(receiver.at("/")), scope="tournaments", actor=olga.actor, now=utc_now())
    deliveries.send_test(made.endpoint_id, actor=olga.actor, now=utc_now())
    sender.deliver_due(clock=utc_now)
    (request,) = receiver.requests
    receiver.stop()

    def verdict(body: bytes, secret: str) -> int:
        (tmp_path / "body.json").write_bytes(body)
        variables = {"SECRET": secret, "SIGNATURE": request.headers["x-webhook-signature"]}
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=os.environ | variables, check=False, capture_output=True
        )
        return done.returncode

    assert verdict(request.body, made.secret) == 0
    assert verdict(request.body + b" ", made.secret) == 1
    assert verdict(request.body, "whsec_of_somebody_else") == 1


def test_the_message_and_its_headers_look_as_shown(app: Flask, olga: Persona) -> None:
    (text,) = blocks(DOCUMENT, "json")
    shown = orjson.loads(text)
    arena = open_battle_royale(squads=2, lobbies=1)
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = olga.user_id
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=olga.actor, now=ended_at(1))
    receiver = Receiver()
    draft = Draft(receiver.at("/"), event_types=("match_completed",))
    made = endpoints.create(draft, scope="tournaments", actor=olga.actor, now=utc_now())
    replays.replay(made.endpoint_id, arena.tournament_id, from_seq=1, actor=SYSTEM, now=utc_now())
    sender.deliver_due(clock=utc_now)
    (request,) = receiver.requests
    receiver.stop()
    message = orjson.loads(request.body)
    assert shape(message) == shape(shown)
    assert list(message) == list(shown)
    listed = re.findall(r"^\| `([\w-]+)` \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert [name for name in listed if name.lower() not in request.headers] == []
    assert {name for name in request.headers if "webhook" in name} <= {name.lower() for name in listed}


def test_the_metrics_that_are_named_are_told(app: Flask, redis_server: object) -> None:
    counts.count([counts.Sent("match_completed", "delivered", 0.02, 1)])
    named = re.findall(r"`((?:webhook|integration)_[a-z_]+)(?:\{[a-z,]+\})?`", DOCUMENT.read_text("utf-8"))
    told = app.test_client().get("/metrics").text
    assert [name for name in named if name != "webhook_test" and f"# TYPE {name} " not in told] == []
