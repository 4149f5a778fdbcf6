"""Access and refresh tokens of apps: short-lived access, refresh tokens that replace each other.

An access token is signed and says whose login it belongs to; the login (a family of tokens) is looked up, so that it
ends at once. A refresh token works once. Used a second time, somebody else has it, and the whole family ends.
"""

import hashlib
import hmac
import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import jwt
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from webapp.domain.token_scopes import TokenError, in_order, scope_problems, scopes_open_to
from webapp.models import RefreshToken, TokenFamily, User
from webapp.services.accounts.bearer_secrets import digest, new_secret
from webapp.services.accounts.callers import Caller, TokenRefused, ensure_account_stands
from webapp.services.accounts.sessions import Person
from webapp.services.spine import audit
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction

REFRESH_PREFIX: Final = "dr_"
ACCESS_LIVES: Final = timedelta(minutes=60)
REFRESH_LIVES: Final = timedelta(days=7)
CLOCK_SKEW: Final = timedelta(seconds=60)
"""How far the clocks of two servers may be apart."""
_AUDIENCE: Final = "deltacrown-api"
_ALGORITHM: Final = "HS256"
_REUSED: Final = "refresh_reused"


class TokenPair(NamedTuple):
    """What an app gets by logging in and by refreshing."""

    access: str
    refresh: str
    scopes: tuple[str, ...]
    access_expires_at: datetime
    refresh_expires_at: datetime


def log_in(user_id: int, scopes: Collection[str] | None, *, secret_key: str, now: datetime) -> TokenPair:
    """Begin a family of tokens for somebody whose password was right; audited.

    Without `scopes` it gets all that the person can give. Raises TokenError for scopes beyond them.
    """
    with transaction() as session:
        user = session.get_one(User, user_id)
        wanted = scopes_open_to(user.role) if scopes is None else scopes
        problems = scope_problems(wanted, user.role)
        if problems:
            raise TokenError.listing("The tokens cannot be made", problems)
        family = TokenFamily(id=uuid7(), user_id=user_id, scopes=in_order(wanted), created_at=now)
        session.add(family)
        session.flush()
        actor = Actor(user_id, user.role)
        audit.record(session, actor, "token.login", now=now, family_id=str(family.id), scopes=family.scopes)
        return _pair(session, family, secret_key=secret_key, now=now)


def refresh(token: str, *, secret_key: str, now: datetime) -> TokenPair:
    """Take a refresh token in and give the next pair of its family.

    Raises TokenRefused: `token_unknown`, `token_expired`, `token_revoked`, `token_outdated`, `account_disabled`, or
    `refresh_reused`, after which nothing of the family is good any more.
    """
    with transaction() as session:
        row, family, user = _locked(session, token)
        _ensure_family_stands(family, user)
        if row.used_at is None:
            if row.expires_at + CLOCK_SKEW <= now:
                raise TokenRefused("This refresh token has expired; log in again.", code="token_expired")
            row.used_at = now
            return _pair(session, family, secret_key=secret_key, now=now)
        family.revoked_at, family.revoked_reason = now, _REUSED
        audit.record(session, Actor(user.id, user.role), "token.family_revoked", now=now, family_id=str(family.id))
    raise TokenRefused(
        "This refresh token was used before. Somebody else may have it, so the login that it belongs to has ended; "
        "log in again.",
        code=_REUSED,
    )


def identify(access: str, *, secret_key: str, now: datetime) -> Caller:
    """Whose access token that is, and what it may do.

    Raises TokenRefused: `token_malformed`, `token_unknown` (not signed here), `token_expired`, `token_revoked`,
    `token_outdated` or `account_disabled`.
    """
    claims = _claims(access, secret_key)
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    if expires_at + CLOCK_SKEW <= now:
        raise TokenRefused("This access token has expired; refresh it.", code="token_expired")
    statement = select(TokenFamily, User).join(User, User.id == TokenFamily.user_id)
    with read_snapshot() as session:
        row = session.execute(statement.where(TokenFamily.id == uuid.UUID(claims["fam"]))).one_or_none()
        if row is None:
            raise TokenRefused("This access token is not known here.", code="token_unknown")
        session.expunge_all()
    family, user = row
    _ensure_family_stands(family, user)
    person = Person(user.id, user.handle, user.role, scopes=frozenset(family.scopes))
    return Caller(person, "access", expires_at, str(family.id))


def is_refresh_token(token: str) -> bool:
    """Whether it is one by its form: a good one would still let nobody read anything."""
    return token.startswith(REFRESH_PREFIX)


def forget_expired(*, now: datetime) -> int:
    """Drop families whose last refresh token expired a week ago; returns how many."""
    with transaction() as session:
        living = select(RefreshToken.family_id).where(RefreshToken.expires_at > now - REFRESH_LIVES)
        gone = list(session.scalars(select(TokenFamily.id).where(TokenFamily.id.not_in(living))))
        for start in range(0, len(gone), 500):
            some = gone[start : start + 500]
            session.execute(delete(RefreshToken).where(RefreshToken.family_id.in_(some)))
            session.execute(delete(TokenFamily).where(TokenFamily.id.in_(some)))
    return len(gone)


def _pair(session: Session, family: TokenFamily, *, secret_key: str, now: datetime) -> TokenPair:
    secret = new_secret(REFRESH_PREFIX)
    refresh_expires_at, access_expires_at = now + REFRESH_LIVES, now + ACCESS_LIVES
    session.add(
        RefreshToken(family_id=family.id, token_hash=digest(secret), issued_at=now, expires_at=refresh_expires_at)
    )
    claims = {
        "aud": _AUDIENCE,
        "sub": str(family.user_id),
        "fam": str(family.id),
        "iat": int(now.timestamp()),
        "exp": int(access_expires_at.timestamp()),
    }
    access = jwt.encode(claims, _key(secret_key), algorithm=_ALGORITHM)
    return TokenPair(access, secret, tuple(family.scopes), access_expires_at, refresh_expires_at)


def _locked(session: Session, token: str) -> tuple[RefreshToken, TokenFamily, User]:
    """The token's row, locked, so that of two who bring it at once only one is the first."""
    row = session.scalar(select(RefreshToken).where(RefreshToken.token_hash == digest(token)).with_for_update())
    if row is None:
        raise TokenRefused("This refresh token is not known here.", code="token_unknown")
    family = session.get_one(TokenFamily, row.family_id, with_for_update=True)
    return row, family, session.get_one(User, family.user_id)


def _ensure_family_stands(family: TokenFamily, user: User) -> None:
    if family.revoked_at is not None:
        raise TokenRefused("The login that this token belongs to has ended; log in again.", code="token_revoked")
    ensure_account_stands(
        family.created_at, disabled_at=user.disabled_at, credentials_changed_at=user.credentials_changed_at
    )


def _claims(access: str, secret_key: str) -> dict[str, Any]:
    # Expiry is checked against the caller's clock, not the library's.
    options: Any = {"require": ["exp", "fam"], "verify_exp": False, "verify_iat": False}
    try:
        claims: dict[str, Any] = jwt.decode(
            access, _key(secret_key), algorithms=[_ALGORITHM], audience=_AUDIENCE, options=options
        )
    except jwt.InvalidSignatureError as error:
        raise TokenRefused("This access token was not made here.", code="token_unknown") from error
    except jwt.PyJWTError as error:
        raise TokenRefused("This is not a token of this site.", code="token_malformed") from error
    return claims


def _key(secret_key: str) -> bytes:
    """A key of its own: what the site signs for one purpose must not be good for another."""
    return hmac.digest(secret_key.encode(), b"api access tokens", hashlib.sha256)
