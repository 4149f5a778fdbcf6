"""One connected listener: what it may hear, and a bounded queue of frames for when it takes them too slowly."""

from collections import deque
from typing import Final, Protocol

from webapp.realtime.messages import POLICY, Frame
from webapp.realtime.rate import TokenBucket

QUEUED_AT_MOST: Final = 256


class Outlet(Protocol):
    """The connection of a listener, as far as it is spoken to."""

    is_clogged: bool
    """The peer takes nothing at the moment; what is written now waits in memory."""

    def write(self, frame: Frame) -> None:
        """Send a frame."""

    def close(self, code: int, reason: str, *, after: Frame | None = None) -> None:
        """End the connection, after one last frame if wanted."""


class Listener:
    """`position` is the last number it was told. `match_id` is given in a match's room. Use it from the loop alone.

    A frame goes straight to the outlet. Only for a peer that does not take it at once there is a queue, and the queue
    holds what everybody's queue holds: the same bytes, not bytes of its own.
    """

    __slots__ = (
        "_outlet", "_queue", "_room_for", "bucket", "is_closing", "is_official", "is_replaying", "last_heard",
        "match_id", "position", "role",
    )  # fmt: skip

    def __init__(
        self,
        outlet: Outlet,
        *,
        role: str,
        is_official: bool,
        match_id: int | None,
        bucket: TokenBucket,
        now: float,
    ) -> None:
        self._outlet = outlet
        self._queue: deque[Frame] | None = None
        self._room_for = QUEUED_AT_MOST
        self.role, self.is_official, self.match_id = role, is_official, match_id
        self.bucket, self.last_heard = bucket, now
        self.position = 0
        self.is_replaying = self.is_closing = False

    def put(self, frame: Frame) -> None:
        """Give it a frame. Who is too slow for the queue is closed, and comes back with `since`."""
        if self.is_closing:
            return
        queue = self._queue
        if queue is None:
            if not self._outlet.is_clogged:
                self._outlet.write(frame)
                return
            queue = self._queue = deque()
        if len(queue) >= self._room_for:
            self.close(POLICY, "too slow")
            return
        queue.append(frame)

    @property
    def backlog(self) -> int:
        """How much waits to be sent."""
        return 0 if self._queue is None else len(self._queue)

    def put_replay(self, frames: list[Frame]) -> None:
        """Give it what it asked to hear again, beside what may wait for it anyway."""
        if self.is_closing or not frames:
            return
        if self.backlog > QUEUED_AT_MOST:
            self.close(POLICY, "too slow")
            return
        self._queue = self._queue or deque()
        self._queue.extend(frames)
        self._room_for = len(self._queue) + QUEUED_AT_MOST
        self.drain()

    def drain(self) -> None:
        """Send what is queued, as far as the peer takes it."""
        queue, outlet = self._queue, self._outlet
        while queue and not outlet.is_clogged:
            outlet.write(queue.popleft())
        if not queue:
            self._queue = None
            self._room_for = QUEUED_AT_MOST

    def close(self, code: int, reason: str, *, after: Frame | None = None) -> None:
        """End the connection, after one last frame if wanted; what was queued is dropped."""
        if self.is_closing:
            return
        self.is_closing = True
        self._queue = None
        self._outlet.close(code, reason, after=after)
