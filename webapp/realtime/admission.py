"""Who may listen where, and as whom: the door of the sockets. Asks the database; called in a thread."""

from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import Action
from webapp.models import Tournament
from webapp.realtime.messages import NOT_ALLOWED, TOKEN_EXPIRED
from webapp.services import permissions, rooms
from webapp.services.callers import TokenRefused
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.sessions import Person
from webapp.services.transaction import read_snapshot
from webapp.views import access
from webapp.views.api import bearer

BEARER: Final = "bearer"
"""The subprotocol by which a client that cannot set headers brings its token: `bearer, TOKEN`."""
SPECTATOR: Final = "spectator"


class Refused(Exception):
    """The connection is closed with `close_code`."""

    def __init__(self, close_code: int, reason: str) -> None:
        super().__init__(reason)
        self.close_code, self.reason = close_code, reason


class Credentials(NamedTuple):
    """What a visitor brings of itself."""

    cookie: str
    authorization: str
    subprotocols: tuple[str, ...]

    @property
    def token(self) -> str | None:
        """The bearer's token; empty where one was announced and is not there."""
        if self.authorization:
            scheme, _, token = self.authorization.partition(" ")
            return token.strip() if scheme.lower() == BEARER else ""
        if self.subprotocols[:1] == (BEARER,):
            return self.subprotocols[1] if len(self.subprotocols) > 1 else ""
        return None


class Admission(NamedTuple):
    """Where somebody listens, and as whom."""

    tournament_id: int
    match_id: int | None
    role: str = SPECTATOR
    user_id: int | None = None
    is_official: bool = False


def admit(room: str, room_id: int, credentials: Credentials) -> Admission:
    """Let a visitor into the room of a `tournament` or a `match`.

    Raises NotFound for a room that is not there or not theirs to know of, Refused for a token that is no good.
    """
    tournament_id = room_id if room == "tournament" else rooms.tournament_of_match(room_id)
    if tournament_id is None:
        raise NotFound(f"There is no match {room_id}.", code="match_not_found")
    person = identify(credentials)
    with read_snapshot() as session:
        is_official = person is not None and _is_official(session, person, tournament_id)
        if not is_official:
            find_visible(session, tournament_id)
    match_id = room_id if room == "match" else None
    if person is None:
        return Admission(tournament_id, match_id)
    return Admission(tournament_id, match_id, person.role, person.user_id, is_official)


def identify(credentials: Credentials) -> Person | None:
    """Who comes: by a token, else by the session's cookie; None for an anonymous visitor. Raises Refused."""
    token = credentials.token
    if token is not None:
        try:
            return bearer.caller_of(token).person
        except TokenRefused as error:
            code = TOKEN_EXPIRED if error.code == "token_expired" else NOT_ALLOWED
            raise Refused(code, error.code) from error
    return access.person_of_cookie(_session_cookie(credentials.cookie))


def subprotocol(offered: Sequence[str]) -> str | None:
    """Which of the offered subprotocols is spoken."""
    return BEARER if BEARER in offered else None


def _session_cookie(header: str) -> str | None:
    try:
        cookies = SimpleCookie(header)
    except CookieError:
        return None
    found = cookies.get(f"__Host-{access.COOKIE}") or cookies.get(access.COOKIE)
    return found.value if found else None


def _is_official(session: Session, person: Person, tournament_id: int) -> bool:
    tournament = session.get(Tournament, tournament_id)
    if tournament is None or tournament.deleted_at is not None:
        return False
    try:
        permissions.ensure(session, person.actor, Action.SEE_OFFICIAL_BOARD, tournament)
    except (Forbidden, NotFound):
        return False
    return True
