"""The staff's look at mails: each in a frame that runs nothing and fetches nothing."""

import pytest
from flask import Flask

from tests.personas import Persona
from webapp.domain.notifications.kinds import KINDS
from webapp.services.operations import mail_templates
from webapp.services.staff_pages import email_previews

NAMES = [mail.name for _, mails in email_previews.listed() for mail in mails]


def test_every_mail_is_listed_once(app: Flask, sam: Persona) -> None:
    page = sam.get("/staff/emails/").text
    assert {name for name in NAMES if f'href="/staff/emails/{name}/"' in page} == set(NAMES)
    assert len(NAMES) == len(set(NAMES)) > len(KINDS)


def test_every_mail_can_be_looked_at_in_all_colours(app: Flask, sam: Persona) -> None:
    for name in NAMES:
        page = sam.get(f"/staff/emails/{name}/?theme=dark")
        assert page.status_code == 200
        assert f'src="/staff/emails/{name}/html/?theme=dark"' in page.text
        assert "sandbox" in page.text
        for theme, rule in mail_templates.DARK.items():
            answer = sam.get(f"/staff/emails/{name}/html/?theme={theme}")
            assert f"@media {rule} {{" in answer.text
            assert "/unsubscribe/" not in answer.text


def test_the_frame_runs_nothing_and_only_our_pages_may_hold_it(app: Flask, sam: Persona) -> None:
    answer = sam.get("/staff/emails/match_scheduled/html/")
    policy = answer.headers["Content-Security-Policy"]
    nonce = answer.text.partition('<style nonce="')[2].partition('"')[0]
    assert len(nonce) > 16
    assert policy == (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    )
    assert "style=" not in answer.text


def test_subject_and_plain_text_stand_beside_it(app: Flask, sam: Persona) -> None:
    page = sam.get("/staff/emails/checkin_open/").text
    assert "Check in now: Harbour Lights Invitational" in page
    assert "No more mails of this kind: http" in page


@pytest.mark.parametrize("name", ["nothing", "..", "_layout", "checkin_open-many", "MATCH_STARTED"])
def test_other_names_are_not_there(app: Flask, sam: Persona, name: str) -> None:
    assert sam.get(f"/staff/emails/{name}/").status_code == 404
    assert sam.get(f"/staff/emails/{name}/html/").status_code == 404
    assert sam.get("/staff/emails/checkin_open/?theme=%3Cscript%3E").status_code == 200
