"""Accounts in the hands of staff: find them, change their role, shut and open them, end their sessions."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, DomainError, FieldError, NotFound
from webapp.domain.permissions import ROLES, Action
from webapp.models import User
from webapp.services.accounts import sessions
from webapp.services.spine import audit, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction


def set_role(user_id: int, role: str, *, actor: Actor, now: datetime) -> bool:
    """Give an account another role, audited; False when it has it already. It counts from the next request on.

    Raises Forbidden to everybody but staff, NotFound, DomainError for a word that is no role, Conflict (`last_admin`)
    when nobody would be left who can undo it, and for an account that nobody can log in to.
    """
    permissions.ensure_on_site(actor, Action.MANAGE_USERS)
    if role not in ROLES:
        message = f"is none of {', '.join(ROLES)}"
        raise DomainError.listing("The role cannot be given", [FieldError("role", message)])
    with transaction() as session:
        user = _locked(session, user_id)
        if user.role == role:
            return False
        if user.password_hash is None:
            raise Conflict(f"User {user_id} is known from results alone and has no login.", code="no_login")
        if user.role == "admin":
            _ensure_another_admin(session, user)
        before, user.role = user.role, role
        audit.record(session, actor, "user.role_changed", now=now, user_id=user.id, before=before, after=role)
        return True


def disable(user_id: int, *, actor: Actor, now: datetime) -> bool:
    """Shut an account: nobody gets in by it, and its sessions end at once; audited. False when it is shut already.

    Raises like `set_role`.
    """
    permissions.ensure_on_site(actor, Action.MANAGE_USERS)
    with transaction() as session:
        user = _locked(session, user_id)
        if user.disabled_at is not None:
            return False
        if user.role == "admin":
            _ensure_another_admin(session, user)
        user.disabled_at = now
        ended = sessions.end_all(session, user.id, now=now)
        audit.record(session, actor, "user.disabled", now=now, user_id=user.id, sessions_ended=ended)
        return True


def enable(user_id: int, *, actor: Actor, now: datetime) -> bool:
    """Open a shut account again; its old sessions stay ended. Audited; False when it is open."""
    permissions.ensure_on_site(actor, Action.MANAGE_USERS)
    with transaction() as session:
        user = _locked(session, user_id)
        if user.disabled_at is None:
            return False
        user.disabled_at = None
        audit.record(session, actor, "user.enabled", now=now, user_id=user.id)
        return True


def end_sessions(user_id: int, *, actor: Actor, now: datetime) -> int:
    """Log an account out everywhere, audited; how many sessions that ended."""
    permissions.ensure_on_site(actor, Action.MANAGE_USERS)
    with transaction() as session:
        user = _locked(session, user_id)
        ended = sessions.end_all(session, user.id, now=now)
        if ended:
            audit.record(session, actor, "user.sessions_ended", now=now, user_id=user.id, sessions_ended=ended)
        return ended


def _locked(session: Session, user_id: int) -> User:
    # With all admins, in one order: of two who take each other's role, the second must find the first one's done.
    wanted = select(User).where((User.id == user_id) | (User.role == "admin"))
    rows = session.scalars(
        wanted.order_by(User.id).with_for_update().execution_options(populate_existing=True)
    ).all()  # fmt: skip
    user = next((row for row in rows if row.id == user_id), None)
    if user is None:
        raise NotFound(f"There is no user {user_id}.", code="user_not_found")
    return user


def _ensure_another_admin(session: Session, user: User) -> None:
    others = select(User.id).where(
        User.role == "admin", User.id != user.id, User.disabled_at.is_(None), User.password_hash.is_not(None)
    )
    if session.scalar(others.limit(1)) is None:
        raise Conflict(
            "This is the last account of staff: make somebody else an admin first.", code="last_admin"
        )  # fmt: skip
