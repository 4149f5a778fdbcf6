"""Settings: read once from the environment, checked, and refused with one clear line when wrong."""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dotenv import load_dotenv
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from webapp.environment import (
    SettingError,
    choice,
    given_value,
    networks_of,
    seconds_of,
    split_url,
    whole_number,
    without_password,
)

ROOT: Final = Path(__file__).resolve().parent.parent
"""The folder that holds `webapp/`, `templates/`, `instance/`."""

KEPT_KEY_NAME: Final = "secret_key"
"""File of the generated SECRET_KEY in the instance folder."""
MINIMUM_SECRET_LENGTH: Final = 32
LOG_FORMATS: Final = ("json", "text")
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
ENVIRONMENTS: Final = ("development", "production")
SWITCH: Final = ("on", "off")
LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may differ between two installations. Immutable; secrets stay out of its repr."""

    secret_key: str = field(repr=False)
    """Signs sessions and links; at least 32 characters."""
    database_url: str = field(repr=False)
    """SQLAlchemy URL: `sqlite:////absolute/path` or `postgresql+psycopg://…`."""
    redis_url: str | None = field(default=None, repr=False)
    """`redis://`, `rediss://` or `unix://`; None where no Redis is to be used."""
    port: int = 8000
    """TCP port of the web server."""
    bind_address: str = "127.0.0.1"
    """IP address the web server listens on."""
    base_url: str = "http://127.0.0.1:8000"
    """Scheme, host and port under which people reach the site; no trailing slash."""
    trusted_proxies: int = 0
    """How many reverse proxies stand before the web server, each adding one hop to X-Forwarded-*."""
    mail_url: str | None = field(default=None, repr=False)
    """`smtp://` or `smtps://`; None prints messages to the log, without their addresses."""
    webhook_retry_delays: tuple[int, ...] = (1, 5, 25)
    """Seconds until each further attempt of a webhook."""
    webhook_timeout: int = 10
    """Seconds that a receiver of webhooks may take for everything."""
    webhook_allow_private: bool = False
    """Whether webhooks may go to this machine and private networks, by http as well; for development."""
    webhook_endpoint: str | None = field(default=None, repr=False)
    """An address that hears of every tournament's events, as one that staff have entered."""
    webhook_secret: str | None = field(default=None, repr=False)
    """What it is signed with; at least 32 characters, all of them ASCII."""
    ws_rate_msg_rps: int = 10
    """Messages a second that one socket may send in the long run; 0 refuses all, here and below."""
    ws_rate_msg_burst: int = 20
    ws_rate_conn_per_user: int = 3
    ws_rate_conn_per_ip: int = 10
    ws_rate_room_max_members: int = 2000
    ws_max_payload_bytes: int = 16384
    ws_allowed_origins: tuple[str, ...] = ()
    """Other sites whose pages may open sockets here, as `https://host`."""
    ws_rate_conn_per_overlay: int = 20
    """Sockets of one overlay's link."""
    ws_allowed_addresses: tuple[str, ...] = ()
    """Addresses and networks that many people share (a venue's): not limited by `ws_rate_conn_per_ip`."""
    metrics_allowed_addresses: tuple[str, ...] = LOOPBACK
    """Addresses and networks that may read /metrics without a token."""
    metrics_token: str | None = field(default=None, repr=False)
    """Who brings it may read /metrics from anywhere; at least 32 characters."""
    log_format: str = "json"
    log_level: str = "INFO"
    production: bool = False
    demo: bool = False
    """Whether `make run` loads the demo tournaments and plays on in them; never in production unless asked for."""
    instance_path: Path = ROOT / "instance"
    """Folder of everything this installation writes: database, Redis socket, secret key."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check every variable of `.env.example`; raise SettingError at the first one that is wrong.

        Without an argument the process environment is read; outside production the file `.env` fills in what is unset.
        Outside production a missing SECRET_KEY is made and kept in the instance folder.
        """
        if environ is None:
            if os.environ.get("DELTACROWN_ENV") != "production":
                load_dotenv(ROOT / ".env", override=False)
            environ = os.environ
        production = choice(environ, "DELTACROWN_ENV", ENVIRONMENTS, default="development") == "production"
        instance_path = _instance_path(environ)
        port = whole_number(environ, "PORT", low=1, high=65535, default=8000)
        bind_address = _bind_address(environ)
        return cls(
            secret_key=_secret_key(environ, production=production, instance_path=instance_path),
            database_url=_database_url(environ, instance_path),
            redis_url=_redis_url(environ),
            port=port,
            bind_address=bind_address,
            base_url=_base_url(environ, port),
            trusted_proxies=whole_number(environ, "TRUSTED_PROXIES", low=0, high=10, default=0),
            mail_url=_mail_url(environ),
            **_webhook_settings(environ),
            **_socket_settings(environ),
            metrics_allowed_addresses=networks_of(environ, "METRICS_ALLOWED_ADDRESSES", default=LOOPBACK),
            metrics_token=_metrics_token(environ),
            log_format=choice(environ, "LOG_FORMAT", LOG_FORMATS, default="json"),
            log_level=choice(environ, "LOG_LEVEL", LOG_LEVELS, default="INFO"),
            production=production,
            demo=choice(environ, "DELTACROWN_DEMO", SWITCH, default="off" if production else "on") == "on",
            instance_path=instance_path,
        )


