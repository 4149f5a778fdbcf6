"""The hub of a process: its rooms, who listens in them, their heartbeats, and their end.

It knows nothing of the server that holds the sockets: a listener is something that frames can be given to. Everything
here runs on one event loop; what waits for Redis or the database is the feed's, and comes back to the loop.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from webapp.realtime.batching import HELD_S
from webapp.realtime.listener import QUEUED_AT_MOST, Listener
from webapp.realtime.messages import (
    HEARTBEAT_LOST,
    HEARTBEAT_S,
    RESTARTING,
    SILENCE_S,
    greeting,
    ping,
)
from webapp.realtime.room import Room
from webapp.services.live.announcements import Announcement
from webapp.services.live.grants import NOWHERE
from webapp.services.live.rooms import REPLAYED_AT_MOST, Head

EMPTY_ROOM_KEPT_S: Final = 60.0
TICK_S: Final = 1.0
AT_ONCE: Final = 100
"""So many messages are given out in one go; a listener's queue holds some more."""
DRAINED_WITHIN_S: Final = 1.0

log = structlog.get_logger(__name__)


class Feed(Protocol):
    """Where announcements come from."""

    async def head(self, tournament_id: int) -> Head | None:
        """Where a tournament stands."""

    async def missed(self, tournament_id: int, since: int) -> list[Announcement]:
        """What came after a number; a single reset where that is too much."""

    async def watch(self, tournament_id: int) -> None:
        """Hear of the tournament from now on."""

    async def forget(self, tournament_id: int) -> None:
        """Hear of it no more."""


