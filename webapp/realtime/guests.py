"""Somebody in a room, as its connection calls upon it: what it says, how much of it, and how it goes."""

from typing import Protocol

from webapp.realtime import messages, observed
from webapp.realtime.admission import Admission
from webapp.realtime.connection import Connection
from webapp.realtime.limits import SocketLimits
from webapp.realtime.listener import Listener
from webapp.realtime.messages import Complaint, Subscribe, error
from webapp.realtime.observed import Reason
from webapp.realtime.rate import TokenBucket
from webapp.realtime.room import Room
from webapp.services.live.grants import Grant

_TOO_MANY = Complaint("message_rate_limit_exceeded", "Too many messages; slow down.")


class House(Protocol):
    """What a guest needs of those who let it in."""

    limits: SocketLimits

    def clock(self) -> float:
        """The steady clock."""

    def replay(self, guest: "Guest", since: int) -> None:
        """Tell it what it missed, when that is known."""

    def leave(self, guest: "Guest") -> None:
        """Forget it."""


class Guest:
    """One listener with its connection; on the loop."""

    __slots__ = ("_began", "_house", "_is_warned", "admitted", "listener", "room", "seat")

    def __init__(self, house: House, connection: Connection, room: Room, admitted: Admission, seat: str) -> None:
        limits, now = house.limits, house.clock()
        self._house, self.room, self.admitted, self.seat = house, room, admitted, seat
        self._began, self._is_warned = now, False
        grant = admitted.grant
        self.listener = Listener(
            connection,
            role=grant.role,
            is_official=grant.is_official,
            match_id=admitted.match_id,
            bucket=TokenBucket.full(limits.messages_per_s, limits.burst, now),
            now=now,
        )
        observed.opened(
            grant.role, admitted.scope_type, user_id=grant.user_id, tournament_id=grant.tournament_id or None
        )

    @property
    def grant(self) -> Grant:
        """What lets it listen."""
        return self.admitted.grant

    # -- what it says

    def may_say(self) -> bool:
        """Whether it says no more than it may; else it is told, and at last closed."""
        listener = self.listener
        now = listener.last_heard = self._house.clock()
        if listener.bucket.take(now):
            self._is_warned = False
            return True
        retry_after_ms = listener.bucket.retry_after_ms()
        complaint = error(self.room.standing, _TOO_MANY, retry_after_ms)
        is_over = listener.bucket.is_abused or self._house.limits.burst == 0
        self._count(Reason.MSG_RATE, retry_after_ms, is_logged=is_over or not self._is_warned)
        self._is_warned = True
        if is_over:
            listener.close(messages.POLICY, _TOO_MANY.code, after=complaint)
        else:
            listener.put(complaint)
        return False

    def heard(self, text: str | None) -> None:
        """Do what it asks, or say what is wrong with it."""
        said = messages.parse(text)
        if isinstance(said, Complaint):
            observed.received("unknown" if said.code == messages.UNKNOWN_TYPE else "invalid", "refused")
            self.listener.put(error(self.room.standing, said))
        elif isinstance(said, Subscribe):
            observed.received("subscribe", "taken")
            self._house.replay(self, said.since)
        else:
            observed.received("pong", "taken")

    def too_big(self) -> None:
        """Say how big it may be, and close it."""
        words = f"A message may have {self._house.limits.payload_bytes} bytes."
        complaint = Complaint("payload_too_big", words)
        self._count(Reason.PAYLOAD_TOO_BIG, None, is_logged=True)
        self.listener.close(messages.TOO_BIG, complaint.code, after=error(self.room.standing, complaint))

    def _count(self, reason: Reason, retry_after_ms: int | None, *, is_logged: bool) -> None:
        grant = self.grant
        observed.ratelimited(
            reason,
            role=grant.role,
            tournament_id=grant.tournament_id or None,
            user_id=grant.user_id,
            retry_after_ms=retry_after_ms,
            is_logged=is_logged,
        )

    # -- how it goes

    def drain(self) -> None:
        """Send what waits."""
        self.listener.drain()

    def restart(self) -> None:
        """Tell it to come back."""
        self.listener.close(messages.RESTARTING, "restarting")

    def end(self, close_code: int, reason: Reason) -> None:
        """What let it in is good no more."""
        grant = self.grant
        observed.ended(
            reason, close_code=close_code, role=grant.role, scope_type=self.admitted.scope_type, user_id=grant.user_id
        )
        self.listener.close(close_code, reason.value.lower())

    def left(self, code: int, reason: str) -> None:
        """It is gone, by this code."""
        grant = self.grant
        self.listener.is_closing = True
        observed.closed(
            grant.role,
            self.admitted.scope_type,
            code=code,
            reason=reason,
            duration_s=self._house.clock() - self._began,
            user_id=grant.user_id,
            tournament_id=grant.tournament_id or None,
        )
        self._house.leave(self)
