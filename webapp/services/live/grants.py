"""What lets somebody listen for longer than a request (session, token, overlay's link), and whether it still does.

Asked again every few seconds about all listeners of a process at once, with as many statements as there are kinds.
"""

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import Action
from webapp.models import ApiToken, OverlayToken, TokenFamily, Tournament, User, UserSession
from webapp.services.accounts import sessions
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

NOWHERE: Final = 0
"""In the place of a tournament: where somebody hears of nothing but what is their own."""
_AT_ONCE: Final = 500


class Kind(StrEnum):
    """By what somebody came in."""

    ANONYMOUS = "anonymous"
    SESSION = "session"
    PERSONAL = "personal"
    ACCESS = "access"
    OVERLAY = "overlay"


class Grant(NamedTuple):
    """Who listens to which tournament, by what (`key` is its id), and as whom."""

    tournament_id: int
    kind: Kind = Kind.ANONYMOUS
    key: str = ""
    user_id: int | None = None
    role: str = "spectator"
    is_official: bool = False
    expires_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """Who it is, as services know them."""
        return Actor(self.user_id, self.role)


class Ending(StrEnum):
    """Why a grant is good no more."""

    EXPIRED = "expired"
    ENDED = "ended"


class _Account(NamedTuple):
    user_id: int
    role: str


class _Office(NamedTuple):
    actor: Actor
    tournament_id: int


def ended(grants: Collection[Grant], *, now: datetime) -> dict[Grant, Ending]:
    """Those that are good no more: run out, logged out, revoked, of another role by now, of what is theirs no more."""
    with read_snapshot() as session:
        accounts = {kind: ask(session, _keys(grants, kind), now) for kind, ask in _STANDING.items()}
        links = _links(session, _keys(grants, Kind.OVERLAY))
        hidden = _hidden(session, {grant.tournament_id for grant in grants if _needs_visible(grant)})
        officials = _officials(session, {_office(grant) for grant in grants if grant.is_official})

        def stands(grant: Grant) -> bool:
            if grant.kind is Kind.OVERLAY:
                return grant.key in links
            if grant.kind in accounts and accounts[grant.kind].get(grant.key) != (grant.user_id, grant.role):
                return False
            return _office(grant) in officials if grant.is_official else grant.tournament_id not in hidden

        found: dict[Grant, Ending] = {}
        for grant in set(grants):
            if grant.expires_at is not None and grant.expires_at <= now:
                found[grant] = Ending.EXPIRED
            elif not stands(grant):
                found[grant] = Ending.ENDED
        return found


def may_hear_officials(session: Session, actor: Actor, tournament_id: int) -> bool:
    """Whether the actor may hear what is for officials of the tournament alone."""
    tournament = session.get(Tournament, tournament_id)
    if tournament is None or tournament.deleted_at is not None:
        return False
    try:
        permissions.ensure(session, actor, Action.SEE_OFFICIAL_BOARD, tournament)
    except (Forbidden, NotFound):
        return False
    return True


def _office(grant: Grant) -> _Office:
    return _Office(grant.actor, grant.tournament_id)


def _officials(session: Session, offices: Collection[_Office]) -> set[_Office]:
    """Those that are still held."""
    return {office for office in offices if may_hear_officials(session, office.actor, office.tournament_id)}


def _needs_visible(grant: Grant) -> bool:
    return grant.kind is not Kind.OVERLAY and not grant.is_official and grant.tournament_id != NOWHERE


def _hidden(session: Session, tournament_ids: Collection[int]) -> set[int]:
    """Which of them not everybody may see (any more)."""
    hidden = set()
    for some in _parts(sorted(tournament_ids)):
        # The session knows by them what is asked about next.
        known = session.scalars(select(Tournament).where(Tournament.id.in_(some))).all()
        for tournament_id in {*some, *(tournament.id for tournament in known)}:
            try:
                find_visible(session, tournament_id)
            except NotFound:
                hidden.add(tournament_id)
    return hidden


def _keys(grants: Collection[Grant], kind: Kind) -> list[str]:
    return sorted({grant.key for grant in grants if grant.kind is kind})


def _sessions(session: Session, keys: Sequence[str], now: datetime) -> dict[str, _Account]:
    def good(some: Sequence[str]) -> list[ColumnElement[bool]]:
        return [UserSession.id.in_(map(int, some)), *sessions.is_open(now)]

    return _accounts(session, UserSession, good, keys)


def _personal(session: Session, keys: Sequence[str], now: datetime) -> dict[str, _Account]:
    def good(some: Sequence[str]) -> list[ColumnElement[bool]]:
        return [ApiToken.id.in_(map(int, some)), ApiToken.revoked_at.is_(None), ApiToken.expires_at > now,
                *_account_stands(ApiToken.created_at)]  # fmt: skip

    return _accounts(session, ApiToken, good, keys)


def _access(session: Session, keys: Sequence[str], _now: datetime) -> dict[str, _Account]:
    def good(some: Sequence[str]) -> list[ColumnElement[bool]]:
        return [TokenFamily.id.in_(map(uuid.UUID, some)), TokenFamily.revoked_at.is_(None),
                *_account_stands(TokenFamily.created_at)]  # fmt: skip

    return _accounts(session, TokenFamily, good, keys)


def _account_stands(issued_at: Any) -> list[ColumnElement[bool]]:
    """As `callers.ensure_account_stands` has it."""
    return [
        User.disabled_at.is_(None),
        or_(User.credentials_changed_at.is_(None), User.credentials_changed_at <= issued_at),
    ]


def _accounts(
    session: Session,
    table: Any,
    good: Callable[[Sequence[str]], Sequence[ColumnElement[bool]]],
    keys: Sequence[str],
) -> dict[str, _Account]:
    """Whose those are that still stand, by key."""
    found: dict[str, _Account] = {}
    for some in _parts(keys):
        statement = select(table.id, User.id, User.role).join(User, User.id == table.user_id).where(*good(some))
        found |= {str(row[0]): _Account(row[1], row[2]) for row in session.execute(statement)}
    return found


def _links(session: Session, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in _parts(keys):
        statement = (
            select(OverlayToken.id)
            .join(Tournament, Tournament.id == OverlayToken.tournament_id)
            .where(
                OverlayToken.id.in_(map(int, some)), OverlayToken.revoked_at.is_(None), Tournament.deleted_at.is_(None)
            )
        )
        found |= {str(link_id) for link_id in session.scalars(statement)}
    return found


def _parts(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


_STANDING: Final = {Kind.SESSION: _sessions, Kind.PERSONAL: _personal, Kind.ACCESS: _access}