class Hub:
    """Use it from its loop alone. `on_news` hears of every number before it is told (tournament, number)."""

    def __init__(
        self,
        feed: Feed,
        *,
        clock: Callable[[], float],
        on_news: Callable[[int, int], None] = lambda _tournament_id, _seq: None,
    ) -> None:
        self.rooms: dict[int, Room] = {}
        self._feed = feed
        self._clock = clock
        self._on_news = on_news
        self._opening: dict[int, asyncio.Task[Room | None]] = {}
        self._catching_up: dict[int, asyncio.Event] = {}
        self._asked_again: set[int] = set()
        self._flushing: set[Room] = set()
        """Rooms whose scores are about to be told."""
        self._is_ending = False

    # -- rooms

    async def room(self, tournament_id: int) -> Room | None:
        """The tournament's room, opened when nobody was in it; None for no such tournament.

        That of `NOWHERE` is there for everybody, and nothing is told in it but that it is alive.
        """
        if tournament_id in self.rooms:
            return self.rooms[tournament_id]
        if tournament_id == NOWHERE:
            return self._opened(Room(NOWHERE, Head(0, 0)))
        if tournament_id not in self._opening:
            self._opening[tournament_id] = asyncio.create_task(self._open(tournament_id))
        return await asyncio.shield(self._opening[tournament_id])

    async def _open(self, tournament_id: int) -> Room | None:
        try:
            # First the ear, then where it stands: what comes in between is heard, and found to be known.
            await self._feed.watch(tournament_id)
            head = await self._feed.head(tournament_id)
            if head is None:
                await self._feed.forget(tournament_id)
                return None
            return self._opened(Room(tournament_id, head))
        finally:
            del self._opening[tournament_id]

    def _opened(self, room: Room) -> Room:
        self.rooms[room.tournament_id] = room
        room.empty_since = self._clock()
        return room

    def join(self, room: Room, listener: Listener) -> None:
        """Let somebody listen from here on, and greet."""
        room.listeners.add(listener)
        room.empty_since = None
        listener.position = room.seq
        listener.put(greeting("hello", room.standing, listener.role))
        if self._is_ending:
            listener.close(RESTARTING, "restarting")

    def leave(self, room: Room, listener: Listener) -> None:
        """Forget somebody; may be called again."""
        room.listeners.discard(listener)
        if not room.listeners:
            room.empty_since = self._clock()

    @property
    def listener_count(self) -> int:
        """How many listen in this process."""
        return sum(len(room.listeners) for room in self.rooms.values())

    # -- news

    async def catch_up(self, tournament_id: int) -> None:
        """Tell a room what the log has beyond what it was told; returns when it was told what was there at the call.

        A call while that goes on is one more look after it.
        """
        if tournament_id in self._catching_up:
            self._asked_again.add(tournament_id)
            await self._catching_up[tournament_id].wait()
            return
        is_done = self._catching_up[tournament_id] = asyncio.Event()
        try:
            is_behind = True
            while is_behind:
                self._asked_again.discard(tournament_id)
                is_behind = await self._take_news(tournament_id) or tournament_id in self._asked_again
        finally:
            del self._catching_up[tournament_id]
            is_done.set()

    async def _take_news(self, tournament_id: int) -> bool:
        """Whether there was any."""
        room = self.rooms.get(tournament_id)
        if room is None:
            return False
        news = await self._feed.missed(tournament_id, room.heard)
        if not news:
            return False
        # What is shown must not be older than what is said of it.
        self._on_news(tournament_id, news[-1].seq)
        for first in range(0, len(news), AT_ONCE):
            room.announce(news[first : first + AT_ONCE])
            self._flush_soon(room)
            await self._let_drain(room)
        return True

    def _flush_soon(self, room: Room) -> None:
        if room.has_scores and room not in self._flushing:
            self._flushing.add(room)
            asyncio.get_running_loop().call_later(HELD_S, self._flush, room)

    def _flush(self, room: Room) -> None:
        self._flushing.discard(room)
        room.flush()

    async def _let_drain(self, room: Room) -> None:
        """Wait until nearly everybody has room for as much again, so that a burst closes nobody but the slow."""
        give_up_at = self._clock() + DRAINED_WITHIN_S
        while room.is_crowded(QUEUED_AT_MOST - AT_ONCE) and self._clock() < give_up_at:  # noqa: ASYNC110  (no event tells of thousands of queues)
            await asyncio.sleep(0.005)

    async def replay(self, room: Room, listener: Listener, since: int) -> None:
        """Tell a listener everything after number `since`, without a gap to what it hears from then on."""
        if listener.is_replaying:
            return
        listener.is_replaying = True
        missed = await self.told_since(room, since)
        if missed is None:
            room.start_over(listener)
        else:
            room.replay(listener, missed)

    async def told_since(self, room: Room, since: int) -> list[Announcement] | None:
        """Everything after number `since` up to where the room stands by then; None for who must start over."""
        if since > room.seq:
            # It was told more than we know, by another process; or of a log that is no more.
            await self.catch_up(room.tournament_id)
            # Another process told it scores that wait here.
            room.flush()
        if since > room.seq:
            return None
        kept = room.kept_since(since)
        if kept is None and room.seq - since <= REPLAYED_AT_MOST:
            return await self._read(room, since)
        return kept

    async def _read(self, room: Room, since: int) -> list[Announcement] | None:
        """What the feed has after `since`, up to where the room stands by then; None where that does not join."""
        read: list[Announcement] = []
        while (newer := room.kept_since(read[-1].seq if read else since)) is None:
            # The stream may end before the room does, which was opened by the log: then it is asked for the rest.
            more = await self._feed.missed(room.tournament_id, read[-1].seq if read else since)
            more = [each for each in more if each.seq <= room.seq]
            if not more or more[0].is_reset:
                return None
            read += more
        return read + newer

    # -- time

    async def run(self) -> None:
        """Heartbeats and housekeeping, for as long as the process serves."""
        pinged_at = self._clock()
        while True:
            await asyncio.sleep(TICK_S)
            try:
                if self._clock() - pinged_at >= HEARTBEAT_S:
                    pinged_at = self._clock()
                    self._ping()
                self._close_the_silent()
                await self._forget_empty_rooms()
            except Exception:
                log.exception("hub_tick_failed")

    def _ping(self) -> None:
        for room in self.rooms.values():
            room.everyone(ping(room.standing))

    def _close_the_silent(self) -> None:
        heard_by = self._clock() - SILENCE_S
        for room in self.rooms.values():
            for listener in list(room.listeners):
                if listener.last_heard < heard_by:
                    listener.close(HEARTBEAT_LOST, "nothing heard")

    async def _forget_empty_rooms(self) -> None:
        empty_by = self._clock() - EMPTY_ROOM_KEPT_S
        for tournament_id, room in list(self.rooms.items()):
            if not room.is_used and room.empty_since is not None and room.empty_since < empty_by:
                del self.rooms[tournament_id]
                await self._feed.forget(tournament_id)

    def stop(self) -> None:
        """The process ends: whoever still joins is told to come back later. The server tells those that are there."""
        self._is_ending = True
