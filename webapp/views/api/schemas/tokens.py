"""Access and refresh tokens of apps."""

from typing import Annotated, Literal

from pydantic import Field

from webapp.domain.token_scopes import SCOPES
from webapp.views.api.schemas.base import Instant, Sent, Told

Scope = Literal["read", "play", "organize", "overrides", "admin"]
Secret = Annotated[str, Field(min_length=1, max_length=2048, pattern=r"^[A-Za-z0-9._~+/=-]+$")]
"""What RFC 6750 lets a token be made of."""


class LoginBody(Sent):
    """Who logs in. Without `scopes` the tokens get all that the account can give."""

    email: Annotated[str, Field(max_length=254, pattern=r"^[^\s@\u0000-\u001f]+@[^\s@\u0000-\u001f]+$")]
    password: Annotated[str, Field(min_length=1, max_length=1024)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES))] | None = None


class RefreshBody(Sent):
    """The refresh token, which is good once."""

    refresh: Secret


class VerifyBody(Sent):
    """An access token or a personal token."""

    token: Secret


class TokenPair(Told):
    """An access token for an hour, and a refresh token for the next pair."""

    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (the name of the scheme)
    access: str
    access_expires_at: Instant
    refresh: str
    refresh_expires_at: Instant
    scopes: list[Scope]


class TokenFacts(Told):
    """A token that is good: of which kind, whose, what for and how long."""

    kind: Literal["access", "personal"]
    user_id: int
    role: str
    scopes: list[Scope]
    expires_at: Instant
