"""The page of one's tokens."""

import re

from flask.testing import FlaskClient

from tests.personas import Persona
from tests.statements import count_statements
from webapp.services.accounts import tokens
from webapp.services.spine.clock import utc_now

PAGE = "/me/tokens/"
WANTED = {"name": "Overlay", "scopes": ["read"], "days": "30"}
SECRET = re.compile(r"dc_[\w-]{43}")


def test_a_new_token_is_shown_once(pat: Persona) -> None:
    made = pat.post(PAGE, WANTED)
    (secret,) = SECRET.findall(made.text)
    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")
    assert tokens.identify(secret, now=utc_now()).person.user_id == pat.user_id
    later = pat.get(PAGE)
    assert secret not in later.text
    assert "Overlay" in later.text
    assert secret[-4:] in later.text


def test_what_is_wrong_stands_beside_it_and_what_was_typed_stays(pat: Persona) -> None:
    answer = pat.post(PAGE, {"name": "x" * 61, "days": "30"})
    assert answer.status_code == 422
    assert "shorten it to at most 60" in answer.text
    assert "choose at least one of read" in answer.text
    assert 'value="' + "x" * 61 in answer.text
    assert tokens.list_of(pat.user_id, now=utc_now()) == []


def test_a_scope_beyond_the_role_is_not_offered_and_not_taken(pat: Persona, sam: Persona) -> None:
    assert "overrides" not in pat.get(PAGE).text
    assert "overrides" in sam.get(PAGE).text
    assert pat.post(PAGE, WANTED | {"scopes": ["admin"]}).status_code == 422
    assert sam.post(PAGE, WANTED | {"scopes": ["admin", "overrides"]}).status_code == 200


def test_revoking_ends_it(pat: Persona) -> None:
    pat.post(PAGE, WANTED)
    (token,) = tokens.list_of(pat.user_id, now=utc_now())
    answer = pat.post(f"{PAGE}{token.id}/revoke/")
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert "revoked" in pat.get(PAGE).text
    assert [info.state for info in tokens.list_of(pat.user_id, now=utc_now())] == ["revoked"]


def test_a_strangers_token_is_not_there(pat: Persona, olga: Persona) -> None:
    pat.post(PAGE, WANTED)
    (token,) = tokens.list_of(pat.user_id, now=utc_now())
    assert olga.post(f"{PAGE}{token.id}/revoke/").status_code == 404
    assert "Overlay" not in olga.get(PAGE).text


def test_who_is_not_logged_in_goes_to_the_login_page(vic: FlaskClient) -> None:
    assert vic.get(PAGE).status_code == 303


def test_without_the_forms_token_nothing_is_made(pat: Persona) -> None:
    assert pat.client.post(PAGE, data=WANTED).status_code == 400
    assert tokens.list_of(pat.user_id, now=utc_now()) == []


def test_the_page_asks_as_much_for_three_tokens_as_for_one(pat: Persona) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            pat.post(PAGE, WANTED)
        with count_statements() as statements:
            pat.get(PAGE)
        counts.append(len(statements))
    assert counts[0] == counts[1] < 8
