"""Which pages may open sockets here: those of this very site, and those that the settings name."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit


def is_allowed(headers: Mapping[bytes, bytes], *, base_url: str, others: Collection[str], proxies: int) -> bool:
    """Whether the page that asks may listen. A program that is no browser sends no Origin, and may."""
    given = headers.get(b"origin")
    if given is None:
        return True
    origin = given.decode("latin-1").lower()
    if origin in {base_url.lower(), *(other.lower() for other in others)}:
        return True
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and parts.netloc == host_of(headers, proxies).lower()


def host_of(headers: Mapping[bytes, bytes], proxies: int) -> str:
    """The host that the visitor asked for, as so many trusted proxies before the site pass it on."""
    return _from_proxies(headers.get(b"x-forwarded-host", b""), proxies) or headers.get(b"host", b"").decode("latin-1")


def address_of(headers: Mapping[bytes, bytes], peer: str, proxies: int) -> str:
    """The visitor's address; that of who connected to us where no proxy is trusted."""
    return _from_proxies(headers.get(b"x-forwarded-for", b""), proxies) or peer


def _from_proxies(value: bytes, proxies: int) -> str:
    """As ProxyFix takes it: what the first of the trusted proxies has seen."""
    if not proxies:
        return ""
    named = [each.strip() for each in value.decode("latin-1").split(",")]
    return named[-proxies] if len(named) >= proxies else ""
