"""Polls of fragments, answered on the event loop where that needs nothing but memory; all other requests go to threads.

When an answer must be asked for anew, one poll of a process does so in a thread. The others that come meanwhile wait
for it on the loop: after a change thousands of readers come at once, and eight threads are for everybody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from webapp.realtime.origins import host_of
from webapp.realtime.wsgi_bridge import Receive, Scope, Send
from webapp.views.fragment_layer import Answer, FragmentLayer, Headers, Key, has_it

FRAGMENT: Final = "/fragment/"

HttpApp = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders = Sequence[tuple[bytes, bytes]]


class Kept(NamedTuple):
    """An answer ready to be sent; `raw` is all of it but for status line and date."""

    status: int
    headers: RawHeaders
    body: bytes
    raw: bytes


class KeptFragments:
    """The fragment layer's memory before `others`, which ask the layer again and keep what it finds.

    So many `proxies` stand before the site and name its host.
    """

    def __init__(self, layer: FragmentLayer, others: HttpApp, proxies: int = 0) -> None:
        self._layer = layer
        self._others = others
        self._proxies = proxies
        self._asked_for: dict[Key, asyncio.Event] = {}

    def at_once(self, path: str, query: bytes, headers: RawHeaders) -> Kept | None:
        """The answer to a GET, where memory has it; None where somebody must be asked."""
        found = _poll_headers("GET", path, headers)
        return None if found is None else self._kept(self._key(path, query, found), found)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = _poll_headers(scope["method"], scope["path"], scope["headers"])
        if headers is None:
            await self._others(scope, receive, send)
            return
        key = self._key(scope["path"], scope["query_string"], headers)
        kept = self._kept(key, headers)
        if kept is None and key in self._asked_for:
            await self._asked_for[key].wait()
            kept = self._kept(key, headers)
        if kept is None:
            await self._ask(key, scope, receive, send)
            return
        await send({"type": "http.response.start", "status": kept.status, "headers": list(kept.headers)})
        await send({"type": "http.response.body", "body": kept.body})

    def _key(self, path: str, query: bytes, headers: dict[bytes, bytes]) -> Key:
        return path, query.decode("latin-1"), host_of(headers, self._proxies)

    def _kept(self, key: Key, headers: dict[bytes, bytes]) -> Kept | None:
        answer = self._layer.kept(*key)
        if answer is None:
            return None
        if answer.prepared is None:
            answer.prepared = _prepared(answer)
        whole: Kept
        unchanged: Kept
        whole, unchanged = answer.prepared
        if_none_match = headers.get(b"if-none-match")
        return unchanged if if_none_match and has_it(if_none_match.decode("latin-1"), answer.etag) else whole

    async def _ask(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        is_answered = self._asked_for.setdefault(key, asyncio.Event())
        try:
            await self._others(scope, receive, send)
        finally:
            is_answered.set()
            if self._asked_for.get(key) is is_answered:
                del self._asked_for[key]


def _poll_headers(method: str, path: str, pairs: RawHeaders) -> dict[bytes, bytes] | None:
    """The headers of a poll; None for every other request."""
    if method != "GET" or not path.endswith(FRAGMENT):
        return None
    headers = dict(pairs)
    is_poll = headers.get(b"hx-request") == b"true" and b"hx-history-restore-request" not in headers
    return headers if is_poll else None


def _prepared(answer: Answer) -> tuple[Kept, Kept]:
    """What is sent for 200 and for 304, made once for all readers of an answer."""
    return _made(200, answer.headers, answer.body), _made(304, answer.headers_unchanged, b"")


def _made(status: int, headers: Headers, body: bytes) -> Kept:
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    raw = b"".join(b"%b: %b\r\n" % pair for pair in pairs)
    return Kept(status, pairs, body, raw + b"\r\n" + body)
