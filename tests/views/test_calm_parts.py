"""The parts of the page that are fetched by themselves: the feed, the followed rows, what changed."""

import re

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.arenas import Arena, ended_at, open_battle_royale, turn_on_the_engine
from webapp.models import Team
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

HTMX = {"HX-Request": "true"}


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    arena = open_battle_royale(squads=25, lobbies=3)
    for number in (1, 2):
        match_id = arena.match_ids[number - 1]
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(arena.tournament_id, now=ended_at(number))
    return arena


def parts_of(arena: Arena) -> list[str]:
    tournament = f"/spectator/tournaments/{arena.tournament_id}/"
    ids = ",".join(map(str, arena.participant_ids[:3]))
    return [
        f"{tournament}feed/fragment/",
        f"/spectator/matches/{arena.match_ids[0]}/feed/fragment/",
        f"{tournament}following/fragment/?ids={ids}",
        f"{tournament}changes/fragment/?version=1",
    ]


def test_each_part_is_the_same_for_everybody_and_a_page_for_who_asks_without_htmx(
    client: FlaskClient, arena: Arena
) -> None:
    for path in parts_of(arena):
        first, second = client.get(path, headers=HTMX), client.get(path, headers=HTMX)
        assert first.status_code == 200, path
        assert first.data == second.data
        assert "Set-Cookie" not in first.headers
        assert first.headers["Cache-Control"] == "public, max-age=1, stale-while-revalidate=5"
        again = client.get(path, headers={**HTMX, "If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        page = client.get(path)
        assert (page.status_code, page.text[:15].lower()) == (200, "<!doctype html>")
        assert " style=" not in first.text


def test_a_part_of_what_is_not_there_is_a_404(client: FlaskClient) -> None:
    for path in ("tournaments/9/feed", "tournaments/9/following", "tournaments/9/changes", "matches/9/feed"):
        assert client.get(f"/spectator/{path}/fragment/", headers=HTMX).status_code == 404, path


@pytest.mark.parametrize("ids", ["", "x", "-1", "0", "99999999999999999999", "1;2", "²", "1," * 4000])
def test_whatever_is_asked_to_be_followed_is_answered(client: FlaskClient, arena: Arena, *, ids: str) -> None:
    path = f"/spectator/tournaments/{arena.tournament_id}/following/fragment/"
    answer = client.get(path, query_string={"ids": ids}, headers=HTMX)
    assert answer.status_code == 200
    assert len(re.findall("data-participant=", answer.text)) <= 1


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
def test_whatever_version_is_asked_about_is_answered(client: FlaskClient, arena: Arena, *, version: str) -> None:
    path = f"/spectator/tournaments/{arena.tournament_id}/changes/fragment/"
    assert client.get(path, query_string={"version": version}, headers=HTMX).status_code == 200


def test_names_are_escaped_in_every_part(client: FlaskClient, arena: Arena) -> None:
    with transaction() as session:
        for team in session.scalars(select(Team)):
            team.name = f'<b onx="{team.id}">&'
    ids = ",".join(map(str, arena.participant_ids[:3]))
    tournament = f"/spectator/tournaments/{arena.tournament_id}/"
    for path in ("feed/fragment/", f"following/fragment/?ids={ids}", "changes/fragment/?version=1"):
        text = client.get(tournament + path, headers=HTMX).text
        assert ("<b onx" in text, "&lt;b onx" in text) == (False, True), path


def test_what_scripts_say_is_in_the_language_of_the_page(client: FlaskClient, arena: Arena) -> None:
    page = client.get(f"/spectator/tournaments/{arena.tournament_id}/").text
    block = re.search(r'<script type="application/json" id="live-words">\s*(\{.*?\})\s*</script>', page, re.DOTALL)
    assert block is not None
    words = orjson.loads(block[1])
    assert (words["light_live"], words["moved_up"]) == (
        "live · updated",
        "{name} up from {previous} to {rank}",
    )
