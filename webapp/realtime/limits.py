"""How much sockets may ask of the site, as the settings have it."""

import ipaddress
import time
import uuid
from dataclasses import dataclass
from typing import NamedTuple, Self

from webapp.config import Settings
from webapp.realtime.messages import Complaint
from webapp.realtime.observed import Reason
from webapp.services.live.grants import NOWHERE, Grant, Kind
from webapp.services.live.places import Places

_TOO_MANY_OF_YOURS = Complaint("connection_limit_exceeded", "You have too many connections open; close one first.")
_FULL = {
    "room": (Reason.ROOM_FULL, Complaint("room_full", "This room is full; try again later.")),
    "user": (Reason.CONN_LIMIT, _TOO_MANY_OF_YOURS),
    "bell": (Reason.CONN_LIMIT, _TOO_MANY_OF_YOURS),
    "overlay": (Reason.CONN_LIMIT, _TOO_MANY_OF_YOURS),
    "ip": (
        Reason.CONN_LIMIT,
        Complaint("connection_limit_exceeded", "Too many connections come from your address; close one first."),
    ),
}


class NoSeat(NamedTuple):
    """Why there is no seat: as it is counted, and as it is said."""

    reason: Reason
    complaint: Complaint


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Of a listener: messages a second, a burst, bytes a message."""

    messages_per_s: int
    burst: int
    payload_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """What is set."""
        return cls(settings.ws_rate_msg_rps, settings.ws_rate_msg_burst, settings.ws_max_payload_bytes)


class SharedAddresses:
    """Addresses of which it is known that many people come from there."""

    def __init__(self, settings: Settings) -> None:
        self._networks = [ipaddress.ip_network(network) for network in settings.ws_allowed_addresses]

    def __contains__(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._networks)


class Seats:
    """The places of this process's listeners: of their room, and of their account, address or overlay's link."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._shared = SharedAddresses(settings)
        self._places = Places()

    def take(self, grant: Grant, address: str) -> str | NoSeat:
        """A seat, to be given back by its name; or why there is none."""
        seat = uuid.uuid4().hex
        full = self._places.take(seat, self._limits(grant, address), now=time.time())
        return seat if full is None else NoSeat(*_FULL[full.partition(":")[0]])

    def _limits(self, grant: Grant, address: str) -> dict[str, int]:
        settings = self._settings
        limits = {f"room:t{grant.tournament_id}": settings.ws_rate_room_max_members}
        if grant.kind is Kind.OVERLAY:
            return limits | {f"overlay:{grant.key}": settings.ws_rate_conn_per_overlay}
        if grant.tournament_id == NOWHERE:
            # Beside those of rooms: who has many pages open must not be kept from a board by them.
            limits = {f"bell:{grant.user_id}": settings.ws_rate_conn_per_user}
        elif grant.user_id is not None:
            limits[f"user:{grant.user_id}"] = settings.ws_rate_conn_per_user
        if address not in self._shared:
            limits[f"ip:{address}"] = settings.ws_rate_conn_per_ip
        return limits

    def give_back(self, seat: str) -> None:
        """Free a seat."""
        self._places.give_back(seat)

    def renew(self) -> None:
        """Keep all that are taken; to be called at least once a minute."""
        self._places.renew(now=time.time())
