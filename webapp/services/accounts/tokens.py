"""Personal API tokens: named, scoped, expiring, shown once, stored as a hash, revocable."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from webapp.domain.errors import FieldError, NotFound
from webapp.domain.names import UnusableNameError, clean_name
from webapp.domain.token_scopes import TokenError, in_order, scope_problems
from webapp.models import ApiToken, User
from webapp.services.accounts.bearer_secrets import digest, new_secret
from webapp.services.accounts.callers import Caller, TokenRefused, ensure_account_stands
from webapp.services.accounts.sessions import Person
from webapp.services.spine import audit
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction

PREFIX: Final = "dc_"
LONGEST_NAME: Final = 60
LIFETIMES_D: Final = (7, 30, 90, 365)
"""How many days a token may live."""
TOKENS_AT_MOST: Final = 50
"""Tokens of one person that are still good."""
_USE_NOTED_EVERY: Final = timedelta(minutes=10)


class NewToken(NamedTuple):
    """A token at the only moment when its secret is known."""

    id: int
    secret: str
    expires_at: datetime


class TokenInfo(NamedTuple):
    """A token as its owner sees it afterwards."""

    id: int
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    state: str
    """`good`, `expired`, `revoked`, or `outdated` when the password changed after it was made."""


def create(name: str, *, scopes: Collection[str], days: int, actor: Actor, now: datetime) -> NewToken:
    """Make a token of the actor's; audited without its secret, which nothing keeps.

    Raises TokenError with every wrong value, also when there are too many tokens already.
    """
    name = _checked(name, scopes, days, actor.role)
    secret = new_secret(PREFIX)
    with transaction() as session:
        _ensure_room(session, actor, now)
        token = ApiToken(
            user_id=actor.user_id,
            name=name,
            hint=secret[-4:],
            token_hash=digest(secret),
            scopes=in_order(scopes),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        session.add(token)
        session.flush()
        audit.record(session, actor, "token.created", now=now, token_id=token.id, scopes=token.scopes, days=days)
        return NewToken(token.id, secret, token.expires_at)


def revoke(token_id: int, *, actor: Actor, now: datetime) -> None:
    """End a token of the actor's at once; audited. One that was revoked before stays as it is.

    Raises NotFound for a token that is not the actor's.
    """
    with transaction() as session:
        token = session.scalar(
            select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == actor.user_id).with_for_update()
        )
        if token is None:
            raise NotFound(f"You have no token {token_id}.", code="token_not_found")
        if token.revoked_at is None:
            token.revoked_at = now
            audit.record(session, actor, "token.revoked", now=now, token_id=token.id)


def list_of(user_id: int, *, now: datetime) -> list[TokenInfo]:
    """The tokens of a person, the newest first."""
    statement = (
        select(ApiToken, User.credentials_changed_at)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.user_id == user_id)
        .order_by(ApiToken.id.desc())
    )
    with read_snapshot() as session:
        return [_info(token, changed_at, now) for token, changed_at in session.execute(statement)]


def identify(secret: str, *, now: datetime) -> Caller:
    """Whose token that is, and what it may do.

    Raises TokenRefused: `token_unknown`, `token_revoked`, `token_expired`, `token_outdated` or `account_disabled`.
    """
    token = _found(secret)
    if token.revoked_at is not None:
        raise TokenRefused("This token was revoked; make a new one.", code="token_revoked")
    if token.expires_at <= now:
        raise TokenRefused(f"This token expired at {token.expires_at:%Y-%m-%dT%H:%M:%SZ}.", code="token_expired")
    ensure_account_stands(
        token.created_at, disabled_at=token.disabled_at, credentials_changed_at=token.credentials_changed_at
    )
    if token.last_used_at is None or now - token.last_used_at >= _USE_NOTED_EVERY:
        _note_use(token.id, now)
    person = Person(token.user_id, token.handle, token.role, scopes=frozenset(token.scopes))
    return Caller(person, "personal", token.expires_at, str(token.id))


class _Known(NamedTuple):
    """A token and whose it is: all that a request by it needs."""

    id: int
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    user_id: int
    handle: str
    role: str
    disabled_at: datetime | None
    credentials_changed_at: datetime | None


_BY_HASH: Final = (
    select(
        ApiToken.id, ApiToken.scopes, ApiToken.created_at, ApiToken.expires_at, ApiToken.revoked_at,
        ApiToken.last_used_at, User.id, User.handle, User.role, User.disabled_at, User.credentials_changed_at,
    )
    .join(User, User.id == ApiToken.user_id)
    .where(ApiToken.token_hash == bindparam("token_hash"))
)  # fmt: skip


def _found(secret: str) -> _Known:
    with read_snapshot() as session:
        row = session.connection().execute(_BY_HASH, {"token_hash": digest(secret)}).one_or_none()
    if row is None:
        raise TokenRefused("This token is not known here.", code="token_unknown")
    return _Known(*row)


def _note_use(token_id: int, now: datetime) -> None:
    with transaction() as session:
        session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))


def _checked(name: str, scopes: Collection[str], days: int, role: str) -> str:
    problems = scope_problems(scopes, role)
    cleaned = ""
    try:
        cleaned = clean_name(name, limit=LONGEST_NAME)
        if not cleaned:
            problems.append(FieldError("name", "say what the token is for, to know it by"))
    except UnusableNameError as error:
        problems.append(FieldError("name", str(error)))
    if days not in LIFETIMES_D:
        problems.append(FieldError("days", f"must be one of {', '.join(map(str, LIFETIMES_D))}"))
    if problems:
        raise TokenError.listing("The token cannot be made", problems)
    return cleaned


def _ensure_room(session: Session, actor: Actor, now: datetime) -> None:
    good = select(func.count()).where(
        ApiToken.user_id == actor.user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
    )
    if (session.scalar(good) or 0) >= TOKENS_AT_MOST:
        raise TokenError(f"You have {TOKENS_AT_MOST} tokens; revoke one that you no longer need.", code="token_limit")


def _info(token: ApiToken, credentials_changed_at: datetime | None, now: datetime) -> TokenInfo:
    if token.revoked_at is not None:
        state = "revoked"
    elif token.expires_at <= now:
        state = "expired"
    elif credentials_changed_at is not None and token.created_at < credentials_changed_at:
        state = "outdated"
    else:
        state = "good"
    return TokenInfo(
        token.id, token.name, token.hint, tuple(token.scopes), token.created_at, token.expires_at, token.last_used_at,
        token.revoked_at, state,
    )  # fmt: skip
