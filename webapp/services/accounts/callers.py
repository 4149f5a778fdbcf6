"""Programs as the API sees them: whose token it is, and what it may do with it."""

from datetime import datetime
from typing import NamedTuple

from webapp.domain.errors import LoginRequired
from webapp.services.accounts.sessions import Person


class Caller(NamedTuple):
    """Who calls by a token, of which kind it is (`personal` or `access`), and until when it is good.

    `key` is the id of the token, or of the login (the family of tokens) that it belongs to.
    """

    person: Person
    kind: str
    expires_at: datetime
    key: str


class TokenRefused(LoginRequired):
    """A token that lets nobody in; the code says why."""

    default_code = "token_unknown"


def ensure_account_stands(
    issued_at: datetime, *, disabled_at: datetime | None, credentials_changed_at: datetime | None
) -> None:
    """Nothing, unless the account was disabled, or its password changed after `issued_at`; then TokenRefused."""
    if disabled_at is not None:
        raise TokenRefused("The account behind this token is disabled.", code="account_disabled")
    if credentials_changed_at is not None and issued_at < credentials_changed_at:
        raise TokenRefused(
            "The password of the account changed after this token was made; make a new token.", code="token_outdated"
        )