VARIABLES: Final[Mapping[str, str]] = {
    "DELTACROWN_ENV": "production",
    "DELTACROWN_DEMO": "demo",
    "DELTACROWN_INSTANCE": "instance_path",
    "SECRET_KEY": "secret_key",
    "DATABASE_URL": "database_url",
    "REDIS_URL": "redis_url",
    "PORT": "port",
    "BIND_ADDRESS": "bind_address",
    "BASE_URL": "base_url",
    "TRUSTED_PROXIES": "trusted_proxies",
    "MAIL_URL": "mail_url",
    "WEBHOOK_RETRY_DELAYS": "webhook_retry_delays",
    "WEBHOOK_TIMEOUT": "webhook_timeout",
    "WEBHOOK_ALLOW_PRIVATE": "webhook_allow_private",
    "WEBHOOK_ENDPOINT": "webhook_endpoint",
    "WEBHOOK_SECRET": "webhook_secret",
    "WS_RATE_MSG_RPS": "ws_rate_msg_rps",
    "WS_RATE_MSG_BURST": "ws_rate_msg_burst",
    "WS_RATE_CONN_PER_USER": "ws_rate_conn_per_user",
    "WS_RATE_CONN_PER_IP": "ws_rate_conn_per_ip",
    "WS_RATE_ROOM_MAX_MEMBERS": "ws_rate_room_max_members",
    "WS_MAX_PAYLOAD_BYTES": "ws_max_payload_bytes",
    "WS_ALLOWED_ORIGINS": "ws_allowed_origins",
    "WS_RATE_CONN_PER_OVERLAY": "ws_rate_conn_per_overlay",
    "WS_ALLOWED_ADDRESSES": "ws_allowed_addresses",
    "METRICS_ALLOWED_ADDRESSES": "metrics_allowed_addresses",
    "METRICS_TOKEN": "metrics_token",
    "LOG_FORMAT": "log_format",
    "LOG_LEVEL": "log_level",
}
"""Environment variable -> the field of Settings it fills; `.env.example` documents exactly these."""


def _instance_path(environ: Mapping[str, str]) -> Path:
    given = given_value(environ, "DELTACROWN_INSTANCE")
    path = (ROOT / given) if given else ROOT / "instance"
    if path.exists() and not path.is_dir():
        raise SettingError("DELTACROWN_INSTANCE", f"is {given!r}, which is a file", "it must be a folder")
    return path


