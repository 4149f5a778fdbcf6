"""Every mail there is, sent to a real server: what stands in the raw bytes that arrive (goal R15)."""

import re
from email import message_from_bytes
from email.policy import default
from typing import Final

from flask import Flask

from tests.conftest import TEST_SECRET_KEY
from tests.servers.smtp import SmtpServer
from webapp.services.accounts import links
from webapp.services.operations import mail
from webapp.services.operations.mail_templates import RenderedMail
from webapp.services.staff_pages import email_previews

BASE: Final = "https://play.a-site-with-a-name-of-fifty-letters.example.org"
ADDRESS: Final = "pat@example.org"
_ONE_URI: Final = re.compile(rb"^List-Unsubscribe: <(https://[!-;=?-~]+)>\r?$", re.MULTILINE)
_POST: Final = re.compile(rb"^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r?$", re.MULTILINE)


def test_every_mail_arrives_in_two_parts_with_the_one_way_out_as_it_was_written(app: Flask) -> None:
    server = SmtpServer()
    mail.connect(server.url, base_url=BASE)
    links.connect(secret_key=TEST_SECRET_KEY, base_url=BASE)
    names = [each.name for _, mails in email_previews.listed() for each in mails]
    rendered = [email_previews._draft(name).rendered() for name in names]
    try:
        with mail.opened() as post:
            for number, each in enumerate(rendered):
                letter = mail.Letter(
                    ADDRESS, each.subject, each.text, each.html, message_id=f"sample.{number}",
                    unsubscribe_url=each.unsubscribe_url,
                )  # fmt: skip
                post.send(letter)
    finally:
        server.stop()
        mail.connect(None, base_url="http://127.0.0.1:8000")
        links.connect(secret_key=TEST_SECRET_KEY, base_url="http://127.0.0.1:8000")
    assert len(server.raw) == len(names)
    for name, sent, raw in zip(names, rendered, server.raw, strict=True):
        ensure_whole(name, sent, raw)


def ensure_whole(name: str, sent: RenderedMail, raw: bytes) -> None:
    arrived = message_from_bytes(raw, policy=default)
    assert arrived["Subject"] == sent.subject, name
    assert (arrived["To"], arrived["Auto-Submitted"]) == (ADDRESS, "auto-generated")
    html, plain = arrived.get_body(("html",)), arrived.get_body(("plain",))
    assert arrived.get_content_type() == "multipart/alternative"
    assert html is not None
    assert plain is not None
    assert html.get_content().split() == sent.html.split(), name
    assert plain.get_content().split() == sent.text.split(), name
    assert max(map(len, raw.splitlines())) <= 998
    head = raw.partition(b"\r\n\r\n")[0]
    if sent.unsubscribe_url:
        assert _ONE_URI.findall(head) == [sent.unsubscribe_url.encode()], name
        assert len(_POST.findall(head)) == 1
    else:
        assert b"List-Unsubscribe" not in head
    assert ADDRESS.encode() not in raw.partition(b"\r\n\r\n")[2]
