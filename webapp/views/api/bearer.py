"""Whose an `Authorization` header is."""

from flask import current_app

from webapp.services.accounts import app_tokens, tokens
from webapp.services.accounts.callers import Caller, TokenRefused
from webapp.services.accounts.sessions import Person
from webapp.services.spine.clock import utc_now


def load(header: str) -> Person:
    """The person behind `Bearer dc_…` or `Bearer <access token>`. Raises TokenRefused."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise TokenRefused("Send the token as “Authorization: Bearer …”.", code="authorization_unsupported")
    return caller_of(token.strip()).person


def caller_of(token: str) -> Caller:
    """Who calls by this token, of either kind. Raises TokenRefused with a code that says what is wrong with it."""
    now = utc_now()
    if not token.isascii() or not token.isprintable() or not token:
        raise TokenRefused("This is not a token of this site.", code="token_malformed")
    if token.startswith(tokens.PREFIX):
        return tokens.identify(token, now=now)
    if app_tokens.is_refresh_token(token):
        raise TokenRefused(
            "This is a refresh token; it only gets new tokens at /api/token/refresh/.", code="token_kind"
        )
    return app_tokens.identify(token, secret_key=str(current_app.config["SECRET_KEY"]), now=now)
