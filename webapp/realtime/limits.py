"""How much sockets may ask of the site, as the settings have it."""

import time
import uuid
from dataclasses import dataclass
from typing import Self

from webapp.config import Settings
from webapp.realtime.admission import Admission
from webapp.realtime.messages import Complaint
from webapp.services.places import Places

_FULL = {
    "room": Complaint("room_full", "This room is full; try again later."),
    "user": Complaint("connection_limit_exceeded", "You have too many connections open; close one first."),
    "ip": Complaint("connection_limit_exceeded", "Too many connections come from your address; close one first."),
}


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


class Seats:
    """The places of this process's listeners: of their room, their account and their address."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._places = Places()

    def take(self, admitted: Admission, address: str) -> str | Complaint:
        """A seat, to be given back by its name; or what is said to whom there is none for."""
        settings = self._settings
        limits = {f"room:t{admitted.tournament_id}": settings.ws_rate_room_max_members}
        if admitted.user_id is not None:
            limits[f"user:{admitted.user_id}"] = settings.ws_rate_conn_per_user
        limits[f"ip:{address}"] = settings.ws_rate_conn_per_ip
        seat = uuid.uuid4().hex
        full = self._places.take(seat, limits, now=time.time())
        return seat if full is None else _FULL[full.partition(":")[0]]

    def give_back(self, seat: str) -> None:
        """Free a seat."""
        self._places.give_back(seat)

    def renew(self) -> None:
        """Keep all that are taken; to be called at least once a minute."""
        self._places.renew(now=time.time())
