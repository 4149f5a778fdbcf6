"""The log by number over plain HTTP, for networks that let no socket through: `events/?since=&wait=`.

Who has to wait waits on the loop, beside the room that will tell the news, and never in one of the threads that pages
need. What is told is what the sockets tell, to the same people.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

import orjson

from webapp.config import Settings
from webapp.realtime import admission, origins
from webapp.realtime.admission import Admission, Credentials, Refused
from webapp.realtime.feed import LiveFeed
from webapp.realtime.hub import Hub
from webapp.realtime.limits import SharedAddresses
from webapp.realtime.messages import greeting_text
from webapp.realtime.rate import TokenBucket
from webapp.realtime.room import Room
from webapp.realtime.wsgi_bridge import Receive, Scope, Send

WAITING_AT_MOST: Final = 500
"""So many may wait in one process; who comes then is answered at once."""
LONGEST_WAIT_S: Final = 20
PER_SECOND: Final = 1.0
BURST: Final = 5
_KNOWN_AT_MOST: Final = 10_000
_PATH: Final = re.compile(r"/api/tournaments/([1-9][0-9]{0,9})/events/")
_NUMBER: Final = re.compile(r"[0-9]{1,10}", re.ASCII)
_PARAMETERS: Final = {"since", "wait", "audience"}
_TOO_MANY: Final = orjson.dumps(
    {"type": "about:blank", "title": "Too many requests", "status": 429, "code": "too_many_requests"}
)

HttpApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class LongPolls:
    """Before `others`, who answer whatever is no such poll, or none that is right."""

    def __init__(
        self, hub: Hub, feed: LiveFeed, settings: Settings, others: HttpApp, clock: Callable[[], float]
    ) -> None:
        self._hub, self._feed, self._settings, self._others, self._clock = hub, feed, settings, others, clock
        self._shared = SharedAddresses(settings)
        self._waiting = 0
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one HTTP request; itself no coroutine, since most requests are none of its own."""
        found = _PATH.fullmatch(scope["path"]) if scope["method"] == "GET" else None
        asked = None if found is None else _asked(scope["query_string"].decode("latin-1"))
        if found is None or asked is None:
            return self._others(scope, receive, send)
        return self._answer(int(found[1]), asked, scope, receive, send)

    async def _answer(
        self, tournament_id: int, asked: "tuple[int, int]", scope: Scope, receive: Receive, send: Send
    ) -> None:
        since, wait_s = asked
        headers = dict(scope["headers"])
        query = scope["query_string"].decode("latin-1")
        try:
            admitted = await self._feed.ask(
                lambda: admission.admit("tournament", tournament_id, _credentials(headers), query)
            )
        except Refused:
            # They say what is wrong.
            await self._others(scope, receive, send)
            return
        if not self._may_ask(admitted, headers, scope):
            await _send(send, 429, _TOO_MANY, [(b"retry-after", b"1"), (b"content-type", b"application/problem+json")])
            return
        room = await self._hub.room(tournament_id)
        if room is None:
            await self._others(scope, receive, send)
            return
        if await self._hub.told_since(room, since) == []:
            await self._wait(room, wait_s, receive)
        body = await self._told(room, since, admitted)
        await _send(send, 200, body, [(b"content-type", b"application/json"), (b"cache-control", b"no-store")])

    def _may_ask(self, admitted: Admission, headers: dict[bytes, bytes], scope: Scope) -> bool:
        user_id, now = admitted.grant.user_id, self._clock()
        peer = str((scope.get("client") or ("",))[0])
        address = origins.address_of(headers, peer, self._settings.trusted_proxies)
        if user_id is None and address in self._shared:
            return True
        # As many as an address may have sockets ask from there, each as often as a person may.
        people = self._settings.ws_rate_conn_per_ip if user_id is None else 1
        key = f"address:{address}" if user_id is None else f"user:{user_id}"
        bucket = self._buckets.pop(key, None) or TokenBucket.full(people * PER_SECOND, people * BURST, now)
        self._buckets[key] = bucket
        if len(self._buckets) > _KNOWN_AT_MOST:
            self._buckets.popitem(last=False)
        return bucket.take(now)

    async def _wait(self, room: Room, wait_s: int, receive: Receive) -> None:
        """Until there is news, time is up, or nobody waits any more."""
        if self._waiting >= WAITING_AT_MOST or wait_s == 0:
            return
        self._waiting += 1
        tasks = [asyncio.ensure_future(work) for work in (room.news(), _gone(receive))]
        try:
            await asyncio.wait(tasks, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting -= 1
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _told(self, room: Room, since: int, admitted: Admission) -> bytes:
        if not room.listeners:
            room.empty_since = self._clock()
        told = await self._hub.told_since(room, since)
        grant = admitted.grant
        if told is None:
            texts, reached = [greeting_text("reset", room.standing, grant.role)], room.seq
        else:
            texts = [each.official if grant.is_official and each.official else each.public for each in told]
            reached = told[-1].seq if told else since
        head = orjson.dumps({"count": len(texts), "next_since": reached, "has_more": False})
        return head[:-1] + b',"messages":[' + ",".join(texts).encode() + b"]}"


def _asked(query: str) -> tuple[int, int] | None:
    """`since` and `wait`; None where it is another question, or not a right one."""
    given = dict(pairs := parse_qsl(query, keep_blank_values=True))
    if "wait" not in given or len(given) < len(pairs) or given.keys() - _PARAMETERS:
        return None
    since, wait = given.get("since", "0"), given["wait"]
    if not (_NUMBER.fullmatch(since) and _NUMBER.fullmatch(wait)) or int(wait) > LONGEST_WAIT_S:
        return None
    return int(since), int(wait)


def _credentials(headers: dict[bytes, bytes]) -> Credentials:
    cookie, authorization = (headers.get(name, b"").decode("latin-1") for name in (b"cookie", b"authorization"))
    return Credentials(cookie, authorization, ())


async def _gone(receive: Receive) -> None:
    """Returns when the asker has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
