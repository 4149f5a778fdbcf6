"""One attempt over HTTP: to a checked address, within a deadline, and with no more read of the answer than is kept."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from webapp.services.webhooks import addresses

LONGEST_ANSWER: Final = 4096
"""Bytes of an answer that are read and kept, as they came: what is packed stays packed."""
LOOKUPS_AT_ONCE: Final = 32


class _Refused(OSError):
    """The address is none that anything is sent to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt: a status with the beginning of the answer, and in one word what went wrong."""

    duration_ms: int
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    body: bytes = b""
    error: str = ""
    """`timeout`, `refused_address`, `name`, `tls`, `connection`, `no_answer`, `no_http`, `broken_answer`, or empty."""


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[aiohttp.ClientSession]:
    """What attempts are made with. Each has a connection of its own: an address is checked for one attempt alone."""
    # The system's look-ups block; so many may hang on name servers that say nothing before others wait for them.
    with_names = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="webhook-names")
    connector = aiohttp.TCPConnector(
        resolver=_CheckedNames(with_names),
        socket_factory=_checked_socket,
        use_dns_cache=False,
        force_close=True,
        limit=0,
    )
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=LONGEST_ANSWER,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        ) as session:
            yield session
    finally:
        with_names.shutdown(wait=False, cancel_futures=True)


async def post(
    session: aiohttp.ClientSession, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float
) -> Answer:
    """POST these bytes and say what came back. Never raises for what the other side or the network does."""
    began = time.perf_counter()

    def took() -> int:
        return round((time.perf_counter() - began) * 1000)

    said = _Said()
    try:
        # By the clock on the wall: a receiver that drips is as late as one that is silent.
        async with asyncio.timeout(timeout_s):
            await _exchange(session, url, headers, body, said)
    except TimeoutError:
        error = "timeout"
    except (aiohttp.ClientError, OSError, ValueError) as problem:
        error = _word(problem) if said.status is None else "broken_answer"
    else:
        error = ""
    return Answer(took(), said.status, said.headers, bytes(said.body), error)


class _Said:
    """What the receiver has said so far."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.body = bytearray()


async def _exchange(
    session: aiohttp.ClientSession, url: str, headers: Mapping[str, str], body: bytes, said: _Said
) -> None:
    # As it was checked: another look at its spelling could read it differently.
    async with session.post(
        URL(url, encoded=True), data=body, headers=headers, allow_redirects=False, skip_auto_headers=("Accept",)
    ) as response:
        said.headers = {name.lower(): value for name, value in response.headers.items()}
        said.status = response.status
        while len(said.body) < LONGEST_ANSWER:
            chunk = await response.content.read(LONGEST_ANSWER - len(said.body))
            if not chunk:
                return
            said.body += chunk
        # What is left unread is not waited for.
        response.close()


def _word(error: Exception) -> str:
    """In one word what went wrong; never its text, which may quote the address."""
    if isinstance(error, _Refused) or isinstance(getattr(error, "os_error", None), _Refused):
        return "refused_address"
    return next((word for kind, word in _WORDS if isinstance(error, kind)), "connection")


_WORDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (aiohttp.ClientConnectorDNSError, "name"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ServerDisconnectedError, "no_answer"),
    (aiohttp.ClientOSError, "connection"),
    (aiohttp.ClientResponseError, "no_http"),
    (aiohttp.InvalidURL, "bad_url"),
)


# -- where it may go


class _CheckedNames(AbstractResolver):
    """Looks names up, and gives none away that has an address which is not allowed.

    Attempts at one host wait for the same look-up while it is under way, so that a name server that says nothing holds
    one thread and not all. What it says serves those alone: whoever comes after its end asks anew.
    """

    def __init__(self, with_names: ThreadPoolExecutor) -> None:
        self._with_names = with_names
        self._under_way: dict[str, asyncio.Future[list[str]]] = {}

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  (aiohttp's hook)
    ) -> list[ResolveResult]:
        """Every address of the name, all of them allowed. Raises OSError."""
        try:
            # Shielded: an attempt that gives up leaves the others their answer. The thread could not be ended anyway.
            found = await asyncio.wait_for(asyncio.shield(self._lookup(host, port)), addresses.LOOKUP_S)
        except TimeoutError as error:
            raise OSError("the name server says nothing") from error
        if not all(map(addresses.allowed, found)):
            raise _Refused
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in dict.fromkeys(found)
        ]

    async def close(self) -> None:
        """Nothing is kept open."""

    def _lookup(self, host: str, port: int) -> asyncio.Future[list[str]]:
        lookup = self._under_way.get(host)
        if lookup is None or lookup.done():
            loop = asyncio.get_running_loop()
            lookup = loop.run_in_executor(self._with_names, addresses.resolve, host, port)
            self._under_way[host] = lookup
            lookup.add_done_callback(partial(self._forget, host))
        return lookup

    def _forget(self, host: str, lookup: asyncio.Future[list[str]]) -> None:
        if self._under_way.get(host) is lookup:
            del self._under_way[host]


def _checked_socket(info: tuple[Any, ...]) -> socket.socket:
    """The socket of a connection, if it may be made: the last look, at the very address that is connected to."""
    family, kind, proto, _name, place = info
    if not addresses.allowed(str(place[0])):
        raise _Refused
    made = socket.socket(family=family, type=kind, proto=proto)
    made.setblocking(False)
    return made
