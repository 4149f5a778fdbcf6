"""Tokens of apps: log in, refresh, verify. Answers hold secrets, so that no Idempotency-Key keeps them."""

from typing import Final

from flask import Response
from pydantic import TypeAdapter

from webapp.services.accounts import accounts, app_tokens
from webapp.services.accounts.app_tokens import TokenPair as Pair
from webapp.services.accounts.callers import TokenRefused
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.bearer import caller_of
from webapp.views.api.operation import as_json, operation, secret_key
from webapp.views.api.schemas.tokens import (
    LoginBody,
    RefreshBody,
    TokenFacts,
    TokenPair,
    VerifyBody,
)
from webapp.views.auth.pages import login_limits

FAMILY: Final = "Tokens"


@access.open_to(access.EVERYBODY)
@login_limits
@operation(
    summary="Log an app in",
    description="Gives an access token for an hour and a refresh token for seven days. Programs of your own are better"
    " off with a personal token from /me/tokens/.",
    family=FAMILY,
    scope=None,
    rate=rates.TOKENS,
    body=LoginBody,
    gives=TypeAdapter(TokenPair),
    problems={401: "login_failed", 422: "invalid_token_request (scopes beyond the account)"},
)
def token(body: LoginBody) -> Response:
    """By address and password, throttled like the login page."""
    try:
        user_id = accounts.check_password(body.email, body.password)
    except accounts.LoginError as error:
        raise TokenRefused(error.message, code=error.code) from error
    return _told(app_tokens.log_in(user_id, body.scopes, secret_key=secret_key(), now=utc_now()))


@access.open_to(access.EVERYBODY)
@operation(
    summary="Get the next pair of tokens",
    description="A refresh token is good once. Used twice it ends the login that it belongs to, because somebody else"
    " has it.",
    family=FAMILY,
    scope=None,
    rate=rates.TOKENS,
    body=RefreshBody,
    gives=TypeAdapter(TokenPair),
    problems={401: "token_unknown, token_expired, token_revoked, token_outdated, account_disabled, refresh_reused"},
)
def refresh(body: RefreshBody) -> Response:
    """Rotation."""
    return _told(app_tokens.refresh(body.refresh, secret_key=secret_key(), now=utc_now()))


@access.open_to(access.EVERYBODY)
@operation(
    summary="Ask what a token is good for",
    description="Answers 200 with the facts about an access or personal token, 401 with a code for one that is none.",
    family=FAMILY,
    scope=None,
    rate=rates.TOKENS,
    body=VerifyBody,
    gives=TypeAdapter(TokenFacts),
    problems={401: "token_malformed, token_kind, token_unknown, token_expired, token_revoked, token_outdated"},
)
def verify(body: VerifyBody) -> Response:
    """Whose, what for, how long."""
    caller = caller_of(body.token)
    return as_json(
        TokenFacts.model_validate(
            {
                "kind": caller.kind,
                "user_id": caller.person.user_id,
                "role": caller.person.role,
                "scopes": sorted(caller.person.scopes or ()),
                "expires_at": caller.expires_at,
            }
        )
    )


def _told(pair: Pair) -> Response:
    document = TokenPair.model_validate(pair._asdict() | {"scopes": list(pair.scopes)})
    return as_json(document, headers={"Cache-Control": "no-store"})
