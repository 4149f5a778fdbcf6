"""The peers of the site under load: a bare Flask application, on Granian and on gunicorn, and nginx."""

import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from flask import Flask

from tests.servers.process import ServerProcess
from tests.servers.web import free_port
from webapp.config import ROOT

_BODY_BYTES: Final = "BENCH_BODY_BYTES"
TARGET: Final = "bench.http_peers:app"
_PATIENCE_S: Final = 60
"""How long a server may take until it answers: where this runs as a test, others use the processors too."""
_NGINX: Final = """
{user}
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 100000000;
    default_type text/html;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/static; }}
}}
"""

app = Flask(__name__)
_constant = "x" * int(os.environ.get(_BODY_BYTES, "6000"))


@app.get("/constant")
def constant() -> str:
    return _constant


@app.get("/unchanged")
def unchanged() -> tuple[str, int, dict[str, str]]:
    return "", 304, {"ETag": '"constant"'}


class Peer:
    """A running server; `url` has no path."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, port: int, path: str, body_bytes: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "PORT": str(port), _BODY_BYTES: str(body_bytes)}
        self._server = ServerProcess(command, folder / f"{name}.log", environment=environment, folder=ROOT)
        try:
            self._server.wait_until(lambda: _answers(self.url + path), seconds=_PATIENCE_S)
        except BaseException:
            self._server.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


def on_granian(folder: Path, body_bytes: int) -> Peer:
    """Bare Flask on Granian as it serves Flask fastest: by its WSGI interface."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--port", str(port)]
    command += ["--host", "127.0.0.1", "--http", "1", "--no-ws", "--workers", "2", "--blocking-threads", "8"]
    command += ["--backlog", "2048", "--log-level", "error", TARGET]
    return Peer("flask-granian", command, folder, port, "/constant", body_bytes)


def on_gunicorn(folder: Path, body_bytes: int) -> Peer:
    """Bare Flask under gunicorn with as many processes."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers", "2", "--bind", f"127.0.0.1:{port}"]
    command += ["--no-control-socket", "--log-level", "warning", TARGET]
    return Peer("flask-gunicorn", command, folder, port, "/constant", body_bytes)


def nginx(folder: Path, body: bytes) -> Peer | None:
    """nginx with the answer as a file; None where it is not installed."""
    binary = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if binary is None:
        return None
    place = folder / "nginx"
    (place / "static").mkdir(parents=True, exist_ok=True)
    (place / "static" / "constant").write_bytes(body)
    port = free_port()
    # Started by root its workers would be somebody else, who may not read our folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (place / "nginx.conf").write_text(_NGINX.format(folder=place, port=port, user=user), encoding="utf-8")
    command = [binary, "-p", str(place), "-c", str(place / "nginx.conf"), "-g", "daemon off;"]
    return Peer("nginx", command, folder, port, "/constant", len(body))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False
