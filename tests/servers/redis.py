"""A real Redis for tests, which can be stopped, frozen and emptied."""

import contextlib
import shlex
import shutil
import signal
import tempfile
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.servers.process import ServerProcess
from webapp import embedded_redis


class RedisServer:
    """One server on a Unix socket that stays the same across restarts; started like the site's own."""

    def __init__(self) -> None:
        server = embedded_redis.find_server()
        if server is None:
            raise FileNotFoundError(embedded_redis.WHAT_TO_INSTALL)
        self.folder = Path(tempfile.mkdtemp(prefix="deltacrown-redis-"))
        self._socket = self.folder / "redis.sock"
        self._command = shlex.split(embedded_redis.command(server, self._socket))
        self._process: ServerProcess | None = None
        self._paused = False
        self.start()

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("this Redis is stopped")
        return self._process.pid

    def client(self) -> redis.Redis:
        """A connection of the test's own; close it."""
        return redis.Redis.from_url(self.url, socket_timeout=5, retry=Retry(NoBackoff(), 0))

    def start(self) -> None:
        """Start it empty; does nothing when it runs."""
        if self._process is None:
            self._process = ServerProcess(self._command, self.folder / "log")
            self._process.wait_until(self._answers, seconds=10)

    def stop(self) -> None:
        """End it at once, as a crash would: what it held is gone, connections break."""
        if self._process is not None:
            self._process.send(signal.SIGKILL)
            self._process.stop()
            self._process = None
            self._paused = False

    def pause(self) -> None:
        """Freeze it: connections are taken, nothing is answered."""
        if self._process is not None:
            self._process.send(signal.SIGSTOP)
            self._paused = True

    def resume(self) -> None:
        if self._process is not None:
            self._process.send(signal.SIGCONT)
            self._paused = False

    def flushall(self) -> None:
        with contextlib.closing(self.client()) as client:
            client.flushall()

    def make_fresh(self) -> None:
        """Running, awake and empty, whatever a test did to it."""
        self.resume()
        self.start()
        self.flushall()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with contextlib.closing(self.client()) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
