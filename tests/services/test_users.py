"""Accounts: what is refused, what is kept, and what nobody ever sees."""

from datetime import UTC, datetime
from typing import Any

import argon2
import pytest
from flask import Flask
from sqlalchemy import func, select

from webapp.domain.errors import Conflict
from webapp.models import AuditEntry, User
from webapp.services.accounts import users
from webapp.services.accounts.users import UserError
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


def make(**changes: Any) -> int:
    details: dict[str, Any] = {"email": "olga@example.org", "handle": "Olga", "role": "organizer", "password": PASSWORD}
    return users.create_user(**(details | changes), actor=SYSTEM, now=NOW)


def test_an_account_is_kept_with_a_hash_of_the_password_and_audited(app: Flask) -> None:
    user_id = make(email=" Olga@Example.org ", handle="  Olga   Lane ")
    with read_snapshot() as session:
        user = session.get_one(User, user_id)
        assert (user.handle, user.handle_key, user.email, user.email_key, user.role) == (
            "Olga Lane", "olga lane", "Olga@Example.org", "olga@example.org", "organizer",
        )  # fmt: skip
        assert user.password_hash is not None
        parameters = argon2.extract_parameters(user.password_hash)
        kept = (parameters.type, parameters.memory_cost, parameters.time_cost, parameters.parallelism)
        assert kept == (argon2.Type.ID, 48 * 1024, 3, 1)
        assert argon2.PasswordHasher().verify(user.password_hash, PASSWORD)
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.data) == ("user.created", {"user_id": user_id, "role": "organizer"})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"email": "olga"}, "email: “olga” is not an address such as name@example.org"),
        ({"email": "olga@[127.0.0.1"}, "email: “olga@[127.0.0.1” is not an address such as name@example.org"),
        ({"email": "a b@example.org"}, "email: “a b@example.org” is not an address such as name@example.org"),
        ({"email": "x" * 250 + "@a.org"}, "email: has 256 characters; at most 254 are possible"),
        ({"handle": "  "}, "handle: is empty; it is the name that everybody sees"),
        ({"handle": "x" * 41}, "handle: is 41 characters long; shorten it to at most 40"),
        ({"handle": "a\x00b"}, "handle: holds the control character U+0000; remove it"),
        ({"handle": "olga@example.org"}, "handle: holds an @; handles are public and must not look like an address"),
        ({"password": "seven 7"}, "password: is too short; at least 8 characters are needed"),
        ({"password": "x" * 1025}, "password: is too long; at most 1024 characters are taken"),
        ({"role": "king"}, "role: “king” is not a role; the roles are spectator, player, organizer, admin"),
    ],
)
def test_wrong_details_are_refused(app: Flask, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(UserError) as refusal:
        make(**changes)
    assert [str(field) for field in refusal.value.fields] == [problem]
    with read_snapshot() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0


def test_passwords_of_8_and_1024_characters_are_taken(app: Flask) -> None:
    make(password="8 letter")
    make(email="pat@example.org", handle="Pat", password="x" * 1024)


def test_every_wrong_detail_is_told_at_once(app: Flask) -> None:
    with pytest.raises(UserError) as refusal:
        make(email="x", handle="", role="y", password="z")
    assert [field.path for field in refusal.value.fields] == ["email", "password", "role", "handle"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "OLGA@EXAMPLE.ORG", "handle": "Other"}, "email_taken"),
        ({"email": "other@example.org", "handle": "oLGA"}, "handle_taken"),
        ({"email": "other@example.org", "handle": "Ｏｌｇａ"}, "handle_taken"),
    ],
)
def test_an_address_and_a_handle_are_taken_once_in_any_case(app: Flask, changes: dict[str, Any], code: str) -> None:
    make()
    with pytest.raises(Conflict) as refusal:
        make(**changes)
    assert refusal.value.code == code


def test_an_organizer_is_found_by_address_in_any_case(app: Flask) -> None:
    olga = make()
    make(email="pat@example.org", handle="Pat", role="player")
    assert users.find_organizer(" OLGA@example.org ") == olga
    for email in ("pat@example.org", "nobody@example.org"):
        with pytest.raises(UserError):
            users.find_organizer(email)
