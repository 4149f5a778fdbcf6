"""Logged-in browsers, as rows: a cookie says which row, and a row that has ended lets nobody in.

A session ends 12 hours after it was last seen, 30 days after its login at the latest, at logout, when its account is
disabled, and when the password changes (goal S2).
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.models import User, UserSession
from webapp.services.accounts.bearer_secrets import digest, new_secret
from webapp.services.spine import audit
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction

IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=30)
_SEEN_EVERY: Final = timedelta(minutes=5)
"""How exactly it is known when a session was last seen: a write for each page would be a waste."""
_KEPT_AFTER_END: Final = timedelta(days=1)


class Person(NamedTuple):
    """Who is logged in, as of this request. `session_id` is None for a program that came with a token."""

    user_id: int
    handle: str
    role: str
    session_id: int | None = None
    scopes: frozenset[str] | None = None
    """What a token is good for; None is a browser, which is good for all that its account may do."""

    @property
    def actor(self) -> Actor:
        """The person as services know them."""
        return Actor(self.user_id, self.role)


class OpenSession(NamedTuple):
    """One of a person's browsers."""

    session_id: int
    device: str
    created_at: datetime
    last_seen_at: datetime


def start(session: Session, user: User, *, device: str, now: datetime) -> str:
    """Open a session in the caller's transaction; returns the secret for its cookie. Staff logins are audited."""
    secret = new_secret()
    row = UserSession(
        token_hash=digest(secret), user_id=user.id, device=device, created_at=now, last_seen_at=now,
        expires_at=now + LONGEST,
    )  # fmt: skip
    session.add(row)
    session.flush()
    if user.role == "admin":
        audit.record(session, Actor(user.id, user.role), "staff.logged_in", now=now, session_id=row.id)
    return secret


def find(secret: str, *, now: datetime) -> Person | None:
    """Who holds this secret; None when its session is not there or has ended."""
    with read_snapshot() as session:
        found = session.execute(
            select(User.id, User.handle, User.role, UserSession.id.label("session_id"), UserSession.last_seen_at)
            .join(UserSession, UserSession.user_id == User.id)
            .where(UserSession.token_hash == digest(secret), *is_open(now))
        ).one_or_none()
    if found is None:
        return None
    if now - found.last_seen_at >= _SEEN_EVERY:
        with transaction() as session:
            session.execute(update(UserSession).where(UserSession.id == found.session_id).values(last_seen_at=now))
    return Person(found.id, found.handle, found.role, found.session_id)


def end(session_id: int, *, user_id: int, now: datetime) -> None:
    """End one of the user's sessions; NotFound when it is not theirs. Ending it twice is the same as once."""
    with transaction() as session:
        row = session.get(UserSession, session_id)
        if row is None or row.user_id != user_id:
            raise NotFound("There is no such session of yours.", code="session_not_found")
        row.ended_at = row.ended_at or now


def end_all(session: Session, user_id: int, *, now: datetime, but: int | None = None) -> int:
    """End the user's sessions in the caller's transaction, all `but` one if it is given; returns how many that were."""
    ended = session.execute(
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.id != (but or 0))
        .values(ended_at=now)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult


def of_user(user_id: int, *, now: datetime) -> list[OpenSession]:
    """The user's open sessions, the last seen first."""
    with read_snapshot() as session:
        rows = session.execute(
            select(UserSession.id, UserSession.device, UserSession.created_at, UserSession.last_seen_at)
            .join(User, UserSession.user_id == User.id)
            .where(UserSession.user_id == user_id, *is_open(now))
            .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
        )
        return [OpenSession(*row) for row in rows.all()]


def clear_away(*, now: datetime) -> int:
    """Delete sessions that ended or ran out a day ago; returns how many."""
    long_ago = now - _KEPT_AFTER_END
    with transaction() as session:
        gone = session.execute(
            delete(UserSession).where(
                or_(
                    UserSession.ended_at < long_ago,
                    UserSession.expires_at < long_ago,
                    UserSession.last_seen_at < long_ago - IDLE,
                )
            )
        )
        return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult


def is_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions for sessions, joined with their users, that let somebody in."""
    return (
        UserSession.ended_at.is_(None),
        UserSession.expires_at > now,
        UserSession.last_seen_at > now - IDLE,
        User.disabled_at.is_(None),
        or_(User.credentials_changed_at.is_(None), User.credentials_changed_at <= UserSession.created_at),
    )
