"""Sponsors and promotions on pages: the captain's forms, the staff's list, what everybody sees."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.personas import Persona, persona
from tests.statements import count_statements
from tests.teams import team_of
from tests.uploaded import SVG, picture
from webapp.domain.sponsorship import SPONSOR, PromotionDraft, SponsorDraft
from webapp.services.spine.clock import utc_now
from webapp.services.teams import promotions, sponsors, sponsorship

NOW = utc_now()
TODAY = NOW.date()
LAST = TODAY + timedelta(days=30)
SPONSOR_FORM = {
    "name": "Kiln Coffee", "link": "https://kiln.example/", "starts_on": str(TODAY), "ends_on": str(LAST),
}  # fmt: skip
PROMOTION_FORM = {
    "title": "Shirts, half price", "text": "Until Sunday.\n<b>Really</b>", "link": "https://kiln.example/shirts",
    "starts_at": NOW.strftime("%Y-%m-%dT%H:%M"), "ends_at": (NOW + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"),
}  # fmt: skip
WHY = "The name is another firm's."


@pytest.fixture
def team_id(app: Flask, pat: Persona) -> int:
    return team_of(pat)


def test_a_sponsor_goes_from_the_captain_over_the_staff_to_everybody(
    team_id: int, pat: Persona, sam: Persona, vic: FlaskClient
) -> None:
    sent = pat.post(f"/teams/{team_id}/sponsors/new/", {**SPONSOR_FORM, "file": (BytesIO(picture()), "logo.png")})
    assert (sent.status_code, sent.location) == (303, f"/teams/{team_id}/manage/#sponsors-title")
    assert "pending" in pat.get(f"/teams/{team_id}/manage/").text
    assert "Kiln Coffee" not in vic.get(f"/teams/{team_id}/").text
    [logo] = set(re.findall(r'src="(/teams/1/sponsors/1/logo/\d+/)"', sam.get("/staff/sponsors/").text))
    assert [vic.get(logo).status_code, pat.get(logo).status_code, sam.get(logo).status_code] == [404, 200, 200]
    assert pat.get(logo).headers["Cache-Control"] == "no-store"
    assert sam.post("/staff/sponsors/1/approve/?revision=1").status_code == 303
    page = vic.get(f"/teams/{team_id}/").text
    assert '<a href="https://kiln.example/" rel="sponsored noopener nofollow" dir="auto">Kiln Coffee</a>' in page
    assert logo in page
    assert vic.get(logo).headers["Cache-Control"].startswith("public")
    assert "স্পনসর" in vic.get(f"/teams/{team_id}/?lang=bn").text
    assert pat.post(f"/teams/{team_id}/sponsors/1/withdraw/").status_code == 303
    assert "Kiln Coffee" not in vic.get(f"/teams/{team_id}/").text
    assert vic.get(logo).status_code == 404


def test_a_promotion_is_shown_as_text_while_it_lasts(
    team_id: int, pat: Persona, sam: Persona, vic: FlaskClient
) -> None:
    assert pat.post(f"/teams/{team_id}/promotions/new/", PROMOTION_FORM).status_code == 303
    assert "Shirts, half price" in sam.get("/staff/promotions/").text
    sam.post("/staff/promotions/1/approve/?revision=1")
    assert "Shirts" not in vic.get(f"/teams/{team_id}/").text
    promotions.turn(now=utc_now())
    page = vic.get(f"/teams/{team_id}/").text
    assert "Until Sunday.\n&lt;b&gt;Really&lt;/b&gt;" in page
    assert 'href="https://kiln.example/shirts" rel="sponsored noopener nofollow"' in page
    assert pat.post(f"/teams/{team_id}/promotions/1/withdraw/").status_code == 303
    assert "Shirts" not in vic.get(f"/teams/{team_id}/").text


@pytest.mark.parametrize(
    ("path", "form", "messages"),
    [
        ("sponsors", {**SPONSOR_FORM, "link": "http://kiln.example/"}, ["begins with https://, such as"]),
        ("sponsors", {**SPONSOR_FORM, "ends_on": "soon"}, ["Write a day, such as 2026-11-21."]),
        ("sponsors", {**SPONSOR_FORM, "file": SVG}, ["send a PNG, JPG or WebP up to 2 MB"]),
        ("promotions", {**PROMOTION_FORM, "ends_at": ""}, ["Write day and time, such as"]),
        ("promotions", {**PROMOTION_FORM, "text": ""}, ["is empty; write what it is about"]),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    team_id: int, pat: Persona, path: str, form: dict[str, Any], messages: list[str]
) -> None:
    if "file" in form:
        form = {**form, "file": (BytesIO(form["file"]), "logo.png")}
    answer = pat.post(f"/teams/{team_id}/{path}/new/", form)
    assert answer.status_code == 422
    for message in [*messages, form.get("name") or form["title"]]:
        assert message in answer.text
    assert answer.text.count("field--wrong") == 1


def test_the_forms_hold_what_is_there_and_save_it(team_id: int, pat: Persona) -> None:
    pat.post(f"/teams/{team_id}/sponsors/new/", SPONSOR_FORM)
    pat.post(f"/teams/{team_id}/promotions/new/", PROMOTION_FORM)
    for kind, form in (("sponsors", SPONSOR_FORM), ("promotions", PROMOTION_FORM)):
        address = f"/teams/{team_id}/{kind}/1/"
        page = pat.get(address).text
        for name in form.keys() - {"text"}:
            assert f'value="{form[name]}"' in page
        same = pat.post(address, form, follow_redirects=True)
        assert "Nothing was different" in same.text
        changed = pat.post(address, {**form, "link": "https://other.example/"}, follow_redirects=True)
        assert "Saved; it waits for staff again." in changed.text
        assert pat.get(f"/teams/{team_id}/{kind}/2/").status_code == 404


def test_others_do_not_reach_them(app: Flask, team_id: int, pat: Persona) -> None:
    vera = persona(app, "vera")
    other_id = team_of(vera, name="Copper Kites", game="cs2")
    pat.post(f"/teams/{team_id}/sponsors/new/", SPONSOR_FORM)
    for path in ("sponsors/new/", "sponsors/1/", "promotions/new/"):
        assert vera.get(f"/teams/{team_id}/{path}").status_code == 403
        assert vera.post(f"/teams/{team_id}/{path}", SPONSOR_FORM | PROMOTION_FORM).status_code == 403
    assert vera.post(f"/teams/{team_id}/sponsors/1/withdraw/").status_code == 403
    assert vera.post(f"/teams/{other_id}/sponsors/1/withdraw/").status_code == 404
    assert pat.get("/staff/sponsors/").status_code == 403
    assert pat.post("/staff/sponsors/1/approve/?revision=1").status_code == 403


def test_staff_say_no_with_a_reason_that_the_captain_reads(team_id: int, pat: Persona, sam: Persona) -> None:
    pat.post(f"/teams/{team_id}/sponsors/new/", SPONSOR_FORM)
    refused = sam.post("/staff/sponsors/1/reject/?revision=1", {"reason": "Short"})
    assert refused.status_code == 422
    assert "Short</textarea>" in refused.text
    assert "say why in 10 to 500 characters" in refused.text
    assert sam.post("/staff/sponsors/1/reject/?revision=0", {"reason": WHY}).status_code == 409
    assert sam.post("/staff/sponsors/1/reject/?revision=1", {"reason": WHY}).status_code == 303
    assert "another firm&#39;s" in pat.get(f"/teams/{team_id}/manage/").text
    stale = sam.post("/staff/sponsors/1/approve/?revision=1", follow_redirects=True)
    assert "It is rejected already" in stale.text


def test_what_waits_stands_first(team_id: int, pat: Persona, sam: Persona) -> None:
    assert "No team shows any" in sam.get("/staff/sponsors/").text
    for minute, name in enumerate(("First", "Second", "Third")):
        draft = SponsorDraft(name, "https://kiln.example/", TODAY, LAST)
        sponsors.propose(team_id, draft, None, actor=pat.actor, now=NOW + timedelta(minutes=minute))
    sponsorship.approve(SPONSOR, 1, revision=1, actor=sam.actor, now=NOW)
    page = sam.get("/staff/sponsors/").text
    assert re.findall(r'<b dir="auto">(\w+)</b>', page) == ["Second", "Third", "First"]
    assert "2 to decide" in page


@pytest.mark.parametrize("path", ["/staff/sponsors/", "/staff/promotions/", "/teams/1/manage/", "/teams/1/"])
def test_a_page_asks_as_often_for_three_as_for_one(team_id: int, pat: Persona, sam: Persona, path: str) -> None:
    def one_more() -> None:
        draft = SponsorDraft("Kiln", "https://kiln.example/", TODAY, LAST)
        sponsor_id = sponsors.propose(team_id, draft, None, actor=pat.actor, now=NOW)
        sponsorship.approve(SPONSOR, sponsor_id, revision=1, actor=sam.actor, now=NOW)
        sale = PromotionDraft("Shirts", "Half price.", "", NOW, NOW + timedelta(hours=2))
        promotions.propose(team_id, sale, actor=pat.actor, now=NOW)

    one_more()
    sam.get(path)
    with count_statements() as before:
        sam.get(path)
    one_more()
    one_more()
    with count_statements() as after:
        sam.get(path)
    assert len(after) == len(before)
