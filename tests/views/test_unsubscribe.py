"""The way out of mails (RFC 8058): one POST without cookies, and a link that changes nothing by being opened."""

import base64
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.personas import Persona
from webapp.domain.notifications.kinds import DIGEST, EMAIL, IN_APP, KINDS
from webapp.services.accounts import links
from webapp.services.accounts.links import LinkError
from webapp.services.notifications import preferences, unsubscribing
from webapp.services.spine.clock import utc_now

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
KIND = "match_scheduled"


def path_of(who: Persona, kind: str = KIND) -> str:
    whole = unsubscribing.url_for(who.user_id, kind)
    assert whole.startswith("http://127.0.0.1:8000/unsubscribe/")
    return whole.removeprefix("http://127.0.0.1:8000")


def has_mail(who: Persona, kind: str = KIND) -> bool:
    found = preferences.read_preferences(who.user_id).choice
    return found.has_digest if kind == DIGEST else (kind, EMAIL) in found.on


@pytest.mark.parametrize("form", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_of_a_mail_program_stops_the_mails_and_twice_is_once(
    app: Flask, pat: Persona, vic: FlaskClient, form: str
) -> None:
    path = path_of(pat)
    assert has_mail(pat)
    before = preferences.read_preferences(pat.user_id).choice
    for _ in range(3):
        answer = vic.post(path, data=ONE_CLICK, content_type=form)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "Location" not in answer.headers
        assert not has_mail(pat)
    after = preferences.read_preferences(pat.user_id).choice
    assert before.on - after.on == {(KIND, EMAIL)}
    assert (after.channels, after.has_digest) == (before.channels, True)


def test_opening_the_link_changes_nothing_however_often_and_by_whatever_method(
    app: Flask, pat: Persona, vic: FlaskClient
) -> None:
    path = path_of(pat)
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        answer = vic.open(path, method=method)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert vic.open(path, method="PUT").status_code == 405
    assert has_mail(pat)
    page = vic.get(path).text
    assert "Stop these mails?" in page
    assert "Match scheduled or moved" in page
    assert '<html lang="en"' in page
    assert 'name="List-Unsubscribe" value="One-Click"' in page
    assert "csrf_token" not in page


def mailed(who: Persona) -> set[str]:
    """Everything that comes by mail."""
    choice = preferences.read_preferences(who.user_id).choice
    return {kind for kind, channel in choice.on if channel == EMAIL} | ({DIGEST} if choice.has_digest else set())


def test_every_kind_has_its_own_link_which_stops_that_alone(app: Flask, pat: Persona) -> None:
    everything = {(kind, channel) for kind in KINDS for channel in (EMAIL, IN_APP)}
    preferences.save(pat.user_id, preferences.Choice(on=frozenset(everything)), now=utc_now())
    left = {*KINDS, DIGEST}
    assert mailed(pat) == left
    for kind in (*KINDS, DIGEST):
        target = unsubscribing.unsubscribe(path_of(pat, kind).split("/")[2], now=utc_now())
        assert (target.user_id, target.kind) == (pat.user_id, kind)
        left.remove(kind)
        assert mailed(pat) == left
    on = preferences.read_preferences(pat.user_id).choice.on
    assert {kind for kind, channel in on if channel == IN_APP} == set(KINDS)


def test_the_button_says_what_was_stopped_and_leads_to_the_preferences(app: Flask, pat: Persona, olga: Persona) -> None:
    # Whoever is logged in, it is about the person of the link.
    page = olga.client.post(path_of(pat, DIGEST), data=ONE_CLICK).text
    assert "No more of these mails" in page
    assert "Daily digest" in page
    assert 'href="/me/notifications/#preferences"' in page
    assert not has_mail(pat, DIGEST)
    assert has_mail(olga, DIGEST)


def test_what_was_chosen_again_is_stopped_again(app: Flask, pat: Persona, vic: FlaskClient) -> None:
    path = path_of(pat)
    vic.post(path, data=ONE_CLICK)
    preferences.save(pat.user_id, preferences.Choice(), now=utc_now())
    assert has_mail(pat)
    vic.post(path, data=ONE_CLICK)
    assert not has_mail(pat)


def test_an_altered_token_is_nobodys(app: Flask, pat: Persona, olga: Persona, vic: FlaskClient) -> None:
    token = path_of(pat).split("/")[2]
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        altered = token[:place] + other + token[place + 1 :]
        try:
            target = unsubscribing.look(altered)
        except LinkError:
            continue
        # The last letter of base64 has bits that say nothing.
        assert (place, target.user_id) == (len(token) - 1, pat.user_id)
    mine, signature = path_of(olga).split("/")[2].split(".")[0], token.split(".")[1]
    for method in ("GET", "POST"):
        answer = vic.open(f"/unsubscribe/{mine}.{signature}/", method=method, data=ONE_CLICK)
        assert answer.status_code == 410
        assert "This link stops nothing" in answer.text
    assert has_mail(olga)


@pytest.mark.parametrize(
    "content", [[], [1], [1, "no_such_kind"], ["1", KIND], [1, KIND, 2], [None, KIND], [1, None], [999_999, KIND]]
)
def test_a_signed_token_of_something_else_is_refused(
    app: Flask, pat: Persona, vic: FlaskClient, content: list[int | str]
) -> None:
    token = links.lasting_token("unsubscribe", content)
    for method in ("GET", "POST"):
        assert vic.open(f"/unsubscribe/{token}/", method=method, data=ONE_CLICK).status_code == 410


def test_other_links_and_unsubscribing_do_not_open_each_other(app: Flask, pat: Persona) -> None:
    token = path_of(pat).split("/")[2]
    with pytest.raises(LinkError):
        links.read("password-reset", token)
    with pytest.raises(LinkError):
        links.read_lasting("something-else", token)


def test_a_token_holds_no_address_and_stands_in_a_header_as_it_is(app: Flask, pat: Persona) -> None:
    for kind in (*KINDS, DIGEST):
        whole = unsubscribing.url_for(pat.user_id, kind)
        assert re.fullmatch(r"http://127\.0\.0\.1:8000/unsubscribe/[A-Za-z0-9_.-]+/", whole)
        # With the name of the header and a site's name of fifty letters it is far from the longest line of mail.
        assert len(whole) < 200
        payload = whole.split("/")[-2].split(".")[0]
        held = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
        assert held == f'[{pat.user_id},"{kind}"]'
