"""Who may listen where, and as whom: the door of the sockets. Asks the database; called in a thread."""

from collections.abc import Sequence
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Final, NamedTuple, NoReturn
from urllib.parse import parse_qs

from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.realtime.messages import NOT_ALLOWED, TOKEN_EXPIRED
from webapp.realtime.observed import Reason
from webapp.services.accounts import app_tokens
from webapp.services.accounts.callers import Caller, TokenRefused
from webapp.services.accounts.sessions import Person
from webapp.services.live import grants, overlay_tokens, rooms
from webapp.services.live.grants import NOWHERE, Grant, Kind
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.views import access
from webapp.views.api import bearer

BEARER: Final = "bearer"
"""The subprotocol by which a client that cannot set headers brings its token: `bearer, TOKEN`."""
SPECTATOR: Final = "spectator"
OVERLAY: Final = "overlay"
PUBLIC: Final = "public"
OFFICIAL: Final = "official"
OWN: Final = "me"
"""The room in which somebody hears of their own things alone."""
_SCOPE: Final = "read"
"""What a token must be good for: the log is what sockets tell."""


class Refused(Exception):
    """The connection is closed with `close_code`; `words` go with it, `reason` is counted."""

    def __init__(self, close_code: int, reason: Reason, words: str) -> None:
        super().__init__(words)
        self.close_code, self.reason, self.words = close_code, reason, words


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
    """Where somebody listens, and what lets them."""

    grant: Grant
    match_id: int | None

    @property
    def scope_type(self) -> str:
        """Which kind of room it is."""
        if self.grant.tournament_id == NOWHERE:
            return OWN
        return "tournament" if self.match_id is None else "match"


def admit(room: str, room_id: int, credentials: Credentials, query: str = "") -> Admission:
    """Let a visitor into the room of a `tournament` or a `match`; that of a `team` is for members, which none has yet.

    What is for officials is told to them by `audience=official`, which is refused to all others; to their programs,
    which come with a token, also without being asked for. A page in an official's browser is as public as anybody's.
    Raises Refused: a room that is not there, or not theirs to know of, looks the same.
    """
    if room == OWN:
        return Admission(_browser(credentials), None)
    if room == "team":
        _refuse(Reason.ROLE_NOT_ALLOWED, "not_allowed")
    tournament_id = room_id if room == "tournament" else rooms.tournament_of_match(room_id)
    if tournament_id is None:
        _refuse(Reason.ROLE_NOT_ALLOWED, f"{room}_not_found")
    grant = _identify(credentials, tournament_id)
    if grant.kind is Kind.OVERLAY and grant.tournament_id != tournament_id:
        _refuse(Reason.ROLE_NOT_ALLOWED, "not_allowed")
    asked = parse_qs(query).get("audience", [""])[-1]
    with read_snapshot() as session:
        wants_official = asked == OFFICIAL or (asked != PUBLIC and grant.kind is not Kind.SESSION)
        is_official = wants_official and _is_official(session, grant)
        if asked == OFFICIAL and not is_official:
            _refuse(Reason.ROLE_NOT_ALLOWED, "not_allowed")
        if not is_official and grant.kind is not Kind.OVERLAY:
            _ensure_visible(session, tournament_id)
    return Admission(grant._replace(is_official=is_official), room_id if room == "match" else None)


def subprotocol(offered: Sequence[str]) -> str | None:
    """Which of the offered subprotocols is spoken."""
    return BEARER if BEARER in offered else None


def _identify(credentials: Credentials, tournament_id: int) -> Grant:
    """Who comes: by a token, else by the session's cookie, else as an anonymous visitor. Raises Refused."""
    token = credentials.token
    if token is None:
        person = access.person_of_cookie(_session_cookie(credentials.cookie))
        if person is None:
            return Grant(tournament_id)
        return Grant(tournament_id, Kind.SESSION, str(person.session_id), person.user_id, person.role)
    if overlay_tokens.is_one(token):
        link = overlay_tokens.find(token, now=utc_now())
        if link is None:
            _refuse(Reason.TOKEN_INVALID, "token_unknown")
        return Grant(link.tournament_id, Kind.OVERLAY, str(link.id), None, OVERLAY)
    return _of_program(token, tournament_id)


def _browser(credentials: Credentials) -> Grant:
    """Who comes with a session's cookie and nothing else: programs ask for what is new. Raises Refused."""
    grant = _identify(credentials, NOWHERE) if credentials.token is None else Grant(NOWHERE)
    if grant.kind is not Kind.SESSION:
        _refuse(Reason.ROLE_NOT_ALLOWED, "not_allowed")
    return grant


def _of_program(token: str, tournament_id: int) -> Grant:
    try:
        caller = bearer.caller_of(token)
    except TokenRefused as error:
        if error.code == "token_expired":
            raise Refused(TOKEN_EXPIRED, Reason.TOKEN_EXPIRED, error.code) from error
        raise Refused(NOT_ALLOWED, Reason.TOKEN_INVALID, error.code) from error
    person = caller.person
    if _lacks_scope(person):
        _refuse(Reason.ROLE_NOT_ALLOWED, "scope_missing")
    return Grant(
        tournament_id, Kind(caller.kind), caller.key, person.user_id, person.role, expires_at=_good_until(caller)
    )


def _good_until(caller: Caller) -> datetime:
    return caller.expires_at + app_tokens.CLOCK_SKEW if caller.kind == Kind.ACCESS else caller.expires_at


def _lacks_scope(person: Person) -> bool:
    return person.scopes is not None and _SCOPE not in person.scopes


def _is_official(session: Session, grant: Grant) -> bool:
    return grant.user_id is not None and grants.may_hear_officials(session, grant.actor, grant.tournament_id)


def _ensure_visible(session: Session, tournament_id: int) -> None:
    try:
        find_visible(session, tournament_id)
    except NotFound as error:
        raise Refused(NOT_ALLOWED, Reason.ROLE_NOT_ALLOWED, error.code) from error


def _session_cookie(header: str) -> str | None:
    try:
        cookies = SimpleCookie(header)
    except CookieError:
        return None
    found = cookies.get(f"__Host-{access.COOKIE}") or cookies.get(access.COOKIE)
    return found.value if found else None


def _refuse(reason: Reason, words: str) -> NoReturn:
    raise Refused(NOT_ALLOWED, reason, words)
