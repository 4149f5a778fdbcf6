"""One's own account: what it shows, and a new password."""

from flask import Flask
from flask.testing import FlaskClient

from tests.personas import PASSWORD, Persona
from webapp.services.accounts import sessions
from webapp.services.spine.clock import utc_now


def test_the_account_page_is_its_owners_alone(olga: Persona, vic: FlaskClient) -> None:
    page = olga.get("/me/").text
    assert olga.email in page
    assert "organizer" in page
    assert vic.get("/me/").status_code == 303


def test_a_new_password_wants_the_present_one_and_keeps_this_browser_alone(app: Flask, olga: Persona) -> None:
    wrong = olga.post("/me/password/", {"current": "not this", "new": "eight brave lanterns"})
    assert (wrong.status_code, "is not your present password" in wrong.text) == (422, True)
    right = olga.post("/me/password/", {"current": PASSWORD, "new": "eight brave lanterns"})
    assert right.headers["Location"] == "/me/"
    assert sessions.find(olga.secret, now=utc_now()) is None
    assert olga.get("/me/").status_code == 200


def test_a_confirmed_address_gets_no_more_links(olga: Persona) -> None:
    assert olga.post("/me/email/verify/").headers["Location"] == "/me/"
    assert "not confirmed yet" not in olga.get("/me/").text
