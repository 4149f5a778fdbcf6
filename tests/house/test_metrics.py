"""Counts that several processes share, and who may read them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from webapp import create_app
from webapp.config import LOOPBACK, ROOT, Settings

TOKEN = "m" * 32


def client_of(folder: Path, **settings: object) -> FlaskClient:
    url = f"sqlite:///{folder}/none.sqlite3"
    return create_app(Settings(secret_key="k" * 32, database_url=url, instance_path=folder, **settings)).test_client()  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("settings", "address", "headers", "status"),
    [
        ({}, "127.0.0.1", {}, 200),
        ({}, "::1", {}, 200),
        ({}, "203.0.113.7", {}, 403),
        ({}, "", {}, 403),
        # A proxy on this machine that nobody said to trust: everybody seems to come from here.
        ({}, "127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, 403),
        ({"trusted_proxies": 1}, "127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, 403),
        ({"trusted_proxies": 1}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 200),
        ({"trusted_proxies": 1}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1, 203.0.113.7"}, 403),
        ({"metrics_allowed_addresses": ("203.0.113.0/24",)}, "203.0.113.7", {}, 200),
        ({"metrics_allowed_addresses": ("203.0.113.0/24",)}, "127.0.0.1", {}, 403),
        ({"metrics_allowed_addresses": ()}, "127.0.0.1", {}, 403),
        ({"metrics_token": TOKEN}, "203.0.113.7", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"metrics_token": TOKEN}, "203.0.113.7", {"Authorization": f"Bearer {TOKEN}x"}, 403),
        ({"metrics_token": TOKEN}, "203.0.113.7", {"Authorization": f"Basic {TOKEN}"}, 403),
        ({"metrics_token": TOKEN}, "203.0.113.7", {"Authorization": "Bearer ünknown"}, 403),
        ({}, "203.0.113.7", {"Authorization": "Bearer "}, 403),
    ],
)
def test_counts_are_for_allowed_addresses_and_for_who_has_the_token(
    tmp_path: Path, settings: dict[str, object], address: str, headers: dict[str, str], status: int
) -> None:
    client = client_of(tmp_path, **({"metrics_allowed_addresses": LOOPBACK} | settings))
    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    if status == 200:
        assert answer.content_type.startswith("text/plain; version=")
        assert answer.headers["Cache-Control"] == "no-store"


SCRIPT = """
import sys
from pathlib import Path
from webapp import metrics
from webapp.realtime import observed
metrics.share(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    observed.opened("spectator", "tournament", user_id=None, tournament_id=7)
observed.sent("rank_update", 5000, 0.003)
print(metrics.exposition().decode(), flush=True)
sys.stdin.read()
"""


def begin(folder: Path, count: int) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """A process that counts so many connections, and what it found then, by name and labels."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(count)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    lines = []
    while not (line := process.stdout.readline()).startswith("\n") and line:
        lines.append(line)
    return process, dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_all_processes_count_together_and_the_dead_leave_their_totals_but_no_open_sockets(tmp_path: Path) -> None:
    opened = 'ws_connections_total{role="spectator",scope_type="tournament",status="opened"}'
    one, found = begin(tmp_path, 2)
    assert (found[opened], found["ws_active_connections_gauge"]) == ("2.0\n", "2.0\n")
    other, found = begin(tmp_path, 3)
    assert (found[opened], found["ws_active_connections_gauge"]) == ("5.0\n", "5.0\n")
    assert found['ws_messages_total{status="sent",type="rank_update"}'] == "10000.0\n"
    assert found['ws_message_latency_seconds_bucket{le="0.005"}'] == "2.0\n"
    assert found['ws_message_latency_seconds_bucket{le="0.001"}'] == "0.0\n"
    end(one)
    third, found = begin(tmp_path, 1)
    assert (found[opened], found["ws_active_connections_gauge"]) == ("6.0\n", "4.0\n")
    end(other)
    end(third)
    last, found = begin(tmp_path, 1)
    assert (found[opened], found["ws_active_connections_gauge"]) == ("1.0\n", "1.0\n")
    end(last)
