"""What links, search engines and posts get to know of a tournament: all of a public one, nothing of the others."""

import io
import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import insert

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.knockouts import open_knockout, registered
from tests.statements import count_statements
from webapp.models import Team, Tournament
from webapp.services.boards import previews
from webapp.services.bracketing import brackets
from webapp.services.live import freezes
from webapp.services.matches import results
from webapp.services.pages import sitemap_reads
from webapp.services.ranking import ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ATTACK = '</script><script>alert(1)</script>"><img src=x onerror=alert(2)>'
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    arena = open_battle_royale(squads=6, lobbies=3, name=f"Cup {ATTACK}", starts_at=OPENED_AT)
    change(arena, slug="cup")
    return arena


def play(arena: Arena, number: int) -> None:
    match_id = arena.match_ids[number - 1]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(number))


def change(arena: Arena, **values: Any) -> None:
    with transaction() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        for name, value in values.items():
            setattr(tournament, name, value)


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  (our own answer)


def event_in(text: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/ld\+json" nonce="[^"]+">(.*?)</script>', text, re.DOTALL)
    assert len(found) == 1
    event: dict[str, Any] = json.loads(found[0])
    return event


def test_names_that_are_markup_stay_names_in_the_head_and_in_the_data(client: FlaskClient, arena: Arena) -> None:
    with transaction() as session:
        session.get_one(Team, 1).name = ATTACK
    for path in ("/tournaments/cup/", f"/spectator/tournaments/{arena.tournament_id}/"):
        page = client.get(path).text
        event = event_in(page)
        assert event["name"] == f"Cup {ATTACK}"
        assert ATTACK in [competitor["name"] for competitor in event["competitor"]]
        for markup in ("<script>alert", "<img src=x"):
            assert markup not in page
        title = re.findall(r'<meta property="og:title" content="([^"]*)">', page)
        assert title[0].startswith("Cup &lt;/script&gt;")


def test_an_event_has_what_schema_org_requires_and_recommends(client: FlaskClient, arena: Arena) -> None:
    change(arena, name="Spring Cup")
    event = event_in(client.get("/tournaments/cup/").text)
    assert {name: event[name] for name in ("@context", "@type", "name", "eventStatus", "eventAttendanceMode")} == {
        "@context": "https://schema.org",
        "@type": "SportsEvent",
        "name": "Spring Cup",
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
    }
    assert event["startDate"] == "2026-03-01T12:00:00Z"
    assert event["location"] == {
        "@type": "VirtualLocation",
        "url": f"http://127.0.0.1:8000/spectator/tournaments/{arena.tournament_id}/",
    }
    assert event["organizer"] == {"@type": "Organization", "name": "DeltaCrown", "url": "http://127.0.0.1:8000/"}
    assert event["competitor"][0] == {"@type": "SportsTeam", "name": "Squad 01"}
    assert len(event["competitor"]) == 6
    assert event["image"] == ["http://127.0.0.1:8000/tournaments/cup/preview.png"]
    change(arena, status="cancelled")
    cancelled = event_in(client.get("/tournaments/cup/").text)
    assert cancelled["eventStatus"] == "https://schema.org/EventCancelled"


def test_every_public_page_has_one_address_a_card_and_a_picture(client: FlaskClient, arena: Arena) -> None:
    play(arena, 1)
    board = f"/spectator/tournaments/{arena.tournament_id}/"
    own_picture = "http://127.0.0.1:8000/tournaments/cup/preview.png"
    for path, picture in {
        "/": None, "/tournaments/": None, "/rules/": None, "/seasons/": None, "/tournaments/cup/": own_picture,
        board: own_picture, f"{board}replay/": own_picture, f"/spectator/matches/{arena.match_ids[0]}/": own_picture,
    }.items():  # fmt: skip
        page = client.get(path).text
        assert re.findall(r'<link rel="canonical" href="([^"]+)">', page) == [f"http://127.0.0.1:8000{path}"]
        shown = re.findall(r'property="og:image"\s+content="([^"]+)"', page)
        assert shown[0] == picture if picture else "/static/img/share.png" in shown[0]
        for name in ("og:title", "og:description", "og:url", "twitter:card", "twitter:title", "twitter:image"):
            content = re.findall(rf'(?:property|name)="{name}"\s+content="([^"]+)"', page)
            assert len(content) == 1, (path, name)


@pytest.mark.parametrize("visibility", ["unlisted", "private"])
def test_an_unlisted_or_private_tournament_is_told_to_nobody(
    client: FlaskClient, arena: Arena, visibility: str
) -> None:
    change(arena, visibility=visibility)
    for path in ("/tournaments/cup/", f"/spectator/tournaments/{arena.tournament_id}/"):
        page = client.get(path)
        assert page.status_code == (200 if visibility == "unlisted" else 404)
        assert "noindex" in page.text
        for told in ("canonical", "ld+json", "og:", "twitter:", "preview.png"):
            assert told not in page.text
    assert client.get("/tournaments/cup/preview.png").status_code == 404
    assert "/cup/" not in client.get("/sitemap.xml").text


def test_a_picture_is_drawn_once_for_what_it_says(client: FlaskClient, arena: Arena) -> None:
    change(arena, name="Cup")
    before = previews.drawn.count
    first = client.get("/tournaments/cup/preview.png")
    assert (first.status_code, first.mimetype) == (200, "image/png")
    assert "max-age=60" in first.headers["Cache-Control"]
    with Image.open(io.BytesIO(first.data)) as image:
        assert (image.format, image.size) == ("PNG", (1200, 630))
    for query in ("", "?a=1", "?a=2"):
        assert client.get(f"/tournaments/cup/preview.png{query}").data == first.data
    unchanged = client.get("/tournaments/cup/preview.png", headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert previews.drawn.count == before + 1
    play(arena, 1)
    second = client.get("/tournaments/cup/preview.png", headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert second.headers["ETag"] != first.headers["ETag"]
    assert previews.drawn.count == before + 2


def test_a_picture_says_who_leads_and_gives_names_that_no_font_has_by_their_number(arena: Arena) -> None:
    with transaction() as session:
        session.get_one(Team, 1).name = "ঢাকা ক্ষত্রিয়"
        session.get_one(Team, 2).name = "战队 😀"
    play(arena, 1)
    preview = previews.read_picture("cup", audience="public", now=OPENED_AT).preview
    assert [row.rank for row in preview.rows] == [1, 2, 3, 4, 5]
    assert preview.kicker == "PUBG Mobile · Battle royale · 6 participants"
    assert (preview.status, preview.is_live) == ("Live", True)
    shown = {row.name for row in preview.rows}
    assert shown <= {"ঢাকা ক্ষত্রিয়", f"#{arena.participant_ids[1]}", *(f"Squad {number:02}" for number in range(3, 7))}


def test_the_sitemap_names_public_pages_with_the_time_of_their_last_change(client: FlaskClient, arena: Arena) -> None:
    play(arena, 1)
    open_battle_royale(name="Quiet", visibility="unlisted")
    open_battle_royale(name="Closed", visibility="private")
    answer = client.get("/sitemap.xml")
    assert answer.mimetype == "application/xml"
    changed = {entry.findtext(f"{SITEMAP}loc"): entry.findtext(f"{SITEMAP}lastmod") for entry in parsed(answer.text)}
    site = "http://127.0.0.1:8000"
    assert changed == {
        f"{site}/": None, f"{site}/tournaments/": None, f"{site}/seasons/": None, f"{site}/teams/": None, f"{site}/rules/": None,
        f"{site}/tournaments/cup/": "2026-03-01T12:01:00Z",
        f"{site}/spectator/tournaments/{arena.tournament_id}/": "2026-03-01T12:01:00Z",
    }  # fmt: skip
    assert f"Sitemap: {site}/sitemap.xml" in client.get("/robots.txt").text
    assert client.get("/sitemap-2.xml").status_code == 404


def test_the_sitemap_names_brackets_that_the_public_knows(client: FlaskClient) -> None:
    def drawn() -> list[int]:
        found = re.findall(r"/spectator/tournaments/(\d+)/bracket/</loc>", client.get("/sitemap.xml").text)
        return [int(each) for each in found]

    first, second = open_knockout(sides=4), registered(sides=4)
    tournaments.start(second.tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert drawn() == [first.tournament_id]
    for cup in (first, second):
        freezes.freeze_now(cup.tournament_id, actor=SYSTEM, now=ended_at(1))
    brackets.generate(second.tournament_id, actor=SYSTEM, now=ended_at(2))
    assert drawn() == [first.tournament_id]
    change(Arena(second.tournament_id, (), ()), frozen_seq=None)
    assert drawn() == [first.tournament_id, second.tournament_id]


def test_a_long_sitemap_is_cut_into_files_each_read_at_once(client: FlaskClient, app: Flask) -> None:
    arena = open_battle_royale(squads=0, lobbies=0)
    with transaction() as session:
        sample = session.get_one(Tournament, arena.tournament_id)
        shared = {"game": sample.game, "format": sample.format, "status": "live", "ruleset": sample.ruleset}
        session.execute(
            insert(Tournament),
            [{"slug": f"n{number}", "name": "N", **shared} for number in range(sitemap_reads.TOURNAMENTS_A_FILE)],
        )
    index = parsed(client.get("/sitemap.xml").text)
    assert [entry.findtext(f"{SITEMAP}loc") for entry in index] == [
        f"http://127.0.0.1:8000/sitemap-{number}.xml" for number in (1, 2)
    ]
    with count_statements() as statements:
        first = client.get("/sitemap-1.xml").text
    assert len(statements) == 3
    assert first.count("<loc>") == 2 * sitemap_reads.TOURNAMENTS_A_FILE + 5
    assert client.get("/sitemap-2.xml").text.count("<loc>") == 2


def test_names_of_registered_participants_alone_are_told(client: FlaskClient, arena: Arena) -> None:
    registrations.withdraw(arena.participant_ids[0], actor=SYSTEM, now=OPENED_AT)
    event = event_in(client.get("/tournaments/cup/").text)
    assert [competitor["name"] for competitor in event["competitor"]] == [
        f"Squad {number:02}" for number in range(2, 7)
    ]
