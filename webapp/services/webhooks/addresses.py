"""Addresses of strangers, looked up: once where they are entered, and again by whoever connects to one."""

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


class _Rules:
    allow_private = False
    https_only = False
    resolve: Resolve = staticmethod(_ask_system)


def connect(*, allow_private: bool, https_only: bool, resolve: Resolve = _ask_system) -> None:
    """Allow what this installation allows from now on, in this process."""
    _Rules.allow_private, _Rules.https_only = allow_private, https_only
    _Rules.resolve = staticmethod(resolve)


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
    if target.address is None and not all(map(allowed, _known_addresses(target))):
        raise AddressRefused(
            "The name leads to this machine or into a private network; it must be reachable by everybody.",
            code="webhook_url_private",
        )
    return target


def spelled(url: str) -> Target:
    """The URL in its one spelling, without looking its name up. Raises AddressRefused."""
    return parsed(url, allow_private=_Rules.allow_private, https_only=_Rules.https_only)


def allowed(address: str) -> bool:
    """Whether this installation sends anything to this address."""
    return is_allowed(address, allow_private=_Rules.allow_private)


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
