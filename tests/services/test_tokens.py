"""Personal tokens: made, used, ended."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.arenas import OPENED_AT
from tests.personas import Persona
from webapp.domain.errors import NotFound
from webapp.domain.token_scopes import TokenError
from webapp.models import ApiToken, AuditEntry, User
from webapp.services.accounts import tokens
from webapp.services.accounts.callers import TokenRefused
from webapp.services.accounts.tokens import NewToken
from webapp.services.spine.transaction import read_snapshot, transaction

NOW = OPENED_AT + timedelta(days=1)


def make(owner: Persona, *scopes: str, days: int = 30, now: datetime = NOW) -> NewToken:
    return tokens.create("Overlay", scopes=scopes or ("read",), days=days, actor=owner.actor, now=now)


def test_a_token_is_kept_as_a_hash_and_known_by_its_end(pat: Persona) -> None:
    made = make(pat)
    assert made.secret.startswith("dc_")
    assert len(made.secret) == 46
    with read_snapshot() as session:
        kept = session.get_one(ApiToken, made.id)
        assert made.secret not in repr([getattr(kept, column.name) for column in ApiToken.__table__.columns])
        assert (kept.hint, kept.scopes, kept.expires_at) == (made.secret[-4:], ["read"], NOW + timedelta(days=30))
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "token.created"))
        assert (entry.actor_id, entry.data) == (
            pat.user_id, {"token_id": made.id, "scopes": ["read"], "days": 30}
        )  # fmt: skip


def test_it_lets_its_owner_in_with_its_scopes(sam: Persona) -> None:
    caller = tokens.identify(make(sam, "admin", "read").secret, now=NOW)
    assert (caller.person.user_id, caller.person.role, caller.kind) == (sam.user_id, "admin", "personal")
    assert caller.person.scopes == frozenset({"read", "admin"})
    assert caller.person.session_id is None


def test_its_use_is_noted_now_and_then(pat: Persona) -> None:
    made = make(pat)
    for minutes, noted in ((0, 0), (5, 0), (11, 11)):
        tokens.identify(made.secret, now=NOW + timedelta(minutes=minutes))
        (info,) = tokens.list_of(pat.user_id, now=NOW)
        assert info.last_used_at == NOW + timedelta(minutes=noted)


def unknown(_made: NewToken, _owner: Persona) -> str:
    return "dc_" + "x" * 43


def revoked(made: NewToken, owner: Persona) -> str:
    tokens.revoke(made.id, actor=owner.actor, now=NOW)
    return made.secret


def outdated(made: NewToken, owner: Persona) -> str:
    with transaction() as session:
        session.get_one(User, owner.user_id).credentials_changed_at = NOW + timedelta(seconds=1)
    return made.secret


def of_a_disabled_account(made: NewToken, owner: Persona) -> str:
    with transaction() as session:
        session.get_one(User, owner.user_id).disabled_at = NOW
    return made.secret


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (unknown, "token_unknown"),
        (revoked, "token_revoked"),
        (outdated, "token_outdated"),
        (of_a_disabled_account, "account_disabled"),
    ],
)
def test_what_lets_nobody_in(pat: Persona, spoil: Callable[[NewToken, Persona], str], code: str) -> None:
    secret = spoil(make(pat), pat)
    with pytest.raises(TokenRefused) as refused:
        tokens.identify(secret, now=NOW + timedelta(minutes=1))
    assert refused.value.code == code


def test_it_expires_to_the_second(pat: Persona) -> None:
    made = make(pat, days=7)
    tokens.identify(made.secret, now=made.expires_at - timedelta(seconds=1))
    with pytest.raises(TokenRefused, match="expired at 2026-03-09T12:00:00Z") as refused:
        tokens.identify(made.secret, now=made.expires_at)
    assert refused.value.code == "token_expired"


def test_every_wrong_value_is_named(pat: Persona) -> None:
    with pytest.raises(TokenError) as refused:
        tokens.create("\u202e", scopes=["admin", "fly"], days=3, actor=pat.actor, now=NOW)
    assert [field.path for field in refused.value.fields] == ["scopes", "scopes", "name", "days"]
    with pytest.raises(TokenError, match="choose at least one of read"):
        tokens.create("Overlay", scopes=[], days=7, actor=pat.actor, now=NOW)


def test_somebody_elses_token_is_not_there(pat: Persona, olga: Persona) -> None:
    made = make(pat)
    with pytest.raises(NotFound):
        tokens.revoke(made.id, actor=olga.actor, now=NOW)
    assert tokens.list_of(olga.user_id, now=NOW) == []
    assert tokens.identify(made.secret, now=NOW).person.user_id == pat.user_id


def test_revoking_twice_is_the_same_as_once(pat: Persona) -> None:
    made = make(pat)
    for minutes in (0, 1):
        tokens.revoke(made.id, actor=pat.actor, now=NOW + timedelta(minutes=minutes))
    (info,) = tokens.list_of(pat.user_id, now=NOW)
    assert (info.revoked_at, info.state) == (NOW, "revoked")
    with read_snapshot() as session:
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "token.revoked")).all()) == 1


def test_nobody_collects_tokens(pat: Persona) -> None:
    made = [make(pat) for _ in range(tokens.TOKENS_AT_MOST)]
    with pytest.raises(TokenError) as refused:
        make(pat)
    assert refused.value.code == "token_limit"
    tokens.revoke(made[0].id, actor=pat.actor, now=NOW)
    make(pat)
