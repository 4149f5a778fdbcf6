"""What people do with their own accounts: register, log in, change or reset the password, verify the address."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import DomainError, FieldError, NotFound
from webapp.domain.names import name_key
from webapp.domain.wording import N_
from webapp.models import User
from webapp.services.accounts import account_mails, links, passwords, sessions, users
from webapp.services.spine import audit, outbox
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction


class LoginError(DomainError):
    """Address and password do not belong together. It never says which of the two is wrong."""

    default_code = "login_failed"


def register(*, email: str, handle: str, password: str, device: str, now: datetime) -> str:
    """Make a player's account and log it in; returns the secret for the session's cookie. Its address gets a link.

    Raises UserError with every wrong value, Conflict when the handle or the address is taken.
    """
    email = email.strip()
    problems = passwords.problems(password, context=(handle, email))
    handle = users.checked(email, handle, "player", problems)
    password_hash = passwords.hash_password(password)
    with transaction() as session:
        user = users.add_user(session, email, handle, "player", password_hash, now=now)
        audit.record(session, Actor(user.id, user.role), "user.registered", now=now, user_id=user.id)
        outbox.want(session, "verification_mail", str(user.id), now=now)
        return sessions.start(session, user, device=device, now=now)


def check_password(email: str, password: str) -> int:
    """The id of the account with that address and password; LoginError otherwise, after the same time in every case."""
    with read_snapshot() as session:
        user = session.scalar(select(User).where(User.email_key == name_key(email.strip())))
        found = None if user is None else (user.id, user.password_hash, user.disabled_at)
    is_right = passwords.is_right(None if found is None else found[1], password)
    if found is None or not is_right or found[2] is not None:
        raise LoginError(N_("The address or the password is wrong."))
    if passwords.needs_new_hash(str(found[1])):
        _renew_hash(found[0], password)
    return found[0]


def ensure_password(user_id: int, password: str) -> None:
    """Nothing, when that is the account's password; UserError otherwise. For what an open session must not do alone."""
    with read_snapshot() as session:
        password_hash = session.get_one(User, user_id).password_hash
    if not passwords.is_right(password_hash, password):
        problem = FieldError("password", "is not your password")
        raise users.UserError.listing("That needs your password", [problem])


def log_in(email: str, password: str, *, device: str, now: datetime) -> str:
    """Open a session; returns the secret for its cookie. Raises LoginError, TooMany."""
    user_id = check_password(email, password)
    with transaction() as session:
        return sessions.start(session, session.get_one(User, user_id), device=device, now=now)


def change_password(user_id: int, *, current: str, new: str, device: str, now: datetime) -> str:
    """Set a new password; every session of the account, and its links and tokens, end.

    Returns the secret of a new session for the browser at hand. Raises UserError when the current one is wrong or the
    new one will not do.
    """
    with read_snapshot() as session:
        user = session.get_one(User, user_id)
        before, context = user.password_hash, (user.handle, user.email or "")
    problems = passwords.problems(new, context=context, field="new")
    if not passwords.is_right(before, current):
        problems.append(FieldError("current", "is not your present password"))
    if problems:
        raise users.UserError.listing("The password cannot be changed", problems)
    password_hash = passwords.hash_password(new)
    with transaction() as session:
        user = session.get_one(User, user_id)
        _set_password(session, user, password_hash, now=now)
        return sessions.start(session, user, device=device, now=now)


def request_reset(email: str, *, now: datetime) -> None:
    """Send a link for a new password to the address, if it has an account. It looks the same if it has none."""
    with transaction() as session:
        user_id = session.scalar(
            select(User.id).where(User.email_key == name_key(email.strip()), User.disabled_at.is_(None))
        )
        if user_id is not None:
            outbox.want(session, "reset_mail", str(user_id), now=now)


def check_reset_link(token: str) -> None:
    """Nothing, while a link for a new password is good; LinkError otherwise."""
    user_id, fingerprint = links.read("password-reset", token)
    with read_snapshot() as session:
        links.ensure_fresh("password-reset", fingerprint, session.get(User, user_id))


def reset_password(token: str, password: str, *, now: datetime) -> None:
    """Set the password that the bearer of the link wants; every session of the account ends.

    Raises LinkError for a link that is used or too old, UserError for a password that will not do.
    """
    user_id, fingerprint = links.read("password-reset", token)
    with read_snapshot() as session:
        user = links.ensure_fresh("password-reset", fingerprint, session.get(User, user_id))
        context = (user.handle, user.email or "")
    if problems := passwords.problems(password, context=context):
        raise users.UserError.listing("The password cannot be set", problems)
    password_hash = passwords.hash_password(password)
    with transaction() as session:
        user = links.ensure_fresh("password-reset", fingerprint, session.get(User, user_id, with_for_update=True))
        # Who reads mail of the address has shown that it is theirs.
        user.email_verified_at = user.email_verified_at or now
        _set_password(session, user, password_hash, now=now)


def request_verification(user_id: int, *, now: datetime) -> None:
    """Send the link that verifies the account's address once more; nothing when it is verified."""
    with transaction() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such account.", code="user_not_found")
        if user.email_verified_at is None:
            outbox.want(session, "verification_mail", str(user.id), now=now)


def verify_email(token: str, *, now: datetime) -> None:
    """Take the link's bearer for the reader of the account's mail. Raises LinkError for one that is used or too old."""
    user_id, fingerprint = links.read("email-verification", token)
    with transaction() as session:
        user = links.ensure_fresh("email-verification", fingerprint, session.get(User, user_id, with_for_update=True))
        user.email_verified_at = now
        audit.record(session, Actor(user.id, user.role), "user.email_verified", now=now, user_id=user.id)


def send_verification_mail(user_id: int) -> None:
    """The message with the link that verifies an address; nothing when it is verified meanwhile."""
    with read_snapshot() as session:
        user = session.get(User, user_id)
        if user is None or user.email is None or user.email_verified_at is not None:
            return
        address, token = user.email, links.token("email-verification", user)
    account_mails.send(address, account_mails.VERIFICATION, path=f"/email/verify/{token}/")


def send_reset_mail(user_id: int) -> None:
    """The message with the link for a new password."""
    with read_snapshot() as session:
        user = session.get(User, user_id)
        if user is None or user.email is None or user.disabled_at is not None:
            return
        address, token = user.email, links.token("password-reset", user)
    account_mails.send(address, account_mails.RESET, path=f"/password/reset/{token}/")


def _set_password(session: Session, user: User, password_hash: str, *, now: datetime) -> None:
    user.password_hash, user.credentials_changed_at = password_hash, now
    ended = sessions.end_all(session, user.id, now=now)
    audit.record(
        session, Actor(user.id, user.role), "user.password_changed", now=now, user_id=user.id, sessions_ended=ended
    )


def _renew_hash(user_id: int, password: str) -> None:
    password_hash = passwords.hash_password(password)
    with transaction() as session:
        session.get_one(User, user_id).password_hash = password_hash
