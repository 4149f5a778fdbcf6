"""Which addresses strangers may have us send to: none on this machine, in private networks, or where clouds keep keys.

What a URL looks like proves little, since names lead wherever their owners like: `parsed` refuses what is plainly wrong
and spells the rest in one way, `is_allowed` decides about each address at the moment of connecting.
"""

import ipaddress
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from webapp.domain.errors import DomainError

LONGEST_URL: Final = 2048

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_REFUSED_V4: Final = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this machine, as some systems take it
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a provider's NAT; clouds keep services there
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's own services, under a public number
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is handed out; everything else is local, multicast, or an IPv4 address in disguise."""
_REFUSED_V6: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # of protocols: Teredo among them, which holds an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4: the IPv4 address stands in it
        "3fff::/20",
    )
)
_PRIVATE: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
"""What development may reach."""
_METADATA: Final = ipaddress.IPv6Network("fd00:ec2::/32")
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""The middle of an IPv6 address whose end is an IPv4 address."""

_LOCAL_NAMES: Final = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "home.arpa")


class AddressRefused(DomainError):
    """An address to which nothing is sent."""

    default_code = "webhook_url_invalid"


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in the one spelling in which it is kept and sent to."""

    url: str
    scheme: str
    host: str
    port: int
    address: IPAddress | None
    """Where the host is an address and no name."""


def is_allowed(address: str | IPAddress, *, allow_private: bool = False) -> bool:
    """Whether anything may be sent to this address; what is none may not."""
    try:
        parsed_address = ipaddress.ip_address(address) if isinstance(address, str) else address
    except ValueError:
        return False
    if getattr(parsed_address, "scope_id", None):
        return False
    if allow_private and any(parsed_address in network for network in _PRIVATE):
        return parsed_address not in _METADATA
    if isinstance(parsed_address, ipaddress.IPv4Address):
        return not any(parsed_address in network for network in _REFUSED_V4)
    return (
        parsed_address in _GLOBAL_V6
        and not any(parsed_address in network for network in _REFUSED_V6)
        and (int(parsed_address) >> 32) & 0xFFFF_FFFF not in _ISATAP
    )


def parsed(url: str, *, allow_private: bool = False, https_only: bool = False) -> Target:
    """The parts of a URL, in one spelling. Raises AddressRefused where nothing could or should be sent to it."""
    if len(url) > LONGEST_URL or any(character <= " " or character in "\\\x7f" for character in url):
        raise AddressRefused(f"The address must be a URL of at most {LONGEST_URL} characters without blanks.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("The address must look like https://hooks.example.org/results.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressRefused("The address must begin with https:// and name a host.", code="webhook_url_scheme")
    if https_only and parts.scheme != "https":
        raise AddressRefused("The address must begin with https://.", code="webhook_url_scheme")
    if "@" in parts.netloc:
        raise AddressRefused("The address may hold no user name or password.", code="webhook_url_credentials")
    host = _host(parts.hostname)
    address = _literal(host)
    if not _may_be_named(host, address, allow_private=allow_private):
        raise _private()
    shown = f"[{address}]" if isinstance(address, ipaddress.IPv6Address) else str(address or host)
    usual = 443 if parts.scheme == "https" else 80
    place = shown if port in {None, usual} else f"{shown}:{port}"
    path = _quoted(parts.path) or "/"
    query = f"?{_quoted(parts.query)}" if parts.query else ""
    return Target(f"{parts.scheme}://{place}{path}{query}", parts.scheme, shown, port or usual, address)


def _private() -> AddressRefused:
    return AddressRefused(
        "The address leads to this machine or into a private network; it must be reachable by everybody.",
        code="webhook_url_private",
    )


def _may_be_named(host: str, address: IPAddress | None, *, allow_private: bool) -> bool:
    if address is not None:
        return is_allowed(address, allow_private=allow_private)
    is_local = "." not in host or any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES)
    return allow_private or not is_local


def _host(given: str) -> str:
    """The host as resolvers will read it: wide and circled letters are the plain ones, names in other scripts ASCII."""
    plain = unicodedata.normalize("NFKC", given).rstrip(".").lower()
    if not plain:
        raise AddressRefused("The address must name a host.")
    if ":" in plain:
        return plain
    try:
        ascii_name = plain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressRefused("The name of the host is none.") from error
    if not all(character.isalnum() or character in "-._" for character in ascii_name):
        raise AddressRefused("The name of the host is none.")
    return ascii_name


def _literal(host: str) -> IPAddress | None:
    """The address that a host is, in any way in which systems read one; None for a name."""
    if ":" in host:
        try:
            return ipaddress.ip_address(host)
        except ValueError as error:
            raise AddressRefused("The host is no IPv6 address.") from error
    last = host.rpartition(".")[2]
    if not (last.isdigit() or last.startswith("0x")):
        return None
    numbers = [_number(part) for part in host.split(".")]
    *first, rest = numbers
    if len(numbers) > 4 or any(each > 255 for each in first) or rest >= 256 ** (5 - len(numbers)):
        raise AddressRefused("The host is no IPv4 address.")
    return ipaddress.IPv4Address(sum(each << (24 - 8 * index) for index, each in enumerate(first)) + rest)


def _number(part: str) -> int:
    """A part of an IPv4 address as the C library reads it: decimal, octal after a 0, hexadecimal after 0x."""
    base = 16 if part.startswith("0x") else 8 if part.startswith("0") and len(part) > 1 else 10
    try:
        return int(part[2:] or "0", 16) if base == 16 else int(part, base)
    except ValueError as error:
        raise AddressRefused("The host is no IPv4 address.") from error


def _quoted(text: str) -> str:
    """Path or query in ASCII, what is quoted already left as it is."""
    return "".join(
        character if character.isascii() else "".join(f"%{byte:02X}" for byte in character.encode())
        for character in text
    )
