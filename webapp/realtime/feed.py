"""Where the hub of a process hears what is new: one subscription in Redis, and a look at the log every second.

Redis rings and holds the newest messages ready made. Whatever it does (absent, away, hanging, emptied, a ring lost),
the look at the database finds what it did not tell, a second later.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import redis
import structlog
from flask import Flask
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from webapp.extensions import db
from webapp.services.live import rooms
from webapp.services.live.announcements import Announcement
from webapp.services.live.rooms import REPLAYED_AT_MOST, Head
from webapp.services.notifications import bells

LOOK_EVERY_S: Final = 1.0
_ANSWER_IN_S: Final = 0.5
_CONNECT_AGAIN_AFTER_S: Final = 1.0
_LISTEN_FOR_S: Final = 5.0

Found = TypeVar("Found")
Ring = Callable[[int], Awaitable[None]]
Bell = Callable[[Collection[int] | None], None]
"""Called with the people of whose bells there may be news, None for everybody's."""

log = structlog.get_logger(__name__)


class LiveFeed:
    """`app` gives the database; its Redis may be None."""

    def __init__(self, app: Flask, redis_url: str | None) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="live")
        self._redis = _client(redis_url)
        self._pubsub: PubSub | None = None
        self._watched: dict[int, int] = {}
        """Watched tournaments, each with the last number that a look has found."""
        self._ringing: set[asyncio.Task[None]] = set()

    # -- what the hub asks

    async def watch(self, tournament_id: int) -> None:
        """Hear of the tournament from now on."""
        self._watched[tournament_id] = 0
        await self._tell_redis(lambda pubsub: pubsub.subscribe(rooms.key_of(tournament_id)))

    async def forget(self, tournament_id: int) -> None:
        """Hear of it no more."""
        self._watched.pop(tournament_id, None)
        await self._tell_redis(lambda pubsub: pubsub.unsubscribe(rooms.key_of(tournament_id)))

    async def head(self, tournament_id: int) -> Head | None:
        """Where the tournament stands; None for none."""
        return await self.ask(lambda: rooms.head_of(tournament_id))

    async def missed(self, tournament_id: int, since: int) -> list[Announcement]:
        """What came after number `since`: from the stream where it holds all of it, else from the log."""
        ready = await self._in_stream(tournament_id, since)
        if ready:
            return ready
        return await self.ask(lambda: rooms.missed(tournament_id, since))

    async def ask(self, question: Callable[[], Found]) -> Found:
        """The answer to a question to the database, asked in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._in_app, question)

    def _in_app(self, question: Callable[[], Found]) -> Found:
        with self._app.app_context():
            try:
                return question()
            finally:
                db.session.remove()

    async def _in_stream(self, tournament_id: int, since: int) -> list[Announcement] | None:
        if self._redis is None or self._pubsub is None:
            return None
        try:
            entries: Any = await self._redis.xrange(
                rooms.key_of(tournament_id), f"{since + 1}-0", count=REPLAYED_AT_MOST
            )
        except redis.RedisError:
            return None
        return rooms.joined(since, entries)

    # -- what goes on all the time

    async def run(self, ring: Ring, bell: Bell) -> None:
        """Call `ring` with every tournament of which there may be news, `bell` with people, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_on(ring))
            if self._redis is not None:
                tasks.create_task(self._listen_on(self._redis, ring, bell))

    async def _look_on(self, ring: Ring) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            watched = list(self._watched)
            try:
                found = await self.ask(lambda ids=watched: rooms.seqs_of(ids)) if watched else {}  # type: ignore[misc]  # a default argument keeps the list of this turn
                for tournament_id, seq in found.items():
                    if self._watched.get(tournament_id, seq) != seq:
                        self._watched[tournament_id] = seq
                        self._ring(ring, tournament_id)
            except Exception as error:  # noqa: BLE001  (the database may be away; the next look will tell)
                log.warning("live_look_failed", error=type(error).__name__)

    async def _listen_on(self, client: Redis, ring: Ring, bell: Bell) -> None:
        while True:
            try:
                await self._listen(client, ring, bell)
            except Exception as error:  # noqa: BLE001  (whatever it was, somebody has to listen)
                log.warning("live_subscription_lost", error=type(error).__name__)
            await asyncio.sleep(_CONNECT_AGAIN_AFTER_S)

    async def _listen(self, client: Redis, ring: Ring, bell: Bell) -> None:
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        try:
            await pubsub.subscribe(bells.CHANNEL, *map(rooms.key_of, self._watched))
            self._pubsub = pubsub
            # Nobody rang while nobody listened.
            self._ring_all(ring, self._watched)
            bell(None)
            while True:
                message = await pubsub.get_message(timeout=_LISTEN_FOR_S)
                if message is None:
                    await pubsub.ping()
                elif message["type"] == "message":
                    self._heard(message, ring, bell)
        finally:
            self._pubsub = None
            with contextlib.suppress(redis.RedisError, OSError):
                await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py leaves it bare

    def _heard(self, message: Mapping[str, bytes], ring: Ring, bell: Bell) -> None:
        if message["channel"] == bells.CHANNEL.encode():
            bell(bells.rung(message["data"]))
        else:
            self._ring(ring, int(message["channel"].rpartition(b":t")[2]))

    def _ring_all(self, ring: Ring, tournament_ids: Collection[int]) -> None:
        for tournament_id in list(tournament_ids):
            self._ring(ring, tournament_id)

    def _ring(self, ring: Ring, tournament_id: int) -> None:
        task = asyncio.create_task(_answered(ring, tournament_id))
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def _tell_redis(self, command: Callable[[PubSub], Awaitable[None]]) -> None:
        pubsub = self._pubsub
        if pubsub is not None:
            try:
                async with asyncio.timeout(_ANSWER_IN_S):
                    await command(pubsub)
            except (redis.RedisError, OSError):
                # The subscription will notice by itself, and begin again with everything that is watched.
                log.warning("live_subscription_not_told")

    async def close(self) -> None:
        """Let go of Redis and the threads."""
        self._threads.shutdown(wait=False)
        if self._redis is not None:
            await self._redis.aclose()


async def _answered(ring: Ring, tournament_id: int) -> None:
    try:
        await ring(tournament_id)
    except Exception:
        # The next look rings again.
        log.exception("live_news_failed", tournament_id=tournament_id)


def _client(url: str | None) -> Redis | None:
    if url is None:
        return None
    return Redis.from_url(
        url,
        socket_connect_timeout=_ANSWER_IN_S,
        socket_timeout=_ANSWER_IN_S,
        retry=Retry(NoBackoff(), 0),
    )
