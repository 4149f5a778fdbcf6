"""The hub by itself: order, replay, slow listeners, heartbeats; without a server, a Redis or a database."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from tests.realtime.loops import run
from webapp.realtime.hub import EMPTY_ROOM_KEPT_S, Hub
from webapp.realtime.listener import QUEUED_AT_MOST, Listener
from webapp.realtime.messages import SILENCE_S, Frame
from webapp.realtime.rate import TokenBucket
from webapp.services.live.announcements import Announcement
from webapp.services.live.rooms import REPLAYED_AT_MOST, Head

CUP = 7


class Log:
    """A feed: a log of numbers, some of which only officials may see, some about match 3."""

    def __init__(self, length: int = 0) -> None:
        self.length = length
        self.heads_asked = 0
        self.watched: set[int] = set()
        self.delay = 0.0
        self.held_ready: int | None = None
        """Where the ready-made messages end, where that is before the log does: who asks before it hears so far."""

    async def head(self, tournament_id: int) -> Head | None:
        self.heads_asked += 1
        await asyncio.sleep(self.delay)
        return Head(self.length, 0) if tournament_id == CUP else None

    async def missed(self, _tournament_id: int, since: int) -> list[Announcement]:
        end = self.length if self.held_ready is None or self.held_ready <= since else self.held_ready
        await asyncio.sleep(self.delay)
        if end - since > REPLAYED_AT_MOST:
            return [Announcement(end, since + 1, "", "", None, 9)]
        return [announcement(seq) for seq in range(since + 1, end + 1)]

    async def watch(self, tournament_id: int) -> None:
        self.watched.add(tournament_id)

    async def forget(self, tournament_id: int) -> None:
        self.watched.discard(tournament_id)


def announcement(seq: int) -> Announcement:
    public = orjson.dumps({"type": "rank_update", "seq": seq, "version": seq}).decode()
    official = orjson.dumps({"type": "secret", "seq": seq}).decode() if seq % 5 == 0 else ""
    return Announcement(seq, seq, public, official, 3 if seq % 3 == 0 else None, seq)


class Someone:
    """A listener's connection: takes frames as fast as `pace` lets it."""

    def __init__(self, pace: Callable[[], Awaitable[None]] | None = None, **others: Any) -> None:
        self.frames: list[Frame] = []
        self.code: int | None = None
        self.is_clogged = False
        self._pace = pace
        self._taking: asyncio.Task[None] | None = None
        traits: dict[str, Any] = {"role": "spectator", "is_official": False, "match_id": None, "now": 0.0} | others
        self.listener = Listener(self, bucket=TokenBucket.full(10, 20, 0.0), **traits)

    def write(self, frame: Frame) -> None:
        if self._pace is None:
            self.frames.append(frame)
        else:
            self.is_clogged = True
            self._taking = asyncio.create_task(self._take(frame, self._pace))

    async def _take(self, frame: Frame, pace: Callable[[], Awaitable[None]]) -> None:
        await pace()
        self.frames.append(frame)
        self.is_clogged = False
        self.listener.drain()

    def close(self, code: int, _reason: str, *, after: Frame | None = None) -> None:
        self.frames += [] if after is None else [after]
        self.code = code

    @property
    def has_left(self) -> bool:
        return self.code is not None

    @property
    def heard(self) -> list[dict[str, Any]]:
        return [orjson.loads(frame[frame.index(b'{"') :]) for frame in self.frames]

    @property
    def numbers(self) -> list[int]:
        return [message["seq"] for message in self.heard if message["type"] not in {"hello", "reset", "ping"}]

    async def stop(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.gather(self._taking, return_exceptions=True)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def hub_of(log: Log, clock: Callable[[], float] | None = None) -> Hub:
    return Hub(log, clock=clock or asyncio.get_running_loop().time)


async def joined(hub: Hub, someone: Someone) -> None:
    room = await hub.room(CUP)
    assert room is not None
    hub.join(room, someone.listener)


def test_everybody_hears_every_number_once_and_in_order() -> None:
    async def test() -> None:
        log = Log(4)
        hub = hub_of(log)
        people = [Someone() for _ in range(3)]
        for someone in people:
            await joined(hub, someone)
        assert log.heads_asked == 1
        log.length = 9
        await asyncio.gather(*(hub.catch_up(CUP) for _ in range(3)))
        await settled()
        for someone in people:
            assert someone.numbers == [5, 6, 7, 8, 9]
            assert someone.heard[0]["seq"] == 4
            await someone.stop()

    run(test())


def test_a_frame_is_made_once_for_all_who_hear_the_same() -> None:
    async def test() -> None:
        log = Log(4)
        hub = hub_of(log)
        public, other, official = Someone(), Someone(), Someone(is_official=True)
        for someone in (public, other, official):
            await joined(hub, someone)
        log.length = 5
        await hub.catch_up(CUP)
        await settled()
        assert public.frames[-1] is other.frames[-1]
        assert (public.heard[-1]["type"], official.heard[-1]["type"]) == ("rank_update", "secret")
        for someone in (public, other, official):
            await someone.stop()

    run(test())


@pytest.mark.parametrize("since", [0, 3, 4, 500])
def test_a_replay_joins_what_follows_without_a_gap(since: int) -> None:
    async def test() -> None:
        log = Log(500)
        log.delay = 0.001
        hub = hub_of(log)
        someone = Someone()
        await joined(hub, someone)
        room = await hub.room(CUP)
        assert room is not None
        replaying = asyncio.create_task(hub.replay(room, someone.listener, since))
        for length in range(501, 520):
            log.length = length
            await hub.catch_up(CUP)
        await replaying
        await hub.catch_up(CUP)
        await asyncio.sleep(0.05)
        assert someone.numbers == list(range(since + 1, 520))
        await someone.stop()

    run(test())


def test_a_room_that_was_opened_by_the_log_replays_what_the_stream_does_not_hold_yet() -> None:
    async def test() -> None:
        log = Log(50)
        log.held_ready = 48
        hub = hub_of(log)
        someone = Someone()
        await joined(hub, someone)
        room = await hub.room(CUP)
        assert room is not None
        await hub.replay(room, someone.listener, 40)
        await settled()
        assert someone.numbers == list(range(41, 51))
        assert "reset" not in [message["type"] for message in someone.heard]
        await someone.stop()

    run(test())


def test_who_missed_too_much_or_knows_a_log_that_is_no_more_starts_over() -> None:
    async def test() -> None:
        log = Log(2000)
        hub = hub_of(log)
        someone = Someone()
        await joined(hub, someone)
        room = await hub.room(CUP)
        assert room is not None
        for since in (3, 5000):
            await hub.replay(room, someone.listener, since)
            await settled()
            assert (someone.heard[-1]["type"], someone.heard[-1]["seq"]) == ("reset", 2000)
        log.length = 2001
        await hub.catch_up(CUP)
        await settled()
        assert someone.numbers == [2001]
        await someone.stop()

    run(test())


def test_a_match_room_hears_what_is_about_its_match() -> None:
    async def test() -> None:
        log = Log(1)
        hub = hub_of(log)
        someone = Someone(match_id=3)
        await joined(hub, someone)
        log.length = 10
        await hub.catch_up(CUP)
        await settled()
        assert someone.numbers == [3, 6, 9]
        await someone.stop()

    run(test())


def test_a_burst_closes_only_who_is_too_slow_for_it() -> None:
    async def test() -> None:
        log = Log(0)
        hub = hub_of(log)
        stuck = asyncio.Event()

        async def never() -> None:
            await stuck.wait()

        quick, slow = Someone(), Someone(never)
        for someone in (quick, slow):
            await joined(hub, someone)
        log.length = 900
        await hub.catch_up(CUP)
        await settled()
        assert quick.numbers == list(range(1, 901))
        assert not quick.has_left
        assert slow.has_left
        assert slow.listener.backlog == 0
        assert slow.code == 4008
        for someone in (quick, slow):
            await someone.stop()

    run(test())


def test_a_long_replay_is_no_reason_to_be_closed() -> None:
    async def test() -> None:
        log = Log(REPLAYED_AT_MOST)
        hub = hub_of(log)
        gate = asyncio.Event()
        someone = Someone(gate.wait)  # type: ignore[arg-type]  # what it returns is not looked at
        await joined(hub, someone)
        room = await hub.room(CUP)
        assert room is not None
        await hub.replay(room, someone.listener, 0)
        log.length += QUEUED_AT_MOST // 2
        await hub.catch_up(CUP)
        assert not someone.has_left
        gate.set()
        await asyncio.sleep(0.05)
        assert someone.numbers == list(range(1, log.length + 1))
        await someone.stop()

    run(test())


def test_silence_is_noticed_and_empty_rooms_are_forgotten() -> None:
    async def test() -> None:
        log, clock = Log(1), Clock()
        hub = hub_of(log, clock)
        talkative, silent = Someone(now=clock.now), Someone(now=clock.now)
        for someone in (talkative, silent):
            await joined(hub, someone)
        running = asyncio.create_task(hub.run())
        await asyncio.sleep(0.1)
        clock.now += SILENCE_S + 1
        talkative.listener.last_heard = clock.now
        await asyncio.sleep(1.1)
        assert silent.code == 4004
        assert talkative.heard[-1]["type"] == "ping"
        assert not talkative.has_left
        room = hub.rooms[CUP]
        for someone in (talkative, silent):
            hub.leave(room, someone.listener)
            await someone.stop()
        clock.now += EMPTY_ROOM_KEPT_S + 1
        await asyncio.sleep(1.1)
        assert (hub.rooms, log.watched) == ({}, set())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(test())


def test_a_tournament_that_is_not_there_has_no_room() -> None:
    async def test() -> None:
        log = Log(1)
        hub = hub_of(log)
        assert await hub.room(CUP + 1) is None
        assert (hub.rooms, log.watched) == ({}, set())

    run(test())


@pytest.mark.parametrize("seed", range(5))
def test_whoever_comes_and_goes_at_random_ends_with_the_whole_log(seed: int) -> None:
    async def test() -> None:
        chance = random.Random(seed)
        log = Log(1)
        hub = hub_of(log)
        heard: list[int] = []

        async def come_and_go() -> None:
            while not heard or heard[-1] < 400:
                someone = Someone()
                await joined(hub, someone)
                room = hub.rooms[CUP]
                await hub.replay(room, someone.listener, heard[-1] if heard else 0)
                await asyncio.sleep(chance.uniform(0, 0.004))
                heard.extend(number for number in someone.numbers if not heard or number > heard[-1])
                hub.leave(room, someone.listener)
                await someone.stop()

        async def go_on() -> None:
            while log.length < 400:
                log.length = min(400, log.length + chance.randint(1, 9))
                log.delay = chance.choice([0, 0, 0.001])
                await hub.catch_up(CUP)

        await asyncio.gather(come_and_go(), go_on())
        assert heard == list(range(1, 401))

    run(test())
