"""The door of the sockets: who is let in to which room, and who may stay."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

import structlog

from webapp.config import Settings
from webapp.realtime import admission, messages, observed, origins
from webapp.realtime.admission import OWN, Admission, Credentials, Refused
from webapp.realtime.bells import Bells
from webapp.realtime.connection import Connection, Visit
from webapp.realtime.feed import LiveFeed
from webapp.realtime.guests import Guest
from webapp.realtime.hub import Hub
from webapp.realtime.limits import NoSeat, Seats, SocketLimits
from webapp.realtime.messages import error
from webapp.realtime.observed import Reason
from webapp.services.live import grants
from webapp.services.live.grants import Ending, Grant, Kind
from webapp.services.spine.clock import utc_now

_PATH: Final = re.compile(r"/ws/(?:(?P<room>tournament|match|team)/(?P<id>[1-9][0-9]{0,14})|me)/")
_SEATS_RENEWED_EVERY_S: Final = 40.0
_ASKED_EVERY_S: Final = 3.0
"""So often it is asked whether everybody may still listen; who may not is out before five seconds have passed."""
_AGAIN_AFTER_MS: Final = 30_000

log = structlog.get_logger(__name__)


class Sockets:
    """The door, and what goes on behind it; on the hub's loop."""

    def __init__(self, hub: Hub, feed: LiveFeed, bells: Bells, settings: Settings, clock: Callable[[], float]) -> None:
        self.hub, self.clock = hub, clock
        self.limits = SocketLimits.of(settings)
        self.payload_bytes = self.limits.payload_bytes
        self._feed, self._bells, self._settings = feed, bells, settings
        self._seats = Seats(settings)
        self._guests: dict[Grant, set[Guest]] = {}
        self._at_work: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Keep the listeners' seats, and close whose time is over, for as long as the process serves."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_again_and_again(self._renew, _SEATS_RENEWED_EVERY_S))
            tasks.create_task(_again_and_again(self.ask_again, _ASKED_EVERY_S))

    async def end(self) -> None:
        """Return when everybody's seat was given back, and nobody is on the way in."""
        while self._at_work:
            await asyncio.wait(list(self._at_work))

    # -- at the door

    def knows(self, path: str) -> bool:
        """Whether there may be a room under this path."""
        return _PATH.fullmatch(path) is not None

    def subprotocol(self, offered: Sequence[str]) -> str | None:
        """Which of the offered subprotocols is spoken."""
        return admission.subprotocol(offered)

    def enter(self, connection: Connection, visit: Visit) -> None:
        """Ask who comes, and let it in or refuse it."""
        self._start(self._let_in(connection, visit))

    async def _let_in(self, connection: Connection, visit: Visit) -> None:
        found = _PATH.fullmatch(visit.path)
        assert found is not None, "the connection asked before"
        scope_type = found["room"] or OWN
        try:
            admitted = await self._admit(scope_type, int(found["id"] or 0), visit)
            room = await self.hub.room(admitted.grant.tournament_id)
            if room is None:
                raise Refused(messages.NOT_ALLOWED, Reason.ROLE_NOT_ALLOWED, "tournament_not_found")
        except Refused as refusal:
            observed.refused(refusal.close_code, refusal.reason, scope_type=scope_type, tournament_id=None)
            connection.close(refusal.close_code, refusal.words)
            return
        except Exception as failure:  # noqa: BLE001  (whatever it was, the visitor is told to come back)
            observed.failed(scope_type, failure, tournament_id=None)
            connection.close(messages.FAILED, "failed")
            return
        seat = await self._feed.ask(lambda: self._seats.take(admitted.grant, self._address(visit)))
        if isinstance(seat, NoSeat):
            self._send_away(connection, admitted, seat, error(room.standing, seat.complaint, _AGAIN_AFTER_MS))
            return
        guest = Guest(self, connection, room, admitted, seat)
        self._guests.setdefault(admitted.grant, set()).add(guest)
        if connection.is_open:
            self.hub.join(room, guest.listener)
            self._bells.join(guest)
        connection.admit(guest)

    def _send_away(
        self, connection: Connection, admitted: Admission, no_seat: NoSeat, complaint: messages.Frame
    ) -> None:
        grant = admitted.grant
        observed.refused(
            messages.POLICY,
            no_seat.reason,
            scope_type=admitted.scope_type,
            tournament_id=grant.tournament_id or None,
            role=grant.role,
            user_id=grant.user_id,
            retry_after_ms=_AGAIN_AFTER_MS,
        )
        connection.close(messages.POLICY, no_seat.complaint.code, after=complaint)

    async def _admit(self, room: str, room_id: int, visit: Visit) -> Admission:
        """Raises Refused."""
        settings, headers = self._settings, visit.headers
        if not origins.is_allowed(
            headers,
            base_url=settings.base_url,
            others=settings.ws_allowed_origins,
            proxies=settings.trusted_proxies,
        ):
            raise Refused(messages.ORIGIN_REFUSED, Reason.ORIGIN, "origin_refused")
        credentials = Credentials(
            headers.get(b"cookie", b"").decode("latin-1"),
            headers.get(b"authorization", b"").decode("latin-1"),
            visit.subprotocols,
        )
        return await self._feed.ask(lambda: admission.admit(room, room_id, credentials, visit.query))

    def _address(self, visit: Visit) -> str:
        return origins.address_of(visit.headers, visit.peer, self._settings.trusted_proxies)

    # -- inside

    async def ask_again(self) -> None:
        """Close everybody who may not listen any more: one question for all of this process."""
        held = list(self._guests)
        if not held:
            return
        ended = await self._feed.ask(lambda: grants.ended(held, now=utc_now()))
        for grant, ending in ended.items():
            close_code, reason = _why(grant, ending)
            for guest in list(self._guests.get(grant, ())):
                guest.end(close_code, reason)

    def replay(self, guest: Guest, since: int) -> None:
        """Tell a listener what it missed, when it is known."""
        self._start(self.hub.replay(guest.room, guest.listener, since))

    def leave(self, guest: Guest) -> None:
        """Forget a listener, and give its seat to others."""
        self.hub.leave(guest.room, guest.listener)
        self._bells.leave(guest)
        others = self._guests.get(guest.grant, set())
        others.discard(guest)
        if not others:
            self._guests.pop(guest.grant, None)
        self._start(self._give_back(guest.seat))

    async def _give_back(self, seat: str) -> None:
        await self._feed.ask(lambda: self._seats.give_back(seat))

    async def _renew(self) -> None:
        await self._feed.ask(self._seats.renew)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        error_of = None if task.cancelled() else task.exception()
        if error_of is not None:
            observed.failed("", error_of, tournament_id=None)


def _why(grant: Grant, ending: Ending) -> tuple[int, Reason]:
    if ending is Ending.EXPIRED:
        return messages.TOKEN_EXPIRED, Reason.TOKEN_EXPIRED
    return messages.NOT_ALLOWED, Reason.ROLE_NOT_ALLOWED if grant.kind is Kind.ANONYMOUS else Reason.TOKEN_INVALID


async def _again_and_again(work: Callable[[], Coroutine[None, None, None]], every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            await work()
        except Exception as failure:  # noqa: BLE001  (the database may be away; next time it is asked again)
            log.warning("sockets_not_looked_after", error=type(failure).__name__)
