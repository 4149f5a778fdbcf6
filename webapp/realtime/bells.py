"""Tells the listeners of a process how much they have not read, when they come and whenever it is another number.

Whoever came with a session's cookie is told, whatever room they are in: a page has one socket. A ring names those whose
number may differ; a look at the table's stamp every second finds what no ring has told.
"""

import asyncio
from collections.abc import Collection
from typing import Final

import structlog

from webapp.realtime import messages, observed
from webapp.realtime.feed import LiveFeed
from webapp.realtime.guests import Guest
from webapp.services.live.grants import Kind
from webapp.services.notifications import bells
from webapp.services.notifications.bells import Stamp

LOOK_EVERY_S: Final = 1.0
LOOKS_ANYWAY: Final = 10
"""Every so many looks all are counted, whatever the stamp says: a row may be committed after one that is newer."""
_LOOKS_AFTER_NEWS: Final = 2

log = structlog.get_logger(__name__)


class Bells:
    """Use it from the loop alone."""

    def __init__(self, feed: LiveFeed) -> None:
        self._feed = feed
        self._guests: dict[int, set[Guest]] = {}
        self._told: dict[int, int] = {}
        self._wanted: set[int] = set()
        self._is_rung = asyncio.Event()

    def join(self, guest: Guest) -> None:
        """Tell somebody from now on; whom there is nothing to tell is left alone."""
        user_id = guest.grant.user_id
        if guest.grant.kind is Kind.SESSION and user_id is not None:
            self._guests.setdefault(user_id, set()).add(guest)
            # Told to all of the person's listeners: the new one does not know the number.
            self._told.pop(user_id, None)
            self.rung([user_id])

    def leave(self, guest: Guest) -> None:
        """Forget somebody; may be called again."""
        user_id = guest.grant.user_id or 0
        others = self._guests.get(user_id, set())
        others.discard(guest)
        if not others:
            self._guests.pop(user_id, None)
            self._told.pop(user_id, None)

    def rung(self, user_ids: Collection[int] | None = None) -> None:
        """The numbers of these people may be others; None: of anybody."""
        self._wanted |= self._guests.keys() if user_ids is None else self._guests.keys() & set(user_ids)
        if self._wanted:
            self._is_rung.set()

    async def run(self) -> None:
        """Answer rings, and look by oneself, for as long as the process serves."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._answer())
            tasks.create_task(self._look())

    async def _answer(self) -> None:
        while True:
            await self._is_rung.wait()
            self._is_rung.clear()
            wanted, self._wanted = self._wanted, set()
            try:
                counts = await self._feed.ask(lambda ids=wanted: bells.unread_of(ids))  # type: ignore[misc]  # a default argument keeps the set of this turn
            except Exception as error:  # noqa: BLE001  (the database may be away; the next ring asks for these as well)
                log.warning("bells_not_answered", error=type(error).__name__)
                self._wanted |= wanted & self._guests.keys()
                continue
            for user_id, unread in counts.items():
                self._tell(user_id, unread)

    def _tell(self, user_id: int, unread: int) -> None:
        guests = self._guests.get(user_id, set())
        if self._told.get(user_id) == unread or not guests:
            return
        self._told[user_id] = unread
        for guest in list(guests):
            guest.listener.put(messages.notification_count(guest.room.standing, unread))
        observed.sent(messages.NOTIFICATION_COUNT, len(guests))

    async def _look(self) -> None:
        known: Stamp | None = None
        after_news = without = 0
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if not self._guests:
                continue
            try:
                found = await self._feed.ask(bells.stamp)
            except Exception as error:  # noqa: BLE001  (the database may be away; the next look will tell)
                log.warning("bells_look_failed", error=type(error).__name__)
                continue
            after_news = _LOOKS_AFTER_NEWS if found != known else max(0, after_news - 1)
            without, known = 0 if after_news else without + 1, found
            if after_news or without >= LOOKS_ANYWAY:
                without = 0
                self.rung()
