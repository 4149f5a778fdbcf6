"""The pages of teams: for everybody, for the captain, for who is asked."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.arenas import OPENED_AT
from tests.personas import Persona, persona
from tests.statements import count_statements
from tests.teams import team_of
from tests.uploaded import SVG, picture
from webapp.domain.team_points import Finish, breakdown
from webapp.domain.uploads import MEGABYTE
from webapp.models import Team, Tournament
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import team_invites


@pytest.fixture
def vera(app: Flask) -> Persona:
    return persona(app, "vera")


def of(team_id: int) -> Team:
    with read_snapshot() as session:
        found = session.get_one(Team, team_id)
        session.expunge(found)
        return found


def test_a_player_founds_a_team(app: Flask, pat: Persona) -> None:
    refused = pat.post("/teams/new/", {"name": "", "tag": "!", "game": "valorant", "description": "Hello there"})
    assert refused.status_code == 422
    assert "Hello there" in refused.text
    assert "is empty; write a name" in refused.text
    assert "write 2 to 5 letters or digits" in refused.text
    made = pat.post("/teams/new/", {"name": "Night Ferry", "tag": "NF", "game": "valorant", "description": ""})
    assert (made.status_code, made.location) == (303, "/teams/1/manage/")
    again = pat.post("/teams/new/", {"name": "Other", "game": "valorant"})
    assert again.status_code == 409
    assert "leave “Night Ferry” first" in again.text


def test_everybody_sees_a_team_and_nobody_an_address(app: Flask, pat: Persona, vera: Persona, vic: FlaskClient) -> None:
    team_id = team_of(pat, [vera])
    page = vic.get(f"/teams/{team_id}/")
    assert page.status_code == 200
    assert re.findall(r"<b dir=\"auto\">(\w+)</b>\s*<span class=\"muted\">(\w+)", page.text) == [
        ("Pat", "Captain"), ("Vera", "Player"),
    ]  # fmt: skip
    assert "@example.org" not in page.text
    assert "/manage/" not in page.text
    assert "/manage/" in pat.get(f"/teams/{team_id}/").text
    assert "Leave the team" in vera.get(f"/teams/{team_id}/").text
    assert vera.post(f"/teams/{team_id}/leave/").status_code == 303
    assert "Leave the team" not in vera.get(f"/teams/{team_id}/").text
    assert vic.get("/teams/999/").status_code == 404


def test_the_list_finds_teams_by_name_tag_and_game(app: Flask, pat: Persona, vera: Persona, vic: FlaskClient) -> None:
    team_of(pat)
    team_of(vera, name="Copper Kites", game="cs2")

    def names(query: str) -> list[str]:
        return re.findall(r'dir="auto">([^<]+)</a>', vic.get("/teams/" + query).text)

    assert names("") == ["Night Ferry", "Copper Kites"]
    assert names("?q=KITE") == ["Copper Kites"]
    assert names("?q=nf&game=valorant") == ["Night Ferry"]
    assert names("?game=dota2") == []


@pytest.mark.parametrize("path", ["/teams/", "/teams/1/", "/teams/1/manage/", "/me/teams/"])
def test_a_page_asks_as_often_for_three_as_for_one(app: Flask, pat: Persona, vera: Persona, path: str) -> None:
    people = [vera, persona(app, "olga"), persona(app, "otto")]
    team_of(pat)
    others = [team_of(each, name=f"Team {each.name}", game="cs2") for each in people]
    team_invites.invite(1, "vera", actor=pat.actor, now=utc_now())
    team_invites.invite(others[0], "pat", actor=vera.actor, now=utc_now())
    pat.get(path)
    with count_statements() as before:
        pat.get(path)
    for each, other in zip(people[1:], others[1:], strict=True):
        team_invites.invite(1, each.name, actor=pat.actor, now=utc_now())
        team_invites.invite(other, "pat", actor=each.actor, now=utc_now())
    with count_statements() as after:
        pat.get(path)
    assert len(after) == len(before)


def test_the_captains_page_is_the_captains(app: Flask, pat: Persona, vera: Persona, sam: Persona) -> None:
    team_id = team_of(pat, [vera])
    assert [who.get(f"/teams/{team_id}/manage/").status_code for who in (pat, sam, vera)] == [200, 200, 403]
    refused = pat.post(f"/teams/{team_id}/manage/", {"name": "x" * 50, "tag": "NF", "description": "Kept"})
    assert refused.status_code == 422
    assert "shorten it to at most 40" in refused.text
    assert "Kept" in refused.text
    assert pat.post(f"/teams/{team_id}/manage/", {"name": "New Name", "tag": ""}).status_code == 303
    assert of(team_id).name == "New Name"
    assert vera.post(f"/teams/{team_id}/manage/", {"name": "Vera's"}).status_code == 403


def test_a_logo_is_shown_and_nothing_of_it_runs(app: Flask, pat: Persona, vic: FlaskClient) -> None:
    team_id = team_of(pat)
    sent = pat.post(f"/teams/{team_id}/logo/", {"file": (BytesIO(picture("JPEG")), "logo.svg")})
    assert sent.status_code == 303
    [address] = set(re.findall(r'src="(/teams/1/logo/\d+/)"', vic.get(f"/teams/{team_id}/").text))
    answer = vic.get(address)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with Image.open(BytesIO(answer.data)) as shown:
        assert shown.format == "JPEG"
    pat.post(f"/teams/{team_id}/logo/", {"remove": "1"})
    assert vic.get(address).status_code == 404


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (SVG, "send a PNG, JPG or WebP up to 2 MB"),
        (b"", "this one is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2 * MEGABYTE), "The file is larger than 2 MB"),
    ],
    ids=["svg", "empty", "large"],
)
def test_a_file_that_is_no_logo_is_refused_beside_its_field(app: Flask, pat: Persona, raw: bytes, message: str) -> None:
    team_id = team_of(pat)
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="logo.png"\r\n\r\n' + raw + b"\r\n--b--\r\n"
    answer = pat.post(
        f"/teams/{team_id}/logo/", input_stream=BytesIO(body), content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code == 422
    assert message in answer.text
    assert of(team_id).logo_id is None


def test_a_hundred_megabytes_are_not_even_read(app: Flask, pat: Persona) -> None:
    team_id = team_of(pat)
    stream = BytesIO(b"--b\r\n")
    answer = pat.post(
        f"/teams/{team_id}/logo/",
        input_stream=stream,
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"CONTENT_LENGTH": str(100 * MEGABYTE)},
    )
    assert answer.status_code == 413
    assert "A file may have 2 MB here" in answer.text
    assert stream.tell() == 0


def test_an_invitation_goes_from_page_to_page(app: Flask, pat: Persona, vera: Persona) -> None:
    team_id = team_of(pat)
    nobody = pat.post(f"/teams/{team_id}/invites/", {"handle": "nobody", "role": "coach"})
    assert nobody.status_code == 422
    assert "is nobody&#39;s here" in nobody.text
    assert 'value="nobody"' in nobody.text
    assert pat.post(f"/teams/{team_id}/invites/", {"handle": "vera", "role": "coach"}).status_code == 303
    assert "invited as coach" in pat.get(f"/teams/{team_id}/manage/").text
    for page in ("/me/", "/me/teams/"):
        assert "Night Ferry" in vera.get(page).text
    assert vera.post("/teams/invites/1/decline/").location == "/me/teams/"
    assert "Night Ferry" not in vera.get("/me/teams/").text
    refused = vera.post("/teams/invites/1/accept/", follow_redirects=True)
    assert "The invitation was declined already." in refused.text
    pat.post(f"/teams/{team_id}/invites/", {"handle": "vera", "role": "player"})
    assert vera.post("/teams/invites/2/accept/").location == f"/teams/{team_id}/"
    assert pat.post("/teams/invites/2/accept/").status_code == 404


def test_an_invitation_is_taken_back(app: Flask, pat: Persona, vera: Persona) -> None:
    team_id = team_of(pat)
    pat.post(f"/teams/{team_id}/invites/", {"handle": "vera", "role": "player"})
    assert pat.post(f"/teams/{team_id}/invites/1/withdraw/").status_code == 303
    assert "Night Ferry" not in vera.get("/me/teams/").text


def test_members_are_managed_by_buttons(app: Flask, pat: Persona, vera: Persona) -> None:
    team_id = team_of(pat, [vera])
    base = f"/teams/{team_id}/members/{vera.user_id}/"
    assert pat.post(base + "role/", {"role": "coach"}).status_code == 303
    assert ">coach</span>" in pat.get(f"/teams/{team_id}/manage/").text
    refused = pat.post(f"/teams/{team_id}/members/{pat.user_id}/remove/")
    assert refused.status_code == 409
    assert "The captain stays" in refused.text
    assert pat.post(base + "hand-over/").location == f"/teams/{team_id}/"
    assert of(team_id).captain_id == vera.user_id
    assert "The captain stays" in vera.post(f"/teams/{team_id}/leave/", follow_redirects=True).text
    assert vera.post(f"/teams/{team_id}/members/{pat.user_id}/remove/").status_code == 303
    assert "Your teams" in pat.get("/me/teams/").text
    assert "You are in no team" in pat.get("/me/teams/").text


def test_line_ups_are_kept_and_deleted(app: Flask, pat: Persona, vera: Persona) -> None:
    team_id = team_of(pat, [vera])
    players = {f"member-{pat.user_id}": "player", f"member-{vera.user_id}": "substitute"}
    refused = pat.post(f"/teams/{team_id}/line-ups/", {"name": "", **players})
    assert refused.status_code == 422
    assert '<option value="substitute" selected' in refused.text
    assert pat.post(f"/teams/{team_id}/line-ups/", {"name": "Main", **players}).status_code == 303
    assert "Pat, Vera (substitute)" in pat.get(f"/teams/{team_id}/manage/").text
    assert pat.post(f"/teams/{team_id}/line-ups/1/delete/").status_code == 303
    assert "Pat, Vera (substitute)" not in pat.get(f"/teams/{team_id}/manage/").text


def test_a_disbanded_team_stays_on_its_page_alone(app: Flask, pat: Persona, vic: FlaskClient) -> None:
    team_id = team_of(pat)
    assert pat.post(f"/teams/{team_id}/disband/").location == "/me/teams/"
    assert "Disbanded" in vic.get(f"/teams/{team_id}/").text
    assert "Night Ferry" not in vic.get("/teams/").text
    assert pat.get(f"/teams/{team_id}/manage/").status_code == 403


def test_points_are_shown_with_what_they_come_from_while_that_is_public(
    app: Flask, pat: Persona, vic: FlaskClient
) -> None:
    team_id, now = team_of(pat), utc_now()
    with transaction() as session:
        cups = [
            Tournament(slug=f"cup-{number}", name=f"Cup {number}", game="valorant", format="single-elimination",
                       status="completed", completed_at=now, ruleset={}, created_at=OPENED_AT)
            for number in (1, 2, 3)
        ]  # fmt: skip
        session.add_all(cups)
        session.flush()
        cups[1].visibility, cups[2].frozen_seq = "private", 1
        team = session.get_one(Team, team_id)
        finishes = [Finish(cup.id, 1, cup.id == cups[0].id, now - timedelta(days=180)) for cup in cups]
        team.points_breakdown, team.points = breakdown(finishes, now=now), 10_000
    page = vic.get(f"/teams/{team_id}/").text
    assert "Cup 1" in page
    assert "100.0" in page
    assert "official, counts double" in page
    assert "Cup 2" not in page
    assert "Cup 3" not in page
    assert "100.0" in vic.get("/teams/").text
