"""Registering, logging in and out, and what a session is worth."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.personas import PASSWORD, Persona, persona, token_for
from tests.statements import count_statements
from webapp.models import AuditEntry, User, UserSession
from webapp.services.accounts import accounts, sessions
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction


def log_in(client: FlaskClient, **typed: str) -> object:
    return client.post("/login/", data={"csrf_token": token_for(client), **typed})


def cookie(client: FlaskClient) -> str | None:
    found = client.get_cookie("dc_session")
    return found.value if found else None


def test_a_new_account_is_logged_in_and_stored_without_its_password(app: Flask, vic: FlaskClient) -> None:
    form = {
        "csrf_token": token_for(vic),
        "handle": "Nova",
        "email": "Nova@Example.org",
        "password": "seven calm rivers",
    }
    answer = vic.post("/register/", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/")
    page = vic.get("/me/")
    assert page.status_code == 200
    assert "Nova@Example.org" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    with read_snapshot() as session:
        user = session.scalars(select(User)).one()
        assert (user.role, user.email_verified_at) == ("player", None)
        assert user.password_hash is not None
        assert user.password_hash.startswith("$argon2id$")
        assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["user.registered"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (
            {"handle": "", "email": "n@example.org", "password": "seven calm rivers"},
            "Choose the name that everybody sees",
        ),
        ({"handle": "Nova", "email": "nowhere", "password": "seven calm rivers"}, "is not an address"),
        ({"handle": "Nova", "email": "n@example.org", "password": "short"}, "is too short; at least 8"),
        ({"handle": "Nova", "email": "n@example.org", "password": "password123"}, "is easily guessed"),
        ({"handle": "a@b", "email": "n@example.org", "password": "seven calm rivers"}, "holds an @"),
        ({"handle": "Olga", "email": "n@example.org", "password": "seven calm rivers"}, "is taken; choose another"),
        ({"handle": "Nova", "email": "OLGA@example.org", "password": "seven calm rivers"}, "has an account already"),
    ],
)
def test_a_wrong_value_is_named_beside_its_field_and_the_rest_is_kept(
    olga: Persona, vic: FlaskClient, typed: dict[str, str], message: str
) -> None:
    answer = vic.post("/register/", data={"csrf_token": token_for(vic), **typed})
    assert answer.status_code == 422
    assert message in answer.text
    for name in ("handle", "email"):
        if typed[name]:
            assert f'value="{typed[name]}"' in answer.text
    assert f'value="{typed["password"]}"' not in answer.text
    with read_snapshot() as session:
        assert len(session.scalars(select(User.id)).all()) == 1


def test_a_right_password_gives_a_session_of_its_own_each_time(olga: Persona, vic: FlaskClient) -> None:
    before = cookie(vic)
    assert log_in(vic, email=" OLGA@example.org ", password=PASSWORD).status_code == 303  # type: ignore[attr-defined]  # a test's answer
    first = cookie(vic)
    log_in(vic, email=olga.email, password=PASSWORD)
    assert len({before, first, cookie(vic), olga.secret}) == 4
    assert vic.get("/me/").status_code == 200


def test_nobody_learns_whether_an_account_is_there(olga: Persona, vic: FlaskClient) -> None:
    answers = [
        vic.post("/login/", data={"csrf_token": token_for(vic), "email": email, "password": "wrong password"})
        for email in (olga.email, "nobody@example.org")
    ]
    texts = [
        # The forms' token tells the second it was made in.
        re.sub(r'value="[^"]*"', "", answer.text.replace(email, ""))
        for answer, email in zip(answers, (olga.email, "nobody@example.org"), strict=True)
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert "The address or the password is wrong." in texts[0]
    assert len(texts[0]) == len(texts[1])


def test_a_cookie_of_before_the_logout_opens_nothing_afterwards(app: Flask, olga: Persona) -> None:
    assert olga.post("/logout/").status_code == 303
    thief = app.test_client()
    thief.set_cookie("dc_session", olga.secret)
    assert thief.get("/me/").headers["Location"] == "/login/?next=/me/"


def test_a_session_ends_when_idle_when_old_when_disabled_and_with_a_new_password(app: Flask) -> None:
    now = utc_now()
    for index, (name, later, is_open) in enumerate(
        [("olga", timedelta(hours=11), True), ("otto", timedelta(hours=13), False), ("pat", timedelta(days=31), False)]
    ):
        who = persona(app, name, now=now)
        assert (sessions.find(who.secret, now=now + later) is not None) is is_open, (index, name)
    sam = persona(app, "sam", now=now)
    with transaction() as session:
        session.get_one(User, sam.user_id).disabled_at = now
    assert sessions.find(sam.secret, now=now) is None
    una = persona(app, "una", now=now)
    changed_at = now + timedelta(minutes=1)
    fresh = accounts.change_password(
        una.user_id, current=PASSWORD, new="eight brave lanterns", device="Chrome", now=changed_at
    )
    assert sessions.find(una.secret, now=changed_at) is None
    assert sessions.find(fresh, now=changed_at) is not None


def test_a_session_in_use_lives_on_but_not_beyond_thirty_days(app: Flask) -> None:
    now = utc_now()
    who = persona(app, "olga", now=now)
    for hours in range(0, 29 * 24 + 23, 11):
        assert sessions.find(who.secret, now=now + timedelta(hours=hours)) is not None
    assert sessions.find(who.secret, now=now + timedelta(days=30, seconds=1)) is None


def test_one_sees_and_ends_ones_own_sessions_and_no_others(app: Flask, olga: Persona, otto: Persona) -> None:
    log_in(app.test_client(), email=olga.email, password=PASSWORD)
    listed = sessions.of_user(olga.user_id, now=utc_now())
    assert len(listed) == 2
    other = next(entry.session_id for entry in listed if entry.device != "Firefox on Linux")
    assert otto.post(f"/me/sessions/{other}/end/").status_code == 404
    assert olga.post(f"/me/sessions/{other}/end/").status_code == 303
    assert [entry.device for entry in sessions.of_user(olga.user_id, now=utc_now())] == ["Firefox on Linux"]
    assert "This browser" in olga.get("/me/sessions/").text


def test_a_login_leads_where_one_wanted_to_go_and_never_off_the_site(olga: Persona, app: Flask) -> None:
    for wanted, leads in [
        ("/me/sessions/", "/me/sessions/"), ("//evil.example/", "/me/"), ("https://evil.example/", "/me/"),
        ("/\\evil.example", "/me/"), ("javascript:alert(1)", "/me/"), ("", "/me/"),
    ]:  # fmt: skip
        client = app.test_client()
        answer = log_in(client, email=olga.email, password=PASSWORD, next=wanted)
        assert answer.headers["Location"] == leads  # type: ignore[attr-defined]  # a test's answer


def test_five_wrong_passwords_a_minute_are_enough(olga: Persona, vic: FlaskClient) -> None:
    token = token_for(vic)
    typed = {"csrf_token": token, "email": olga.email, "password": "wrong password"}
    assert [vic.post("/login/", data=typed).status_code for _ in range(6)] == [422] * 5 + [429]
    refused = vic.post("/login/", data={**typed, "password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 60


def test_login_and_account_pages_ask_the_database_little(olga: Persona, vic: FlaskClient) -> None:
    # The first page of one's own says what waits for one: matches, registrations, invitations, announcements. One
    # question more is the bell's.
    for client, path, most in ((vic, "/login/", 7), (olga.client, "/me/", 13), (olga.client, "/me/sessions/", 7)):
        with count_statements() as statements:
            assert client.get(path).status_code == 200
        assert len(statements) <= most, path


def test_a_form_without_its_token_is_refused(olga: Persona) -> None:
    answer = olga.client.post("/logout/")
    assert (answer.status_code, "This form is no longer good" in answer.text) == (400, True)
    with read_snapshot() as session:
        assert session.scalars(select(UserSession.ended_at)).all() == [None]


def test_an_anonymous_reader_gets_no_cookie(vic: FlaskClient) -> None:
    for path in ("/", "/tournaments/", "/healthz"):
        assert "Set-Cookie" not in vic.get(path).headers
