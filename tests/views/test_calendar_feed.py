"""The schedule as a calendar asks for it."""

import re
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from tests.arenas import OPENED_AT, REASON, Arena, open_battle_royale, schedule
from tests.personas import Persona
from tests.views.organizer.pages import draft
from webapp.models import Tournament
from webapp.services.matches import matches
from webapp.services.matches.matches import Fixture
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot


def slug_of(tournament_id: int) -> str:
    with read_snapshot() as session:
        return session.get_one(Tournament, tournament_id).slug


def path_of(tournament_id: int) -> str:
    return f"/tournaments/{slug_of(tournament_id)}/schedule.ics"


def planned(**details: Any) -> Arena:
    arena = open_battle_royale(squads=3, lobbies=1, **details)
    ids = schedule(arena.tournament_id, [Fixture("Lobby", scheduled_at=OPENED_AT + timedelta(days=1))])
    return Arena(arena.tournament_id, arena.participant_ids, tuple(ids))


def test_a_calendar_asks_again_and_again_and_is_told_what_is_new(client: FlaskClient) -> None:
    arena = planned()
    path = path_of(arena.tournament_id)
    first = client.get(path)
    assert (first.status_code, first.mimetype) == (200, "text/calendar")
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in first.headers
    assert "X-Robots-Tag" not in first.headers
    known = {"If-None-Match": first.headers["ETag"]}
    assert client.get(path, headers=known).status_code == 304
    matches.start_match(
        matches.schedule(arena.tournament_id, [Fixture("Extra")], actor=SYSTEM, now=OPENED_AT)[0],
        actor=SYSTEM,
        now=OPENED_AT,
    )
    assert client.get(path, headers=known).status_code == 304
    matches.cancel_match(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=OPENED_AT)
    changed = client.get(path, headers=known)
    assert changed.status_code == 200
    assert b"STATUS:CANCELLED" in changed.data
    assert Calendar.from_ical(changed.data)


def test_an_unlisted_one_is_for_who_has_its_address(client: FlaskClient) -> None:
    answer = client.get(path_of(planned(visibility="unlisted").tournament_id))
    assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (200, "noindex")


def test_a_private_one_is_for_its_officials(
    client: FlaskClient, olga: Persona, otto: Persona, pat: Persona, sam: Persona
) -> None:
    path = path_of(draft(olga, visibility="private", starts_at=OPENED_AT))
    assert [who.get(path).status_code for who in (olga, sam, otto, pat, client)] == [200, 200, 404, 404, 404]
    assert olga.get(path).headers["Cache-Control"] == "no-store"
    assert client.get("/tournaments/no%00thing/schedule.ics").status_code == 404


def test_the_page_has_the_way_to_subscribe(app: Flask, client: FlaskClient) -> None:
    path = path_of(planned().tournament_id)
    page = client.get(path.removesuffix("schedule.ics")).text
    (subscribed,) = re.findall(r'href="(webcal://[^"]+)"', page)
    assert subscribed == re.sub("^https?", "webcal", app.config["SETTINGS"].base_url) + path
    assert f'href="{path}"' in page
