"""One connected listener: a bounded queue of frames and the task that sends them, so that nobody waits for anybody."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from webapp.realtime.messages import POLICY, Frame, close_frame
from webapp.realtime.rate import TokenBucket

QUEUED_AT_MOST: Final = 256

Send = Callable[[Frame], Awaitable[None]]


class Listener:
    """`position` is the last number it was told. `match_id` is given in a match's room. Use it from the loop alone."""

    __slots__ = (
        "_leave", "_queue", "_room_for", "_send", "_waiter", "bucket", "goodbye", "is_closing", "is_official",
        "is_replaying", "last_heard", "match_id", "position", "role",
    )  # fmt: skip

    def __init__(
        self,
        send: Send,
        leave: Callable[[], object],
        *,
        role: str,
        is_official: bool,
        match_id: int | None,
        bucket: TokenBucket,
        now: float,
    ) -> None:
        self._send, self._leave = send, leave
        self._queue: deque[Frame] = deque()
        self._room_for = QUEUED_AT_MOST
        self._waiter: asyncio.Future[None] | None = None
        self.role, self.is_official, self.match_id = role, is_official, match_id
        self.bucket, self.last_heard = bucket, now
        self.position = 0
        self.goodbye: list[Frame] = []
        """What is still to be said when it is closed by us."""
        self.is_replaying = self.is_closing = False

    def put(self, frame: Frame) -> None:
        """Queue a frame. Who is too slow for the queue is closed, and comes back with `since`."""
        if self.is_closing:
            return
        if len(self._queue) >= self._room_for:
            self.close(POLICY, "too slow")
            return
        self._queue.append(frame)
        self._wake()

    @property
    def backlog(self) -> int:
        """How much waits to be sent."""
        return len(self._queue)

    def put_replay(self, frames: list[Frame]) -> None:
        """Queue what the listener asked to hear again, beside what may wait for it anyway."""
        if self.is_closing or not frames:
            return
        if len(self._queue) > QUEUED_AT_MOST:
            self.close(POLICY, "too slow")
            return
        self._queue.extend(frames)
        self._room_for = len(self._queue) + QUEUED_AT_MOST
        self._wake()

    def close(self, code: int, reason: str, *, after: Frame | None = None) -> None:
        """End the connection, after one last frame if wanted; what was queued is dropped."""
        if self.is_closing:
            return
        self.is_closing = True
        self._queue.clear()
        self.goodbye = [frame for frame in (after, close_frame(code, reason)) if frame is not None]
        # Whoever holds the connection stops listening to it, and says it.
        self._leave()

    async def write(self) -> None:
        """Send what is queued, for as long as the connection lasts."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                while self._queue:
                    await self._send(self._queue.popleft())
                self._room_for = QUEUED_AT_MOST
                self._waiter = loop.create_future()
                await self._waiter
        except Exception:  # noqa: BLE001  (whatever the server says of a connection that broke, it is over)
            self.is_closing = True
            self._leave()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
