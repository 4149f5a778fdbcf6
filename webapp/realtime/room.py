"""The watchers of one tournament in this process, and the newest of what they were told."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import Final

from webapp.realtime import observed
from webapp.realtime.batching import Scores
from webapp.realtime.listener import Listener
from webapp.realtime.messages import Frame, Standing, greeting, text_frame
from webapp.services.live.announcements import Announcement
from webapp.services.live.rooms import REPLAYED_AT_MOST, Head

KEPT: Final = REPLAYED_AT_MOST


class Room:
    """Announcements come in without a gap, each is made a frame once, and goes to everybody whom it concerns.

    Use it from the loop alone. A match's listeners are in the room of its tournament, and hear what is about the match.
    """

    def __init__(self, tournament_id: int, head: Head) -> None:
        self.tournament_id = tournament_id
        self.listeners: set[Listener] = set()
        self.seq, self.version = head
        """What was told; scores that wait come after it."""
        self.heard = self.seq
        """What was heard of: the number after it is the next that may come."""
        self.empty_since: float | None = None
        self._kept: deque[Announcement] = deque(maxlen=KEPT)
        self._scores = Scores()
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def standing(self) -> Standing:
        """Where the room stands now."""
        return Standing(self.tournament_id, self.seq, self.version)

    @property
    def is_used(self) -> bool:
        """Whether anybody listens or waits."""
        return bool(self.listeners or self._waiting)

    async def news(self) -> None:
        """Returns when something was told."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)

    def announce(self, announcements: Iterable[Announcement]) -> None:
        """Tell everybody, scores not before `flush`; what was heard before is left out.

        Raises ValueError where one is missing in between.
        """
        for announcement in announcements:
            if announcement.seq <= self.heard:
                continue
            if announcement.from_seq > self.heard + 1:
                raise ValueError(f"room {self.tournament_id} heard {self.heard}, not before {announcement.from_seq}")
            self.heard = announcement.seq
            if Scores.may_wait(announcement):
                self._scores.add(announcement)
            else:
                self.flush()
                self._tell(announcement)

    @property
    def has_scores(self) -> bool:
        """Whether scores wait to be told."""
        return bool(self._scores)

    def flush(self) -> None:
        """Tell the scores that wait."""
        for announcement in self._scores.take():
            self._tell(announcement)

    def _tell(self, announcement: Announcement) -> None:
        self.seq = announcement.seq
        self.version = announcement.version or self.version
        if announcement.is_reset:
            self._kept.clear()
        else:
            self._kept.append(announcement)
        frames, count = _Frames(announcement), 0
        for listener in list(self.listeners):
            if not listener.is_replaying and listener.position < announcement.seq:
                count += self._give(listener, announcement, frames)
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        latency_s = time.time() - announcement.published_at if announcement.published_at else None
        observed.sent(announcement.kind or "reset", count, latency_s)

    def _give(self, listener: Listener, announcement: Announcement, frames: "_Frames") -> bool:
        """Whether there was something for it."""
        listener.position = announcement.seq
        if announcement.is_reset:
            listener.put(greeting("reset", self.standing, listener.role))
        elif listener.match_id is None or listener.match_id == announcement.match_id:
            listener.put(frames.official if listener.is_official else frames.public)
        else:
            return False
        return True

    def everyone(self, frame: Frame) -> None:
        """Give a frame to everybody."""
        for listener in list(self.listeners):
            listener.put(frame)

    def is_crowded(self, backlog: int) -> bool:
        """Whether more than a twentieth of the listeners have more than so much before them."""
        behind = sum(listener.backlog > backlog for listener in self.listeners if not listener.is_replaying)
        return behind * 20 > len(self.listeners)

    def kept_since(self, since: int) -> list[Announcement] | None:
        """What was told after number `since`; None where that goes back beyond what is kept."""
        if since >= self.seq:
            return []
        if not self._kept or self._kept[0].from_seq > since + 1:
            return None
        return [announcement for announcement in self._kept if announcement.seq > since]

    def replay(self, listener: Listener, missed: Iterable[Announcement]) -> None:
        """Tell one listener what it missed, and from then on what everybody hears."""
        listener.is_replaying = False
        listener.position = self.seq
        texts = [
            each.official if listener.is_official and each.official else each.public
            for each in missed
            if listener.match_id is None or listener.match_id == each.match_id
        ]
        listener.put_replay([text_frame(text) for text in texts])

    def start_over(self, listener: Listener) -> None:
        """Tell one listener that it must fetch what is shown."""
        listener.is_replaying = False
        listener.position = self.seq
        listener.put(greeting("reset", self.standing, listener.role))


class _Frames:
    """The frames of an announcement, each made when first needed, and then for all."""

    __slots__ = ("_announcement", "_official", "_public")

    def __init__(self, announcement: Announcement) -> None:
        self._announcement = announcement
        self._public: Frame | None = None
        self._official: Frame | None = None

    @property
    def public(self) -> Frame:
        if self._public is None:
            self._public = text_frame(self._announcement.public)
        return self._public

    @property
    def official(self) -> Frame:
        if self._official is None:
            self._official = text_frame(self._announcement.official or self._announcement.public)
        return self._official
