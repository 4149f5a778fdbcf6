"""`make run`: everything a person needs for a running site, in the foreground, from one command.

Checks what can be checked beforehand, brings the database up to date, loads the demo, and then becomes the keeper
(`webapp/keeper.py`), which runs the Procfile's processes and a Redis of our own until Ctrl-C.
"""

import fcntl
import os
import signal
import socket
import sys
from contextlib import closing
from pathlib import Path
from typing import NoReturn

from flask_migrate import upgrade
from sqlalchemy.exc import InterfaceError, OperationalError

from webapp import create_bare_app, embedded_redis
from webapp.config import ROOT, Settings
from webapp.keeper import die_with_parent
from webapp.migrating import connect_migrations
from webapp.services.demo import demo, demo_cups, demo_people


class StartError(Exception):
    """Why the site cannot start, in one line."""


def main(arguments: list[str]) -> None:
    """Start the site; what stops the start is said in one line, with exit code 1."""
    if "--stop-with-parent" in arguments:
        die_with_parent(signal.SIGTERM)
    try:
        settings = Settings.from_environment()
        settings.instance_path.mkdir(parents=True, exist_ok=True)
        lock = _hold_instance(settings.instance_path)
        _check_port(settings)
        under = _redis(settings)
        demo_password = prepare(settings)
    except (StartError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    os.set_inheritable(lock, True)  # held until the keeper ends
    _become_keeper(settings, under, demo_password)


def prepare(settings: Settings) -> str | None:
    """Bring the database to the newest migration and load the demo if it is wanted; raises StartError.

    Returns the password of the demo's accounts, None without a demo.
    """
    app = create_bare_app(settings)
    connect_migrations(app)
    try:
        with app.app_context():
            upgrade()
            if settings.demo:
                demo.ensure_demo()
                password = demo_people.ensure_people(settings.instance_path)
                demo_cups.ensure_cups()
                return password
    except (OperationalError, InterfaceError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StartError(f"The database of DATABASE_URL cannot be used: {reason}") from error
    return None


def _hold_instance(instance_path: Path) -> int:
    """Lock the instance folder: two sites on one database file and one Redis socket would play against each other."""
    lock = os.open(instance_path / "launcher.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise StartError(
            f"The site is already running from {instance_path}; stop it first, or set DELTACROWN_INSTANCE and PORT."
        ) from error
    return lock


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.bind_address else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        # As the web server will: a port whose last connections are still fading out is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.bind_address, settings.port))
        except OSError as error:
            raise StartError(
                f"Cannot listen on {settings.bind_address} port {settings.port} ({error.strerror}); "
                f"stop what uses it or choose another port: PORT={_other_port(settings.port)} make run"
            ) from error


def _other_port(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


def _redis(settings: Settings) -> list[str]:
    """The keeper's options for a Redis of our own, and REDIS_URL for everybody; nothing when one is set already."""
    if settings.redis_url is not None:
        return []
    server = embedded_redis.find_server()
    if server is None:
        raise StartError(embedded_redis.WHAT_TO_INSTALL)
    path = embedded_redis.socket_path(settings.instance_path)
    os.environ["REDIS_URL"] = f"unix://{path}"
    return ["--under", f"redis: {embedded_redis.command(server, path)}"]


def _become_keeper(settings: Settings, under: list[str], demo_password: str | None) -> NoReturn:
    os.environ |= {
        "PORT": str(settings.port),
        "BIND_ADDRESS": settings.bind_address,
        "DELTACROWN_INSTANCE": str(settings.instance_path),
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    beside = ["--beside", "simulator: python -m jobs.simulator"] if settings.demo else []
    # A server that listens everywhere is asked on the loopback address.
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.bind_address, settings.bind_address)  # noqa: S104  (compared, not listened on)
    site = ["--address", address, "--port", str(settings.port), "--welcome", _welcome(settings, demo_password)]
    options = [str(ROOT / "Procfile"), *under, *beside, *site]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-I", str(ROOT / "webapp" / "keeper.py"), *options])  # noqa: S606  (no shell: the process becomes the keeper)


def _welcome(settings: Settings, demo_password: str | None) -> str:
    return "\n".join(
        [
            "",
            f"  DeltaCrown is up:  {settings.base_url}/",
            f"  Tournaments:       {settings.base_url}/tournaments/",
            f"  Health:            {settings.base_url}/readiness",
            *_demo_logins(settings, demo_password),
            "  Ctrl-C stops everything.",
            "",
        ]
    )


def _demo_logins(settings: Settings, password: str | None) -> list[str]:
    if password is None:
        return []
    who = [f"    {login.role + ':':<11}{login.email}" for login in demo_people.LOGINS]
    return [f"  Demo logins:       {settings.base_url}/login/  password {password}", *who]


if __name__ == "__main__":
    main(sys.argv[1:])
