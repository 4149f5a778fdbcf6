"""Settings: read once from the environment, checked, and refused with one clear line when wrong."""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from dotenv import load_dotenv
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

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


class SettingError(SystemExit):
    """A setting that stops the start. Its text is one line: the variable, what was given, what would be right.

    Whatever process meets it (web, worker, command) ends with that line and exit code 1, and without a traceback.
    """

    def __init__(self, variable: str, given: str, wanted: str) -> None:
        self.variable = variable
        super().__init__(f"{variable} {given}; {wanted}")


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
        production = _choice(environ, "DELTACROWN_ENV", ENVIRONMENTS, default="development") == "production"
        instance_path = _instance_path(environ)
        port = _whole_number(environ, "PORT", low=1, high=65535, default=8000)
        bind_address = _bind_address(environ)
        return cls(
            secret_key=_secret_key(environ, production=production, instance_path=instance_path),
            database_url=_database_url(environ, instance_path),
            redis_url=_redis_url(environ),
            port=port,
            bind_address=bind_address,
            base_url=_base_url(environ, port),
            trusted_proxies=_whole_number(environ, "TRUSTED_PROXIES", low=0, high=10, default=0),
            mail_url=_mail_url(environ),
            **_socket_settings(environ),
            metrics_allowed_addresses=_networks(environ, "METRICS_ALLOWED_ADDRESSES", default=LOOPBACK),
            metrics_token=_metrics_token(environ),
            log_format=_choice(environ, "LOG_FORMAT", LOG_FORMATS, default="json"),
            log_level=_choice(environ, "LOG_LEVEL", LOG_LEVELS, default="INFO"),
            production=production,
            demo=_choice(environ, "DELTACROWN_DEMO", SWITCH, default="off" if production else "on") == "on",
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


def _given(environ: Mapping[str, str], variable: str) -> str | None:
    """The value without surrounding blanks; None when unset or empty, so that `PORT=` in a file means the default."""
    return environ.get(variable, "").strip() or None


def _choice(environ: Mapping[str, str], variable: str, choices: tuple[str, ...], *, default: str) -> str:
    given = _given(environ, variable)
    if given is None:
        return default
    if given not in choices:
        raise SettingError(variable, f"is {given!r}", f"it must be one of {', '.join(choices)}")
    return given


def _whole_number(environ: Mapping[str, str], variable: str, *, low: int, high: int, default: int) -> int:
    given = _given(environ, variable)
    if given is None:
        return default
    # isdecimal alone would let digits of other scripts through.
    if not (given.isascii() and given.isdecimal() and low <= int(given) <= high):
        wanted = f"it must be a whole number from {low} to {high}, for example {variable}={default}"
        raise SettingError(variable, f"is {given!r}", wanted)
    return int(given)


def _instance_path(environ: Mapping[str, str]) -> Path:
    given = _given(environ, "DELTACROWN_INSTANCE")
    path = (ROOT / given) if given else ROOT / "instance"
    if path.exists() and not path.is_dir():
        raise SettingError("DELTACROWN_INSTANCE", f"is {given!r}, which is a file", "it must be a folder")
    return path


def _bind_address(environ: Mapping[str, str]) -> str:
    given = _given(environ, "BIND_ADDRESS") or "127.0.0.1"
    try:
        return str(ipaddress.ip_address(given))
    except ValueError as error:
        wanted = "it must be an IP address of this machine, for example 127.0.0.1 or 0.0.0.0"
        raise SettingError("BIND_ADDRESS", f"is {given!r}", wanted) from error


def _secret_key(environ: Mapping[str, str], *, production: bool, instance_path: Path) -> str:
    given = _given(environ, "SECRET_KEY")
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
    given = _given(environ, "DATABASE_URL")
    if given is None:
        return f"sqlite:///{instance_path / 'deltacrown.sqlite3'}"
    wanted = "it must look like sqlite:///instance/deltacrown.sqlite3 or postgresql://user:password@host:5432/name"
    try:
        # Hosting services hand out postgres://, which SQLAlchemy no longer knows.
        url = make_url(given.replace("postgres://", "postgresql://", 1) if given.startswith("postgres://") else given)
    except (ArgumentError, ValueError) as error:
        raise SettingError("DATABASE_URL", f"is {_without_password(given)!r}", wanted) from error
    if url.drivername in {"postgresql", "postgresql+psycopg"} and url.database:
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return _absolute_sqlite(url)
    raise SettingError("DATABASE_URL", f"is {url.render_as_string()!r}", wanted)


def _absolute_sqlite(url: URL) -> str:
    """Relative paths start at the project's folder, whatever folder a process was started in."""
    return url.set(database=str(ROOT / str(url.database))).render_as_string(hide_password=False)


def _redis_url(environ: Mapping[str, str]) -> str | None:
    given = _given(environ, "REDIS_URL")
    if given is None:
        return None
    parts = _split(given)
    reachable = parts is not None and (parts.path if parts.scheme == "unix" else parts.hostname)
    if parts is None or parts.scheme not in {"redis", "rediss", "unix"} or not reachable:
        wanted = "it must look like redis://:password@host:6379/0, rediss://… or unix:///path/to/redis.sock"
        raise SettingError("REDIS_URL", f"is {_without_password(given)!r}", wanted)
    return given


def _base_url(environ: Mapping[str, str], port: int) -> str:
    given = _given(environ, "BASE_URL")
    if given is None:
        return f"http://127.0.0.1:{port}"
    parts = _split(given)
    bare = parts is not None and parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or not bare:
        wanted = "it must be a scheme and a host only, for example https://cup.example.org"
        raise SettingError("BASE_URL", f"is {_without_password(given)!r}", wanted)
    return f"{parts.scheme}://{parts.netloc}"


def _mail_url(environ: Mapping[str, str]) -> str | None:
    given = _given(environ, "MAIL_URL")
    if given is None:
        return None
    parts = _split(given)
    if parts is None or parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        wanted = "it must look like smtp://user:password@host:587 or smtps://user:password@host:465"
        raise SettingError("MAIL_URL", f"is {_without_password(given)!r}", wanted)
    return given


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
        VARIABLES[name]: _whole_number(environ, name, low=0, high=1_000_000, default=default)
        for name, default in defaults.items()
    }
    return numbers | {
        "ws_allowed_origins": _allowed_origins(environ),
        "ws_allowed_addresses": _networks(environ, "WS_ALLOWED_ADDRESSES"),
    }


