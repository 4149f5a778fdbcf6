"""The people of the tests: olga runs tournaments, otto runs others, sam is staff, pat plays, una watches, vera is talked
about, vic is not logged in.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from webapp.domain.names import name_key
from webapp.models import User
from webapp.services.accounts import passwords, sessions
from webapp.services.spine.actors import Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction

PASSWORD: Final = "nine quiet otters"
ROLES: Final = {
    "olga": "organizer",
    "otto": "organizer",
    "sam": "admin",
    "pat": "player",
    "una": "spectator",
    "vera": "player",
}
HTMX: Final = {"HX-Request": "true"}
_tokens: Final[dict[str | None, str]] = {}
_TOKEN: Final = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Persona:
    """Somebody with an account and an open browser."""

    name: str
    user_id: int
    role: str
    client: FlaskClient
    secret: str

    @property
    def actor(self) -> Actor:
        return Actor(self.user_id, self.role)

    @property
    def email(self) -> str:
        return f"{self.name}@example.org"

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, htmx: bool = False, **options: Any
    ) -> TestResponse:
        """Send a form as a page of ours does: with its token."""
        headers = {"X-CSRFToken": token_for(self.client), **(HTMX if htmx else {}), **options.pop("headers", {})}
        return self.client.post(path, data=data, headers=headers, **options)


def persona(app: Flask, name: str, *, now: datetime | None = None) -> Persona:
    """One of the people, made when asked for, logged in by a browser of their own."""
    now = now or utc_now()
    role = ROLES[name]
    with transaction() as session:
        user = User(
            handle=name.title(), handle_key=name_key(name), email=f"{name}@example.org",
            email_key=f"{name}@example.org", password_hash=_hash(), role=role, email_verified_at=now, created_at=now,
        )  # fmt: skip
        session.add(user)
        session.flush()
        secret = sessions.start(session, user, device="Firefox on Linux", now=now)
        user_id = user.id
    client = app.test_client()
    client.set_cookie("dc_session", secret)
    return Persona(name, user_id, role, client, secret)


def token_for(client: FlaskClient) -> str:
    """The forms' token of this browser: from a page that has it, once for as long as the browser's cookie means it."""
    meant = _meant_by_cookie(client)
    if meant is None or meant not in _tokens:
        found = _TOKEN.search(client.get("/login/").text)
        assert found, "the login page has no token"
        _tokens[_meant_by_cookie(client)] = found[1]
        return found[1]
    return _tokens[meant]


def _meant_by_cookie(client: FlaskClient) -> str | None:
    cookie = client.get_cookie("dc_form")
    if cookie is None:
        return None
    serializer = SecureCookieSessionInterface().get_signing_serializer(client.application)
    assert serializer is not None
    meant: str | None = serializer.loads(cookie.value).get("csrf_token")
    return meant


@cache
def _hash() -> str:
    return passwords.hash_password(PASSWORD)
