"""Mails as they leave: both parts of every template, what is in each of them, and what is in none."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from html.parser import HTMLParser

import pytest
from flask import Flask

from webapp.domain.notifications.kinds import KINDS
from webapp.services.accounts import account_mails, links
from webapp.services.notifications import mail_render, unsubscribing
from webapp.services.operations.mail_templates import RenderedMail
from webapp.services.staff_pages import email_previews

NAMES = [mail.name for _, mails in email_previews.listed() for mail in mails]
ACCOUNT = {"verification", "reset"}
BASE = "https://cups.example.org"
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    links.connect(secret_key="k" * 32, base_url=BASE)
    yield
    links.connect(secret_key="k" * 32, base_url="http://127.0.0.1:8000")


@cache
def mail_of(name: str) -> RenderedMail:
    return email_previews._draft(name).rendered()


class Elements(HTMLParser):
    """Every element with its attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


def test_there_is_a_sample_of_every_mail() -> None:
    assert set(KINDS) | ACCOUNT | {"digest"} <= set(NAMES)
    assert {f"{kind.name}-many" for kind in KINDS.values() if kind.is_grouped} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_has_a_subject_a_text_and_html_with_its_styles_beside_the_elements(name: str) -> None:
    mail = mail_of(name)
    assert 0 < len(mail.subject) <= 150
    assert mail.subject.isprintable()
    elements = Elements(mail.html)
    tags = {tag for tag, _ in elements.found}
    assert tags.isdisjoint({"script", "img", "link", "iframe", "form", "object", "video", "svg"})
    assert all("style" in each for tag, each in elements.found if tag in {"body", "p", "h1", "a"})
    assert "@media (prefers-color-scheme: dark)" in mail.html
    assert '<meta name="color-scheme" content="light dark">' in mail.html
    assert "url(" not in mail.html
    assert "{{" not in mail.html + mail.text
    assert max(map(len, mail.html.splitlines())) < 998 * 3
    assert "<" not in mail.text


@pytest.mark.parametrize("name", NAMES)
def test_both_parts_lead_to_the_same_addresses_of_this_site_alone(name: str) -> None:
    mail = mail_of(name)
    hrefs = {each["href"] for tag, each in Elements(mail.html).found if tag == "a"}
    assert hrefs == set(_ADDRESS.findall(mail.text))
    assert all(str(each).startswith((f"{BASE}/", "https://deltacrown.example/sample/")) for each in hrefs)


@pytest.mark.parametrize("name", sorted(set(NAMES) - ACCOUNT))
def test_a_mail_says_why_it_came_and_how_to_have_no_more(name: str) -> None:
    mail = mail_of(name)
    kind = "digest" if name == "digest" else name.removesuffix("-many").removesuffix("-official")
    assert mail.unsubscribe_url == unsubscribing.url_for(0, kind)
    for part in (mail.text, Elements(mail.html).said):
        assert "This is for Juniper, because " in part
    assert mail.unsubscribe_url in mail.text
    assert f'href="{mail.unsubscribe_url}"' in mail.html
    assert f"{BASE}/me/notifications/#preferences" in mail.text


@pytest.mark.parametrize("name", sorted(ACCOUNT))
def test_a_mail_about_an_account_has_its_link_and_no_list_to_leave(name: str) -> None:
    mail = account_mails.draft(name, url=f"{BASE}/secret/link/").rendered()
    assert mail.unsubscribe_url == ""
    assert f"{BASE}/secret/link/" in mail.text
    assert f'href="{BASE}/secret/link/"' in mail.html


def test_the_words_of_both_parts_are_the_same() -> None:
    for name in KINDS:
        mail = mail_of(name)
        html = " ".join(Elements(mail.html).said.split())
        body = mail.text.split("\n\n", 1)[1].split("\n\n")[0]
        for sentence in body.splitlines():
            words = sentence.strip("- ")
            assert words in html, name


def test_many_and_digests_say_how_many_more_there_are() -> None:
    one = email_previews._said("match_started")
    mail = mail_render.of_notices([one] * (mail_render.SHOWN_AT_MOST + 7), handle="Pat")
    assert "And 7 more." in mail.text
    assert "And 7 more." in mail.html
    digest = mail_render.digest([one] * 3, handle="Pat", on=date(2026, 11, 21), more=2)
    assert digest.subject == "5 unread notices: your day at DeltaCrown, Saturday, 21 November 2026"
    assert "And 2 more." in digest.text
    with pytest.raises(ValueError, match="says something"):
        mail_render.of_notices([], handle="Pat")
    with pytest.raises(ValueError, match="of nothing is not sent"):
        mail_render.digest([], handle="Pat", on=date(2026, 1, 1))


def test_a_digest_is_by_tournament_and_keeps_the_order_in_each() -> None:
    said = [email_previews._said(kind) for kind in ("captain_changed", "match_started", "announcement")]
    text = mail_render.digest(said, handle="Pat", on=date(2026, 11, 21)).text
    places = [text.index(part) for part in ("Harbour Lights", "It has begun", "* Announcement", "Your account and")]
    assert places == sorted(places)


def test_the_styles_of_the_page_of_previews_are_those_of_the_mail(app: Flask) -> None:
    looked_at = email_previews.read_html("match_scheduled", theme="dark", nonce="n")
    assert '<style nonce="n">' in looked_at
    assert "@media all {" in looked_at
    assert "unsubscribe/" not in looked_at
