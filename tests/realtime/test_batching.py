"""Running scores are told at most ten times a second and match, and nobody takes what they replace for loss."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.realtime.loops import run
from webapp.realtime.batching import HELD_S, Scores
from webapp.realtime.hub import Hub
from webapp.realtime.listener import Listener
from webapp.realtime.room import Room
from webapp.services.live.announcements import Announcement
from webapp.services.live.rooms import Head

CUP = 7
MATCHES = (1, 2, 3)


class Log:
    """A feed: what was appended, as the log has it."""

    def __init__(self) -> None:
        self.told: list[Announcement] = []
        self._last = dict.fromkeys(MATCHES, 0)

    def append(self, kind: str, match_id: int | None) -> None:
        seq = len(self.told) + 1
        about: dict[str, Any] = {} if match_id is None else {"match_id": match_id, "prev": self._last[match_id]}
        text = orjson.dumps({"type": kind, "seq": seq} | about).decode()
        official = orjson.dumps({"type": kind, "seq": seq, "secret": True} | about).decode() if seq % 2 else ""
        self.told.append(Announcement(seq, seq, text, official, match_id, 0, kind))
        if match_id is not None:
            self._last[match_id] = seq

    async def head(self, _tournament_id: int) -> Head:
        return Head(0, 0)

    async def missed(self, _tournament_id: int, since: int) -> list[Announcement]:
        return self.told[since:]

    async def watch(self, _tournament_id: int) -> None: ...

    async def forget(self, _tournament_id: int) -> None: ...


class Reader:
    """A client by the rules of static/js/sequence.js: what does not join what it has seen is a gap."""

    role, is_replaying, is_closing, backlog = "spectator", False, False, 0

    def __init__(self, match_id: int | None, *, is_official: bool = False) -> None:
        self.match_id, self.is_official = match_id, is_official
        self.position = self.seen = 0
        self.messages: list[dict[str, Any]] = []

    def put(self, frame: Any) -> None:
        message = orjson.loads(frame[frame.index(b'{"') :])
        assert message["type"] != "reset"
        if message["type"] != "hello":
            self._take(message)

    def put_replay(self, frames: Sequence[Any]) -> None:
        for frame in frames:
            self.put(frame)

    def _take(self, message: dict[str, Any]) -> None:
        before = message["prev"] if self.match_id is not None else message.get("from_seq", message["seq"]) - 1
        assert before <= self.seen, (before, self.seen, message)
        assert message["seq"] > self.seen, "told twice"
        self.seen = message["seq"]
        self.messages.append(message)


def scores_before_each_end(messages: Sequence[dict[str, Any]], match_id: int) -> list[int | None]:
    """The last score that was told of a match before each of its other messages, and at the end."""
    last, found = None, []
    for message in messages:
        if message.get("match_id") == match_id:
            if message["type"] == "score_updated":
                last = message["seq"]
            else:
                found.append(last)
    return [*found, last]


EVENTS = st.one_of(
    st.tuples(st.just("score_updated"), st.sampled_from(MATCHES)),
    st.tuples(st.sampled_from(["match_completed", "match_started"]), st.sampled_from(MATCHES)),
    st.tuples(st.just("rank_update"), st.none()),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(EVENTS, min_size=1, max_size=4)),
        st.tuples(st.just("hear"), st.integers(0, 1)),
        st.tuples(st.just("flush"), st.integers(0, 1)),
        st.tuples(st.just("hop"), st.integers(0, 4)),
    ),
    min_size=5,
    max_size=40,
)


class World:
    """Two processes on one log, and readers who change between them."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.hubs = [Hub(log, clock=lambda: 0.0) for _ in range(2)]
        self.readers = [Reader(None), Reader(None, is_official=True), *(Reader(match_id) for match_id in MATCHES)]
        self.at = [0] * len(self.readers)

    async def room(self, process: int) -> Room:
        room = await self.hubs[process].room(CUP)
        assert room is not None
        return room

    async def join(self, number: int) -> None:
        reader, hub = cast("Listener", self.readers[number]), self.hubs[self.at[number]]
        seen, room = self.readers[number].seen, await self.room(self.at[number])
        hub.join(room, reader)
        await hub.replay(room, reader, seen)

    async def step(self, what: str, about: Any) -> None:
        if what == "append":
            for kind, match_id in about:
                self.log.append(kind, match_id)
        elif what == "hear":
            await self.hubs[about].catch_up(CUP)
        elif what == "flush":
            (await self.room(about)).flush()
        else:
            room = await self.room(self.at[about])
            self.hubs[self.at[about]].leave(room, cast("Listener", self.readers[about]))
            self.at[about] = 1 - self.at[about]
            await self.join(about)


