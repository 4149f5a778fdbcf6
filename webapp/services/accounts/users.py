"""Accounts: who may log in, under which public handle, with which role."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, DomainError, FieldError
from webapp.domain.names import UnusableNameError, clean_name, name_key, quoted
from webapp.domain.permissions import ROLES
from webapp.domain.wording import N_, worded
from webapp.models import User
from webapp.services.accounts import passwords
from webapp.services.spine import audit
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction

LONGEST_HANDLE: Final = 40
LONGEST_EMAIL: Final = 254
"""Characters (RFC 5321, 4.5.3.1)."""
ORGANIZING_ROLES: Final = ("organizer", "admin")

# One @ with something on both sides and no blanks, and behind it nothing that no name of a host has: whether an address
# works is known only once a message has arrived.
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@\[\]<>(),;:\\\"]+")


class UserError(DomainError):
    """An account that cannot be made as asked."""

    default_code = "invalid_user"


def create_user(*, email: str, handle: str, role: str, password: str, actor: Actor, now: datetime) -> int:
    """Make an account and return its id; audited. Neither the password nor the address goes into the audit or a log.

    An operator's choice of password is only looked at for its length, and the address counts as confirmed. Raises
    UserError with every wrong value, Conflict when the handle or the address is taken in whatever case.
    """
    email, handle = email.strip(), checked(email, handle, role, passwords.length_problems(password))
    password_hash = passwords.hash_password(password)
    with transaction() as session:
        user = add_user(session, email, handle, role, password_hash, now=now)
        user.email_verified_at = now
        audit.record(session, actor, "user.created", now=now, user_id=user.id, role=role)
        return user.id


def add_user(session: Session, email: str, handle: str, role: str, password_hash: str, *, now: datetime) -> User:
    """Write an account whose values are checked, in the caller's transaction; Conflict when one is taken."""
    _ensure_free(session, email, handle)
    user = User(
        handle=handle, handle_key=name_key(handle), email=email, email_key=name_key(email),
        password_hash=password_hash, role=role, created_at=now,
    )  # fmt: skip
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(N_("The handle or the address was taken a moment ago."), code="user_exists") from error
    return user


def checked(email: str, handle: str, role: str, password_problems: Sequence[FieldError]) -> str:
    """The handle in its one spelling, once everything is right; UserError with everything that is not."""
    problems = [*_email_problems(email.strip()), *password_problems]
    if role not in ROLES:
        problems.append(FieldError("role", f"{quoted(role)} is not a role; the roles are {', '.join(ROLES)}"))
    cleaned = ""
    try:
        cleaned = clean_name(handle, limit=LONGEST_HANDLE)
        if not cleaned:
            problems.append(FieldError("handle", N_("is empty; it is the name that everybody sees")))
    except UnusableNameError as error:
        problems.append(FieldError("handle", str(error)))
    if "@" in cleaned:
        problems.append(FieldError("handle", N_("holds an @; handles are public and must not look like an address")))
    if problems:
        raise UserError.listing("The account cannot be made", problems)
    return cleaned


def _email_problems(email: str) -> list[FieldError]:
    if not _EMAIL.fullmatch(email) or not email.isprintable():
        problem = worded("%(address)s is not an address such as name@example.org", address=quoted(email))
        return [FieldError("email", problem)]
    if len(email) > LONGEST_EMAIL:
        return [FieldError("email", f"has {len(email)} characters; at most {LONGEST_EMAIL} are possible")]
    return []


def _ensure_free(session: Session, email: str, handle: str) -> None:
    if session.scalar(select(User.id).where(User.email_key == name_key(email))) is not None:
        problem = FieldError("email", N_("has an account already; log in with it, or ask for a new password"))
        raise Conflict(f"There is an account with the address {email} already.", [problem], code="email_taken")
    namesake = session.execute(select(User.handle, User.email).where(User.handle_key == name_key(handle))).one_or_none()
    if namesake is not None:
        taken = N_("is taken; choose another")
        if not namesake.email:
            taken = N_("is taken by a player known from results; choose another")
        message = f"The handle {quoted(namesake.handle)} {taken}."
        raise Conflict(message, [FieldError("handle", taken)], code="handle_taken")


def find_organizer(email: str) -> int:
    """The id of the account with that address, which must be able to own tournaments. Raises UserError otherwise."""
    with read_snapshot() as session:
        found = session.execute(
            select(User.id, User.role).where(User.email_key == name_key(email.strip()))
        ).one_or_none()
    if found is None:
        problem = FieldError(
            "organizer", f"there is no account with the address {quoted(email)}; make one with create-user"
        )
    elif found.role not in ORGANIZING_ROLES:
        problem = FieldError("organizer", f"{quoted(email)} is a {found.role}; an organizer is needed")
    else:
        return int(found.id)
    raise UserError.listing("The organizer cannot be used", [problem])
