"""Polls of fragments, answered on the event loop where that needs nothing but memory; all other requests go to threads.

When an answer must be asked for anew, one poll of a process does so in a thread. The others that come meanwhile wait
for it on the loop: after a change thousands of readers come at once, and eight threads are for everybody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from webapp.realtime.origins import host_of
from webapp.realtime.wsgi_bridge import Message, Receive, Scope, Send
from webapp.views.fragment_layer import Answer, FragmentLayer, Key, has_it

_NO_BODY: Final[Message] = {"type": "http.response.body", "body": b""}

HttpApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Answered = tuple[Message, Message]


class KeptFragments:
    """The fragment layer's memory before `others`, which ask the layer again and keep what it finds.

    So many `proxies` stand before the site and name its host.
    """

    def __init__(self, layer: FragmentLayer, others: HttpApp, proxies: int = 0) -> None:
        self._layer = layer
        self._others = others
        self._proxies = proxies
        self._asked_for: dict[Key, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = _poll_headers(scope)
        if headers is None:
            await self._others(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"].decode("latin-1"), host_of(headers, self._proxies))
        kept = self._layer.kept(*key)
        if kept is None and key in self._asked_for:
            await self._asked_for[key].wait()
            kept = self._layer.kept(*key)
        if kept is None:
            await self._ask(key, scope, receive, send)
            return
        head, body = _answered(kept, headers.get(b"if-none-match"))
        await send(head)
        await send(body)

    async def _ask(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        is_answered = self._asked_for.setdefault(key, asyncio.Event())
        try:
            await self._others(scope, receive, send)
        finally:
            is_answered.set()
            if self._asked_for.get(key) is is_answered:
                del self._asked_for[key]


def _poll_headers(scope: Scope) -> dict[bytes, bytes] | None:
    """The headers of a poll; None for every other request."""
    if scope["method"] != "GET" or not scope["path"].endswith("/fragment/"):
        return None
    headers = dict(scope["headers"])
    is_poll = headers.get(b"hx-request") == b"true" and b"hx-history-restore-request" not in headers
    return headers if is_poll else None


def _answered(kept: Answer, if_none_match: bytes | None) -> Answered:
    if kept.prepared is None:
        kept.prepared = _prepared(kept)
    whole: Answered
    unchanged: Answered
    whole, unchanged = kept.prepared
    return unchanged if if_none_match and has_it(if_none_match.decode("latin-1"), kept.etag) else whole


def _prepared(kept: Answer) -> Any:
    """What the server sends for 200 and for 304, made once for all readers of an answer."""
    whole = (
        {"type": "http.response.start", "status": 200, "headers": _raw(kept.headers)},
        {"type": "http.response.body", "body": kept.body},
    )
    unchanged = ({"type": "http.response.start", "status": 304, "headers": _raw(kept.headers_unchanged)}, _NO_BODY)
    return whole, unchanged


def _raw(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
