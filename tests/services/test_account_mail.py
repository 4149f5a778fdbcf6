"""Links by mail: sent by a real server, good once, and nothing of them in logs or rows."""

import re
from collections.abc import Iterator
from datetime import timedelta

import argon2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import select

from jobs import mail as mail_jobs
from tests.personas import PASSWORD, Persona, token_for
from tests.servers.smtp import SmtpServer
from webapp.models import AuditEntry, OutboxItem, User
from webapp.services.accounts import accounts, links, passwords, sessions
from webapp.services.accounts.links import LinkError
from webapp.services.operations import mail
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction

_LINK = re.compile(r"http://127\.0\.0\.1:8000(/\S+)")


@pytest.fixture
def smtp(app: Flask) -> Iterator[SmtpServer]:
    server = SmtpServer()
    mail.connect(server.url, base_url="http://127.0.0.1:8000")
    yield server
    server.stop()
    mail.connect(None, base_url="http://127.0.0.1:8000")


def deliver() -> None:
    """What workers of the queue `email` do."""
    with read_snapshot() as session:
        due = [
            (item.handler, item.id)
            for item in session.scalars(select(OutboxItem).where(OutboxItem.wanted > OutboxItem.done))
        ]
    for handler, item_id in due:
        {"verification_mail": mail_jobs.send_verification_mail, "reset_mail": mail_jobs.send_reset_mail}[handler](
            item_id
        )


def link_in(smtp: SmtpServer) -> str:
    """The way that the last message shows, which is the same in both its parts."""
    parts = {part.get_content_type(): part for part in smtp.messages[-1][1].walk() if not part.is_multipart()}
    assert set(parts) == {"text/plain", "text/html"}
    found: set[str] = {
        each.rstrip('">').partition('"')[0].partition("<")[0]
        for part in parts.values()
        for each in _LINK.findall(part.get_payload(decode=True).decode())  # type: ignore[union-attr]  # bytes, of no multipart
    }
    (link,) = found
    return link


def test_a_new_account_confirms_its_address_by_the_link_and_only_by_the_button(
    smtp: SmtpServer, vic: FlaskClient
) -> None:
    form = {
        "csrf_token": token_for(vic),
        "handle": "Nova",
        "email": "nova@example.org",
        "password": "seven calm rivers",
    }
    vic.post("/register/", data=form)
    deliver()
    (address, message), link = smtp.messages[0], link_in(smtp)
    assert (address, message["Subject"]) == ("nova@example.org", "Confirm your address for DeltaCrown")
    assert re.fullmatch(r"<[0-9a-f-]{36}@127\.0\.0\.1>", message["Message-ID"])
    assert all(len(line) < 998 for line in smtp.raw[0].splitlines())
    page = vic.get(link)
    assert page.status_code == 200
    assert _verified() is False
    answer = vic.post(link, data={"csrf_token": token_for(vic)})
    assert answer.headers["Location"] == "/me/"
    assert _verified() is True
    assert vic.post(link, data={"csrf_token": token_for(vic)}).status_code == 410


def test_a_new_password_by_mail_ends_every_session_and_the_link(
    smtp: SmtpServer, olga: Persona, vic: FlaskClient
) -> None:
    vic.post("/password/forgot/", data={"csrf_token": token_for(vic), "email": olga.email.upper()})
    deliver()
    link = link_in(smtp)
    assert "Choose a new password" in vic.get(link).text
    weak = vic.post(link, data={"csrf_token": token_for(vic), "password": "password1"})
    assert (weak.status_code, "easily guessed" in weak.text) == (422, True)
    right = vic.post(link, data={"csrf_token": token_for(vic), "password": "eight brave lanterns"})
    assert right.headers["Location"] == "/login/"
    assert sessions.find(olga.secret, now=utc_now()) is None
    again = vic.post(link, data={"csrf_token": token_for(vic), "password": "nine brave lanterns"})
    assert again.status_code == 410
    assert accounts.check_password(olga.email, "eight brave lanterns") == olga.user_id
    with pytest.raises(accounts.LoginError):
        accounts.check_password(olga.email, PASSWORD)


def test_asking_for_a_password_looks_the_same_for_an_address_without_an_account(
    smtp: SmtpServer, olga: Persona, vic: FlaskClient
) -> None:
    answers = [
        vic.post("/password/forgot/", data={"csrf_token": token_for(vic), "email": email})
        for email in (olga.email, "nobody@example.org")
    ]
    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(303, "/login/")] * 2
    deliver()
    assert [address for address, _ in smtp.messages] == [olga.email]


def test_a_link_dies_of_age_and_of_every_altered_character(
    app: Flask, olga: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    with read_snapshot() as session:
        token = links.token("password-reset", session.get_one(User, olga.user_id))
    accounts.check_reset_link(token)
    for place in range(0, len(token), 7):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(LinkError):
            accounts.check_reset_link(token[:place] + other + token[place + 1 :])
    with pytest.raises(LinkError):
        accounts.verify_email(token, now=utc_now())
    later = TimestampSigner.get_timestamp(None) + links.LIFETIMES["password-reset"].total_seconds() + 2  # type: ignore[arg-type]  # it reads the clock alone
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: int(later))
    with pytest.raises(LinkError):
        accounts.check_reset_link(token)


def test_without_a_server_the_message_is_printed_without_its_address(
    app: Flask, olga: Persona, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts.request_reset(olga.email, now=utc_now())
    deliver()
    printed = capsys.readouterr().err
    assert "/password/reset/" in printed
    assert olga.email not in printed


def test_a_server_that_is_away_is_tried_again(smtp: SmtpServer, olga: Persona) -> None:
    smtp.stop()
    accounts.request_reset(olga.email, now=utc_now())
    with pytest.raises(mail.Unreachable):
        deliver()
    with read_snapshot() as session:
        item = session.scalars(select(OutboxItem)).one()
        assert (item.attempts, item.wanted > item.done, item.last_error) == (1, True, "Unreachable")


def test_neither_audit_nor_outbox_holds_an_address_or_a_token(smtp: SmtpServer, olga: Persona) -> None:
    accounts.request_reset(olga.email, now=utc_now() - timedelta(minutes=1))
    deliver()
    accounts.reset_password(link_in(smtp).split("/")[-2], "eight brave lanterns", now=utc_now())
    with read_snapshot() as session:
        rows = [str(entry.data) for entry in session.scalars(select(AuditEntry))]
        rows += [f"{item.key} {item.last_error}" for item in session.scalars(select(OutboxItem))]
    assert not [row for row in rows if "@" in row or "lantern" in row]


def test_a_weak_old_hash_is_renewed_at_the_next_login(app: Flask, olga: Persona) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with transaction() as session:
        session.get_one(User, olga.user_id).password_hash = weak
    accounts.check_password(olga.email, PASSWORD)
    with read_snapshot() as session:
        renewed = session.get_one(User, olga.user_id).password_hash
    assert renewed is not None
    assert not passwords.needs_new_hash(renewed)


def _verified() -> bool:
    with read_snapshot() as session:
        return session.scalars(select(User.email_verified_at)).one() is not None