@settings(max_examples=150, deadline=None)
@given(STEPS)
@example([("append", [("score_updated", 1)]), ("hear", 0), ("flush", 0), ("hop", 0)])
@example([("append", [("score_updated", 1)] * 2), ("hear", 0), ("hear", 1), ("flush", 1), ("hop", 0), ("hop", 2)])
def test_whoever_listens_where_and_when_sees_no_gap_and_the_last_score_of_each_match(steps: list[Any]) -> None:
    async def test() -> None:
        world = World(Log())
        for number in range(len(world.readers)):
            await world.join(number)
        for what, about in steps:
            await world.step(what, about)
        for process in range(2):
            await world.step("hear", process)
            await world.step("flush", process)
        everything = [orjson.loads(each.public) for each in world.log.told]
        for reader in world.readers:
            about = [m for m in everything if reader.match_id in {None, m.get("match_id")}]
            assert reader.seen == (about[-1]["seq"] if about else 0)
            for match_id in MATCHES if reader.match_id is None else (reader.match_id,):
                expected = scores_before_each_end(everything, match_id)
                assert scores_before_each_end(reader.messages, match_id) == expected
        assert all("secret" in message for message in world.readers[1].messages if message["seq"] % 2)
        assert not any("secret" in message for message in world.readers[0].messages)

    run(test())


def test_of_a_match_that_scores_all_the_time_the_latest_is_told_once_a_tenth_of_a_second() -> None:
    async def test() -> None:
        world = World(Log())
        for number in range(len(world.readers)):
            await world.join(number)
        for match_id in (1, 2, 1, 1):
            world.log.append("score_updated", match_id)
        began = asyncio.get_running_loop().time()
        await world.step("hear", 0)
        everybody, of_one = world.readers[0], world.readers[2]
        assert everybody.messages == []
        while not everybody.messages:  # noqa: ASYNC110  (nothing tells of a frame that a test took)
            await asyncio.sleep(0.005)
        assert HELD_S - 0.01 <= asyncio.get_running_loop().time() - began < HELD_S + 0.05
        assert [(message["from_seq"], message["seq"]) for message in everybody.messages] == [(1, 2), (3, 4)]
        assert [(message["prev"], message["seq"]) for message in of_one.messages] == [(0, 4)]
        world.log.append("score_updated", 1)
        world.log.append("match_completed", 1)
        await world.step("hear", 0)
        # The end of a match waits for nothing, and comes after its last score.
        assert [(message["type"], message["prev"]) for message in of_one.messages[1:]] == [
            ("score_updated", 4), ("match_completed", 5),
        ]  # fmt: skip
        assert "from_seq" not in everybody.messages[2]

    run(test())


@pytest.mark.parametrize(
    ("kind", "match_id", "waits"),
    [("score_updated", 1, True), ("match_completed", 1, False), ("score_updated", None, False), ("", None, False)],
)
def test_nothing_but_scores_waits(kind: str, match_id: int | None, *, waits: bool) -> None:
    assert Scores.may_wait(Announcement(1, 1, "{}", "", match_id, 0, kind)) is waits
