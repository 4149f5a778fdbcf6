"""Addresses of strangers, looked up: once where they are entered, and again by whoever connects to one."""

import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LookupTimeout
from typing import Final

from webapp.domain.webhooks.addresses import AddressRefused, Target, is_allowed, parsed
from webapp.services.spine.transaction import is_writing

LOOKUP_S: Final = 5.0

Resolve = Callable[[str, int], list[str]]


def _ask_system(host: str, port: int) -> list[str]:
    """Every address of a name. Raises OSError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def is_own(address: str) -> bool:
    """Whether an address is one of this machine's. Nothing is sent to find out."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as taken, socket.socket(family, socket.SOCK_DGRAM) as probe:
            taken.bind((address, 0))
            # A machine that stands in for others may be set to give away any address. It sends to its own from itself.
            probe.connect(taken.getsockname())
            from_here = str(probe.getsockname()[0])
    except OSError:
        # It is not to be had here, or there is no way to it.
        return False
    return ipaddress.ip_address(from_here) == ipaddress.ip_address(address)


class _Rules:
    allow_private = False
    https_only = False
    resolve: Resolve = staticmethod(_ask_system)
    is_own: Callable[[str], bool] = staticmethod(is_own)


def connect(
    *,
    allow_private: bool,
    https_only: bool,
    resolve: Resolve = _ask_system,
    is_own: Callable[[str], bool] = is_own,
) -> None:
    """Allow what this installation allows from now on, in this process."""
    _Rules.allow_private, _Rules.https_only = allow_private, https_only
    _Rules.resolve, _Rules.is_own = staticmethod(resolve), staticmethod(is_own)


def may_be_private() -> bool:
    """Whether this machine and private networks may be sent to: in development."""
    return _Rules.allow_private


def check(url: str) -> Target:
    """The URL in its one spelling, where it may be sent to as far as can be told now. Raises AddressRefused.

    Looks its name up, outside of any transaction. A name that is not known yet is taken: it is looked up again for
    every attempt.
    """
    assert not is_writing(), "nothing is looked up inside a transaction"
    target = spelled(url)
    found = _known_addresses(target) if target.address is None else [str(target.address)]
    if not all(map(allowed, found)):
        given = "name" if target.address is None else "address"
        raise AddressRefused(
            f"The {given} leads to this machine or into a private network; it must be reachable by everybody.",
            code="webhook_url_private",
        )
    return target


def spelled(url: str) -> Target:
    """The URL in its one spelling, without looking its name up. Raises AddressRefused."""
    return parsed(url, allow_private=_Rules.allow_private, https_only=_Rules.https_only)


def allowed(address: str) -> bool:
    """Whether this installation sends anything to this address: a public one, and none of its own."""
    if not is_allowed(address, allow_private=_Rules.allow_private):
        return False
    # What listens on a public address of this machine may trust whoever comes from it.
    return _Rules.allow_private or not _Rules.is_own(address)


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as it is now. Raises OSError where it has none."""
    return _Rules.resolve(host, port)


def _known_addresses(target: Target) -> list[str]:
    # In a thread, since the system's own patience with a name server that says nothing is longer.
    with_time = ThreadPoolExecutor(max_workers=1)
    try:
        return with_time.submit(resolve, target.host, target.port).result(LOOKUP_S)
    except (OSError, LookupTimeout):
        return []
    finally:
        with_time.shutdown(wait=False)