def _bind_address(environ: Mapping[str, str]) -> str:
    given = given_value(environ, "BIND_ADDRESS") or "127.0.0.1"
    try:
        return str(ipaddress.ip_address(given))
    except ValueError as error:
        wanted = "it must be an IP address of this machine, for example 127.0.0.1 or 0.0.0.0"
        raise SettingError("BIND_ADDRESS", f"is {given!r}", wanted) from error


def _secret_key(environ: Mapping[str, str], *, production: bool, instance_path: Path) -> str:
    given = given_value(environ, "SECRET_KEY")
    wanted = (
        f"set it to at least {MINIMUM_SECRET_LENGTH} random characters, for example the output of "
        f"python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    )
    if given is None:
        if production:
            raise SettingError("SECRET_KEY", "is not set and DELTACROWN_ENV=production needs it", wanted)
        given = _kept_secret_key(instance_path)
    if len(given) < MINIMUM_SECRET_LENGTH:
        raise SettingError("SECRET_KEY", f"has {len(given)} characters", wanted)
    return given


def _kept_secret_key(instance_path: Path) -> str:
    """The key under the instance folder, made on first use; processes that start at once agree on one key."""
    kept = instance_path / KEPT_KEY_NAME
    try:
        if not kept.exists():
            instance_path.mkdir(parents=True, exist_ok=True)
            _publish_once(kept, secrets.token_urlsafe(48))
        return kept.read_text(encoding="ascii").strip()
    except OSError as error:
        wanted = "make the instance folder writable or set SECRET_KEY"
        raise SettingError("SECRET_KEY", f"is not set and {kept} cannot be kept ({error.strerror})", wanted) from error


def _publish_once(path: Path, text: str) -> None:
    """Create `path` with its whole content at once, readable by its owner only; the first of several writers wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _database_url(environ: Mapping[str, str], instance_path: Path) -> str:
    given = given_value(environ, "DATABASE_URL")
    if given is None:
        return f"sqlite:///{instance_path / 'deltacrown.sqlite3'}"
    wanted = "it must look like sqlite:///instance/deltacrown.sqlite3 or postgresql://user:password@host:5432/name"
    try:
        # Hosting services hand out postgres://, which SQLAlchemy no longer knows.
        url = make_url(given.replace("postgres://", "postgresql://", 1) if given.startswith("postgres://") else given)
    except (ArgumentError, ValueError) as error:
        raise SettingError("DATABASE_URL", f"is {without_password(given)!r}", wanted) from error
    if url.drivername in {"postgresql", "postgresql+psycopg"} and url.database:
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return _absolute_sqlite(url)
    raise SettingError("DATABASE_URL", f"is {url.render_as_string()!r}", wanted)


def _absolute_sqlite(url: URL) -> str:
    """Relative paths start at the project's folder, whatever folder a process was started in."""
    return url.set(database=str(ROOT / str(url.database))).render_as_string(hide_password=False)


def _redis_url(environ: Mapping[str, str]) -> str | None:
    given = given_value(environ, "REDIS_URL")
    if given is None:
        return None
    parts = split_url(given)
    reachable = parts is not None and (parts.path if parts.scheme == "unix" else parts.hostname)
    if parts is None or parts.scheme not in {"redis", "rediss", "unix"} or not reachable:
        wanted = "it must look like redis://:password@host:6379/0, rediss://… or unix:///path/to/redis.sock"
        raise SettingError("REDIS_URL", f"is {without_password(given)!r}", wanted)
    return given


def _base_url(environ: Mapping[str, str], port: int) -> str:
    given = given_value(environ, "BASE_URL")
    if given is None:
        return f"http://127.0.0.1:{port}"
    parts = split_url(given)
    bare = parts is not None and parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or not bare:
        wanted = "it must be a scheme and a host only, for example https://cup.example.org"
        raise SettingError("BASE_URL", f"is {without_password(given)!r}", wanted)
    return f"{parts.scheme}://{parts.netloc}"


def _mail_url(environ: Mapping[str, str]) -> str | None:
    given = given_value(environ, "MAIL_URL")
    if given is None:
        return None
    parts = split_url(given)
    if parts is None or parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        wanted = "it must look like smtp://user:password@host:587 or smtps://user:password@host:465"
        raise SettingError("MAIL_URL", f"is {without_password(given)!r}", wanted)
    return given


def _webhook_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """What concerns webhooks, by field."""
    endpoint, secret = given_value(environ, "WEBHOOK_ENDPOINT"), given_value(environ, "WEBHOOK_SECRET")
    parts = None if endpoint is None else split_url(endpoint)
    if endpoint is not None and (parts is None or parts.scheme not in {"http", "https"} or not parts.hostname):
        wanted = "it must look like https://hooks.example.org/results"
        raise SettingError("WEBHOOK_ENDPOINT", f"is {without_password(endpoint)!r}", wanted)
    if endpoint is not None and secret is None:
        wanted = f"set it to at least {MINIMUM_SECRET_LENGTH} random characters"
        raise SettingError("WEBHOOK_SECRET", "is not set and WEBHOOK_ENDPOINT needs it", wanted)
    if secret is not None and not secret.isascii():
        # The libraries with which receivers verify take no other secrets.
        wanted = f"it must be at least {MINIMUM_SECRET_LENGTH} ASCII characters"
        raise SettingError("WEBHOOK_SECRET", "has characters that are not ASCII", wanted)
    if secret is not None and len(secret) < MINIMUM_SECRET_LENGTH:
        wanted = f"it must have at least {MINIMUM_SECRET_LENGTH} characters"
        raise SettingError("WEBHOOK_SECRET", f"has {len(secret)} characters", wanted)
    return {
        "webhook_retry_delays": seconds_of(environ, "WEBHOOK_RETRY_DELAYS", default=(1, 5, 25)),
        "webhook_timeout": whole_number(environ, "WEBHOOK_TIMEOUT", low=1, high=60, default=10),
        "webhook_allow_private": choice(environ, "WEBHOOK_ALLOW_PRIVATE", ("0", "1"), default="0") == "1",
        "webhook_endpoint": endpoint,
        "webhook_secret": secret,
    }


def _socket_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """The limits of sockets, by field."""
    defaults = {
        "WS_RATE_MSG_RPS": 10,
        "WS_RATE_MSG_BURST": 20,
        "WS_RATE_CONN_PER_USER": 3,
        "WS_RATE_CONN_PER_IP": 10,
        "WS_RATE_ROOM_MAX_MEMBERS": 2000,
        "WS_MAX_PAYLOAD_BYTES": 16384,
        "WS_RATE_CONN_PER_OVERLAY": 20,
    }
    numbers = {
        VARIABLES[name]: whole_number(environ, name, low=0, high=1_000_000, default=default)
        for name, default in defaults.items()
    }
    return numbers | {
        "ws_allowed_origins": _allowed_origins(environ),
        "ws_allowed_addresses": networks_of(environ, "WS_ALLOWED_ADDRESSES"),
    }


def _allowed_origins(environ: Mapping[str, str]) -> tuple[str, ...]:
    given = environ.get("WS_ALLOWED_ORIGINS", "").split(",")
    origins = tuple(origin for origin in (each.strip().rstrip("/") for each in given) if origin)
    for origin in origins:
        parts = split_url(origin)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
            wanted = "it must be schemes and hosts, for example https://a.example.org,https://b.example.org"
            raise SettingError("WS_ALLOWED_ORIGINS", f"has {without_password(origin)!r}", wanted)
    return origins


def _metrics_token(environ: Mapping[str, str]) -> str | None:
    given = given_value(environ, "METRICS_TOKEN")
    if given is not None and len(given) < MINIMUM_SECRET_LENGTH:
        wanted = f"it must have at least {MINIMUM_SECRET_LENGTH} characters"
        raise SettingError("METRICS_TOKEN", f"has {len(given)} characters", wanted)
    return given
