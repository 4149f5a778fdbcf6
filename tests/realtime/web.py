"""A web process of the site as the Procfile runs it, and somebody who listens at its sockets."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

import orjson
import psutil
from flask import Flask
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.arenas import Arena, ended_at
from tests.servers.process import ServerProcess
from tests.servers.web import free_port
from webapp.config import ROOT, Settings
from webapp.domain.scoring import BattleRoyaleLine
from webapp.services.live import rooms
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine import relay
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now


class WebServer:
    """The line `web` of the Procfile on a database and Redis of the test's."""

    def __init__(self, settings: Settings, folder: Path, **environment: str) -> None:
        self.port = free_port()
        line = next(
            each for each in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines() if each.startswith("web:")
        )
        self._command = ["sh", "-c", f"exec {Path(sys.executable).parent}/{line.partition(':')[2].strip()}"]
        self._log = folder / "web.log"
        self._environment = {
            **os.environ,
            "DELTACROWN_INSTANCE": str(folder / "instance"),
            "DELTACROWN_DEMO": "off",
            "SECRET_KEY": settings.secret_key,
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url or "",
            "BASE_URL": f"http://127.0.0.1:{self.port}",
            "PORT": str(self.port),
            "WS_RATE_CONN_PER_IP": "1000",
            **environment,
        }
        self._process: ServerProcess | None = None

    def start(self) -> Self:
        self._process = ServerProcess(self._command, self._log, environment=self._environment, folder=ROOT)
        self._process.wait_until(self._is_up, seconds=60)
        return self

    def _is_up(self) -> bool:
        try:
            with self.listen("/ws/tournament/999999999/"):
                return True
        except OSError:
            return False

    def stop(self) -> int:
        """End it as a supervisor does; the exit code."""
        assert self._process is not None
        return self._process.stop()

    def send(self, number: signal.Signals) -> None:
        """Signal the process that keeps the others."""
        assert self._process is not None
        self._process.send(number)

    def wait(self, seconds: float = 15) -> int:
        """Its exit code, once it has ended by itself."""
        assert self._process is not None
        return self._process.process.wait(seconds)

    def kill_workers(self) -> None:
        """SIGKILL what serves; the server starts others."""
        for worker in self.workers():
            worker.send_signal(signal.SIGKILL)

    def workers(self) -> list[psutil.Process]:
        assert self._process is not None
        children: list[psutil.Process] = psutil.Process(self._process.pid).children()
        return children

    @property
    def output(self) -> str:
        assert self._process is not None
        return self._process.output

    def listen(self, path: str, **options: Any) -> "Ear":
        options = {
            "legacy": True,
            "compression": None,
            "open_timeout": 10,
            "close_timeout": 2,
            "max_size": None,
            "proxy": None,
        } | options
        return Ear(connect(f"ws://127.0.0.1:{self.port}{path}", **options))

    def watch(self, tournament_id: int, *, since: int | None = None, **options: Any) -> "Ear":
        ear = self.listen(f"/ws/tournament/{tournament_id}/", **options)
        if since is not None:
            ear.say({"type": "subscribe", "since": since})
        return ear


class Ear(AbstractContextManager["Ear"]):
    """One connection; `heard` keeps every message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[dict[str, Any]] = []
        self.unread: list[int] = []
        """What the bell was told; it is no part of what is heard of the tournament."""

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def say(self, message: Any) -> None:
        self.connection.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    def hear(self, seconds: float = 5) -> dict[str, Any]:
        """The next message; answers a ping as a browser's script does. Raises TimeoutError, ConnectionClosed."""
        message: dict[str, Any] = orjson.loads(self.connection.recv(timeout=seconds))
        if message["type"] == "notification_count":
            self.unread.append(message["unread"])
            return self.hear(seconds)
        self.heard.append(message)
        if message["type"] == "ping":
            self.say({"type": "pong"})
        return message

    def hear_until(self, is_it: Callable[[dict[str, Any]], bool], seconds: float = 10) -> dict[str, Any]:
        give_up_at = time.monotonic() + seconds
        while True:
            message = self.hear(max(0.01, give_up_at - time.monotonic()))
            if is_it(message):
                return message

    def hear_unread(self, unread: int, seconds: float = 5) -> None:
        """Returns when the bell was told this number; everything before it is heard as well."""
        give_up_at = time.monotonic() + seconds
        while not self.unread or self.unread[-1] != unread:
            message = orjson.loads(self.connection.recv(timeout=max(0.01, give_up_at - time.monotonic())))
            (self.unread if message["type"] == "notification_count" else self.heard).append(
                message.get("unread", message)
            )

    def hear_number(self, seq: int, seconds: float = 10) -> dict[str, Any]:
        return self.hear_until(lambda message: message["seq"] >= seq and "role" not in message, seconds)

    def closed_with(self, seconds: float = 5) -> int:
        """The close code, once everything before it was heard."""
        give_up_at = time.monotonic() + seconds
        try:
            while True:
                self.hear(max(0.01, give_up_at - time.monotonic()))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    @property
    def numbers(self) -> list[int]:
        """The numbers of the log that it heard, in the order in which they came."""
        return [message["seq"] for message in self.heard if message["type"] not in {"hello", "reset", "ping", "error"}]


def play(app: Flask, arena: Arena, number: int) -> int:
    """Confirm a match and rank the board; the last number of the log then. Nothing is published by it."""
    with app.app_context():
        results.confirm(arena.match_ids[number - 1], _lines(arena, number), actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(arena.tournament_id, now=ended_at(number))
        return log_end(arena.tournament_id)


def _lines(arena: Arena, number: int) -> list[BattleRoyaleLine]:
    return arena.lines(arena.match_ids[number - 1])


def log_end(tournament_id: int) -> int:
    head = rooms.head_of(tournament_id)
    assert head is not None
    return head.seq


def publish(app: Flask) -> None:
    """What the doorbell's thread does after commits."""
    with app.app_context():
        relay.sweep(clock=utc_now, may_work=False, handlers=["publish"])
