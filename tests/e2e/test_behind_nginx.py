"""The nginx configuration of the docs, run in front of the site."""

import re
import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.e2e.cup import Cup
from tests.servers.process import ServerProcess
from tests.servers.web import LiveSite, free_port
from webapp.config import ROOT
from webapp.services.live import overlay_tokens
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now


@pytest.fixture
def nginx(shared_site: LiveSite, tmp_path: Path) -> Iterator[str]:
    """The address of an nginx with docs/nginx.conf, on a free port and with folders of its own."""
    port = free_port()
    site = (ROOT / "docs" / "nginx.conf").read_text()
    for documented, tested in (
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{shared_site.port};"),
        ("/var/cache/nginx/deltacrown", str(tmp_path / "cache")),
        ("/var/log/nginx/deltacrown.log", str(tmp_path / "access.log")),
    ):
        assert documented in site
        site = site.replace(documented, tested)
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; worker_processes 1; pid {tmp_path}/nginx.pid; error_log stderr warn;\n"
        f"events {{ worker_connections 256; }}\nhttp {{ access_log off; {folders}\n{site}\n}}\n"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    server = ServerProcess([program, "-p", str(tmp_path), "-c", str(config)], tmp_path / "nginx.log")
    address = f"http://127.0.0.1:{port}"
    server.wait_until(lambda: _answers(address), seconds=10)
    yield address
    server.stop(seconds=5)


def _answers(address: str) -> bool:
    try:
        return _get(address, "/healthz")[0] == 200
    except OSError:
        return False


def _get(address: str, path: str, **headers: str) -> tuple[int, str, str, bytes]:
    """Status, X-Cache, ETag and body."""
    request = urllib.request.Request(
        address + path, headers={name.replace("_", "-"): headers[name] for name in headers}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, answer.headers.get("X-Cache", ""), answer.headers.get("ETag", ""), answer.read()


def _leader(fragment: bytes) -> bytes | None:
    first = re.search(rb'data-name="([^"]+)"', fragment)
    return first.group(1) if first else None


@pytest.mark.timeout(400)
def test_nginx_answers_fragments_from_its_cache_and_follows_every_version(shared_site: LiveSite, nginx: str) -> None:
    cup = Cup.begin(shared_site.app)
    cup.play(1, "Squad B")
    path = f"/spectator/tournaments/{cup.tournament_id}/leaderboard/fragment/"

    answers = [_get(nginx, path, HX_Request="true") for _ in range(50)]
    assert {answer[0] for answer in answers} == {200}
    assert sum(answer[1] in {"HIT", "STALE", "UPDATING"} for answer in answers) >= 40

    page = _get(nginx, path)
    assert b"<html" in page[3]
    assert b"<html" not in answers[0][3]

    cup.play(2, "Squad D")
    cup.play(3, "Squad D")
    deadline = time.monotonic() + 20
    while _leader(_get(nginx, path, HX_Request="true")[3]) != b"Squad D":
        assert time.monotonic() < deadline, "the new version did not come through"
        time.sleep(0.2)


@pytest.mark.timeout(400)
def test_nginx_writes_down_no_secret_of_an_overlay(shared_site: LiveSite, nginx: str, tmp_path: Path) -> None:
    cup = Cup.begin(shared_site.app)
    with shared_site.app.app_context():
        link = overlay_tokens.create(cup.tournament_id, "PC", actor=SYSTEM, now=utc_now())
    path = f"/overlay/tournaments/{cup.tournament_id}/ticker/"
    assert _get(nginx, f"{path}?token={link.secret}", Referer=f"{nginx}{path}?token={link.secret}")[0] == 200
    # nginx writes a line once the answer has gone.
    deadline = time.monotonic() + 20
    while f'"GET {path}" 200' not in (written := (tmp_path / "access.log").read_text()):
        assert time.monotonic() < deadline, written
        time.sleep(0.05)
    assert "token" not in written


@pytest.mark.timeout(400)
def test_a_socket_goes_through_nginx(shared_site: LiveSite, nginx: str) -> None:
    cup = Cup.begin(shared_site.app)
    address = nginx.replace("http", "ws", 1) + f"/ws/tournament/{cup.tournament_id}/"
    with connect(address, compression=None, proxy=None, origin=Origin(nginx)) as socket:
        hello = orjson.loads(socket.recv(timeout=10))
        assert hello["type"] == "hello"
        cup.play(1, "Squad B")
        heard = [orjson.loads(socket.recv(timeout=10)) for _ in range(2)]
        assert [message["type"] for message in heard] == ["match_completed", "rank_update"]