def _allowed_origins(environ: Mapping[str, str]) -> tuple[str, ...]:
    given = environ.get("WS_ALLOWED_ORIGINS", "").split(",")
    origins = tuple(origin for origin in (each.strip().rstrip("/") for each in given) if origin)
    for origin in origins:
        parts = _split(origin)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
            wanted = "it must be schemes and hosts, for example https://a.example.org,https://b.example.org"
            raise SettingError("WS_ALLOWED_ORIGINS", f"has {_without_password(origin)!r}", wanted)
    return origins


def _networks(environ: Mapping[str, str], variable: str, *, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Addresses and networks, each as a network; `none` for none where the default names some."""
    given = _given(environ, variable)
    if given is None:
        return default
    if given == "none":
        return ()
    networks = []
    for each in (part.strip() for part in given.split(",")):
        try:
            networks.append(str(ipaddress.ip_network(each, strict=False)))
        except ValueError as error:
            wanted = "it must be IP addresses or networks, for example 203.0.113.7,2001:db8::/48"
            raise SettingError(variable, f"has {each!r}", wanted) from error
    return tuple(networks)


def _metrics_token(environ: Mapping[str, str]) -> str | None:
    given = _given(environ, "METRICS_TOKEN")
    if given is not None and len(given) < MINIMUM_SECRET_LENGTH:
        wanted = f"it must have at least {MINIMUM_SECRET_LENGTH} characters"
        raise SettingError("METRICS_TOKEN", f"has {len(given)} characters", wanted)
    return given


def _split(url: str) -> SplitResult | None:
    """The parts of a URL; None when it is none (its port is looked at, for that is where urlsplit is lazy)."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _without_password(url: str) -> str:
    """The URL fit for a terminal or log: whatever stands between the scheme and the last @ is left out."""
    credentials, at, rest = url.rpartition("@")
    if not at:
        return url
    scheme, separator, _ = credentials.partition("://")
    return f"{scheme}://***@{rest}" if separator else f"***@{rest}"
