"""The whole site as a person runs it: the launcher, its web server, workers, scheduler and Redis."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing
from email.message import Message
from functools import cached_property
from pathlib import Path
from typing import Protocol

import orjson
import psutil
from flask import Flask

from tests.servers.process import ServerProcess
from webapp import create_app, embedded_redis
from webapp.config import ROOT, Settings
from webapp.extensions import db


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LiveSite:
    """`python -m webapp.launcher` on a free port, with a database and an instance folder of its own."""

    def __init__(self, folder: Path, database_url: str, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DELTACROWN_INSTANCE": str(folder / "instance"),
            "DELTACROWN_DEMO": "off",
            "DATABASE_URL": database_url,
            "PORT": str(self.port),
            **environment,
        }
        self._launcher: ServerProcess | None = None

    def start(self, *, seconds: float = 180, whole: bool = True) -> None:
        """Start it and return once its start page is served, and unless not `whole` everything else runs too."""
        self._launcher = ServerProcess(
            [sys.executable, "-m", "webapp.launcher"],
            self.folder / "site.log",
            environment=self.environment,
            folder=ROOT,
        )
        self._launcher.wait_until(self._is_served, seconds=seconds)
        if whole:
            self._launcher.wait_until(self._is_whole, seconds=seconds)

    @property
    def launcher(self) -> ServerProcess:
        if self._launcher is None:
            raise RuntimeError("the site was not started")
        return self._launcher

    @property
    def output(self) -> str:
        """Everything the site printed."""
        return self.launcher.output

    def log_events(self) -> list[dict[str, object]]:
        """The JSON lines of all its processes."""
        lines = [line.partition(" | ")[2] for line in self.output.splitlines()]
        return [orjson.loads(line) for line in lines if line.startswith("{")]

    def get(self, path: str, **headers: str) -> tuple[int, Message, bytes]:
        """Status, headers and body of a GET; statuses from 400 on are answers too."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers, answer.read()

    def run_command(self, *words: str, text: str | None = None) -> "subprocess.CompletedProcess[str]":
        """Run one of the operators' commands (`flask --app wsgi …`) on the site's database."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        return subprocess.run(
            command,
            env=self.environment,
            cwd=ROOT,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @cached_property
    def app(self) -> Flask:
        """The application on the site's database and Redis, for changes by the services that people use."""
        redis_url = f"unix://{embedded_redis.socket_path(self.folder / 'instance')}"
        return create_app(Settings.from_environment({"REDIS_URL": redis_url, **self.environment}))

    def processes(self, kind: str = "") -> list[psutil.Process]:
        """The site's processes, the keeper excluded; with `kind` only those whose command holds it (`jobs.worker ranking`)."""
        try:
            children = psutil.Process(self.launcher.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        commands = [(child, _command_of(child)) for child in children]
        # What the keeper has just started is named after the keeper for a moment.
        return [child for child, command in commands if kind in command and "webapp/keeper.py" not in command]

    def kill(self, kind: str) -> list[int]:
        """SIGKILL every process of a kind, once there is one; the pids that were killed."""
        self.launcher.wait_until(lambda: bool(self.processes(kind)), seconds=10)
        victims = self.processes(kind)
        for victim in victims:
            victim.send_signal(signal.SIGKILL)
        return [victim.pid for victim in victims]

    def stop(self) -> int:
        """Stop it as Ctrl-C does, and close what `app` holds of its database; the exit code."""
        if "app" in self.__dict__:
            with self.app.app_context():
                db.session.remove()
                db.engine.dispose()
        self.launcher.send(signal.SIGINT)
        return self.launcher.stop(seconds=20)

    def _is_served(self) -> bool:
        try:
            return self.get("/")[0] == 200
        except OSError:
            return False

    def _is_whole(self) -> bool:
        return bool(orjson.loads(self.get("/readiness")[2])["status"] == "ready")


class StartSite(Protocol):
    """Starts a whole site, on SQLite unless told otherwise, with more of the environment if wanted."""

    def __call__(self, database_url: str | None = None, **environment: str) -> LiveSite: ...


def _command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
