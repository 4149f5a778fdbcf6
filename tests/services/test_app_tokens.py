"""Access and refresh tokens: rotation, reuse, expiry, skew."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import jwt
import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT
from tests.personas import Persona
from webapp.domain.token_scopes import TokenError
from webapp.models import RefreshToken, TokenFamily, User
from webapp.services.accounts import app_tokens
from webapp.services.accounts.app_tokens import TokenPair
from webapp.services.accounts.callers import TokenRefused
from webapp.services.spine.transaction import read_snapshot, transaction

NOW = OPENED_AT + timedelta(days=1)
KEY = "k" * 40
MINUTE = timedelta(minutes=1)


def log_in(owner: Persona, *scopes: str) -> TokenPair:
    return app_tokens.log_in(owner.user_id, scopes or None, secret_key=KEY, now=NOW)


def refused_code(call: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(TokenRefused) as refused:
        call(*arguments, **named)
    return refused.value.code


def test_an_access_token_lives_an_hour_and_a_minute_of_skew(pat: Persona) -> None:
    pair = log_in(pat)
    assert pair.access_expires_at == NOW + timedelta(minutes=60)
    for minutes in (-1, 0, 60):
        caller = app_tokens.identify(pair.access, secret_key=KEY, now=NOW + minutes * MINUTE)
        assert (caller.person.user_id, caller.kind, caller.person.scopes) == (
            pat.user_id, "access", frozenset({"read", "play"})
        )  # fmt: skip
    assert refused_code(app_tokens.identify, pair.access, secret_key=KEY, now=NOW + 61 * MINUTE) == "token_expired"


def test_without_a_wish_it_gets_all_that_the_account_can_give(pat: Persona, sam: Persona) -> None:
    assert log_in(pat).scopes == ("read", "play")
    assert log_in(sam).scopes == ("read", "play", "organize", "overrides", "admin")
    assert log_in(sam, "overrides").scopes == ("overrides",)
    with pytest.raises(TokenError, match="not among the scopes"):
        log_in(pat, "admin")


def test_what_was_signed_elsewhere_is_unknown_and_what_is_garbled_is_none(pat: Persona) -> None:
    access = log_in(pat).access
    assert refused_code(app_tokens.identify, access, secret_key="e" * 40, now=NOW) == "token_unknown"
    claims = jwt.decode(access, options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", algorithm="none")
    for token in (unsigned, access[:-30], "x.y.z", "garble"):
        assert refused_code(app_tokens.identify, token, secret_key=KEY, now=NOW) in {"token_malformed", "token_unknown"}


def test_claims_hold_ids_alone(pat: Persona) -> None:
    claims = jwt.decode(log_in(pat).access, options={"verify_signature": False})
    assert claims.keys() == {"aud", "sub", "fam", "iat", "exp"}


def test_a_refresh_token_is_replaced_and_the_family_goes_on(pat: Persona) -> None:
    first = log_in(pat)
    second = app_tokens.refresh(first.refresh, secret_key=KEY, now=NOW + 59 * MINUTE)
    assert second.refresh != first.refresh
    assert second.refresh_expires_at == NOW + 59 * MINUTE + timedelta(days=7)
    assert app_tokens.identify(second.access, secret_key=KEY, now=NOW + 100 * MINUTE).person.user_id == pat.user_id
    with read_snapshot() as session:
        assert len(session.scalars(select(TokenFamily)).all()) == 1
        kept = session.scalars(select(RefreshToken)).all()
        assert not {first.refresh, second.refresh} & {row.token_hash for row in kept}


def test_used_twice_it_ends_its_family(pat: Persona) -> None:
    first, elsewhere = log_in(pat), log_in(pat)
    second = app_tokens.refresh(first.refresh, secret_key=KEY, now=NOW)
    assert refused_code(app_tokens.refresh, first.refresh, secret_key=KEY, now=NOW + MINUTE) == "refresh_reused"
    assert refused_code(app_tokens.refresh, second.refresh, secret_key=KEY, now=NOW + MINUTE) == "token_revoked"
    for access in (first.access, second.access):
        assert refused_code(app_tokens.identify, access, secret_key=KEY, now=NOW + MINUTE) == "token_revoked"
    app_tokens.identify(elsewhere.access, secret_key=KEY, now=NOW + MINUTE)


def test_a_refresh_token_expires_and_an_unknown_one_is_none(pat: Persona) -> None:
    pair = log_in(pat)
    late = pair.refresh_expires_at + MINUTE
    assert refused_code(app_tokens.refresh, pair.refresh, secret_key=KEY, now=late) == "token_expired"
    assert refused_code(app_tokens.refresh, "dr_nobody", secret_key=KEY, now=NOW) == "token_unknown"


@pytest.mark.parametrize(
    ("column", "code"), [("disabled_at", "account_disabled"), ("credentials_changed_at", "token_outdated")]
)
def test_a_disabled_account_or_a_new_password_ends_all(pat: Persona, column: str, code: str) -> None:
    pair = log_in(pat)
    with transaction() as session:
        setattr(session.get_one(User, pat.user_id), column, NOW + timedelta(seconds=1))
    assert refused_code(app_tokens.identify, pair.access, secret_key=KEY, now=NOW + MINUTE) == code
    assert refused_code(app_tokens.refresh, pair.refresh, secret_key=KEY, now=NOW + MINUTE) == code


def test_of_two_who_refresh_at_once_one_is_first(app: Flask, pat: Persona) -> None:
    pair = log_in(pat)
    told: list[str] = []
    together = Barrier(4)

    def ask() -> None:
        with app.app_context():
            together.wait()
            try:
                app_tokens.refresh(pair.refresh, secret_key=KEY, now=NOW)
                told.append("new")
            except TokenRefused as refused:
                told.append(refused.code)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("new") == 1
    assert told.count("refresh_reused") == 1
    assert told.count("token_revoked") == 2


def test_families_are_forgotten_a_week_after_their_last_token(pat: Persona) -> None:
    log_in(pat)
    again = log_in(pat)
    app_tokens.refresh(again.refresh, secret_key=KEY, now=NOW + timedelta(days=6))
    assert app_tokens.forget_expired(now=NOW + timedelta(days=13)) == 0
    assert app_tokens.forget_expired(now=NOW + timedelta(days=14, minutes=1)) == 1
    with read_snapshot() as session:
        assert len(session.scalars(select(TokenFamily)).all()) == 1
