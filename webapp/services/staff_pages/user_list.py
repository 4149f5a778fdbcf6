"""Accounts for staff: found by handle or by the whole address, which no list shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.names import name_key
from webapp.domain.permissions import Action
from webapp.models import User, UserSession
from webapp.services.pages.paging import Paging
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

A_PAGE: Final = 25
KINDS: Final = ("everybody", "admin", "organizer", "player", "spectator", "disabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUser:
    """An account. `has_login` is False for players known from results alone."""

    user_id: int
    handle: str
    role: str
    has_login: bool
    is_verified: bool
    disabled_at: datetime | None
    created_at: datetime
    open_sessions: int
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class UserList:
    """A page of accounts by handle."""

    text: str
    kind: str
    users: tuple[ListedUser, ...]
    paging: Paging


def read_users(*, text: str, kind: str, page: int, actor: Actor, now: datetime) -> UserList:
    """Accounts whose handle holds the text, whose number it is, or whose address it is, letter by letter."""
    permissions.ensure_on_site(actor, Action.MANAGE_USERS)
    text = "".join(character for character in text.strip() if character.isprintable())
    kind = kind if kind in KINDS else KINDS[0]
    with read_snapshot() as session:
        wanted = select(User)
        if text:
            fits = [User.handle.icontains(text, autoescape=True), User.handle_key == name_key(text)]
            if "@" in text:
                fits.append(User.email_key == name_key(text))
            if text.isascii() and text.isdigit() and len(text) < 10:
                fits.append(User.id == int(text))
            wanted = wanted.where(or_(*fits))
        if kind == "disabled":
            wanted = wanted.where(User.disabled_at.is_not(None))
        elif kind != KINDS[0]:
            wanted = wanted.where(User.role == kind)
        total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        paging = Paging.of(page, size=A_PAGE, total=total)
        order = wanted.order_by(User.password_hash.is_(None), User.handle_key, User.id)
        users = list(session.scalars(order.offset(paging.offset).limit(A_PAGE)))
        return UserList(text, kind, _listed(session, users, now), paging)


def _listed(session: Session, users: list[User], now: datetime) -> tuple[ListedUser, ...]:
    seen = {
        user_id: (count, last)
        for user_id, count, last in session.execute(
            select(UserSession.user_id, func.count(), func.max(UserSession.last_seen_at))
            .where(UserSession.user_id.in_([user.id for user in users]))
            .where(UserSession.ended_at.is_(None), UserSession.expires_at > now)
            .group_by(UserSession.user_id)
        )
    }
    return tuple(
        ListedUser(
            user_id=user.id,
            handle=user.handle,
            role=user.role,
            has_login=user.password_hash is not None,
            is_verified=user.email_verified_at is not None,
            disabled_at=user.disabled_at,
            created_at=user.created_at,
            open_sessions=seen.get(user.id, (0, None))[0],
            last_seen_at=seen.get(user.id, (0, None))[1],
        )
        for user in users
    )
