"""The replay and the chart as browsers ask for them: whole without script, kept for long where they never change."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import Arena, ended_at, open_battle_royale, turn_on_the_engine
from webapp.models import Tournament
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

HTMX = {"HX-Request": "true"}
MATCHES = 3
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine(cache=True)
    arena = open_battle_royale(squads=25, lobbies=MATCHES, name='Cup </title><script>alert("x")</script>')
    for number in range(1, MATCHES + 1):
        match_id = arena.match_ids[number - 1]
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(arena.tournament_id, now=ended_at(number))
    return arena


def replay_path(arena: Arena) -> str:
    return f"/spectator/tournaments/{arena.tournament_id}/replay/"


def names_in(text: str) -> list[str]:
    return re.findall(r'data-name="([^"]+)"', text)


def test_the_page_without_script_shows_any_version_by_a_list_and_two_links(client: FlaskClient, arena: Arena) -> None:
    path = replay_path(arena)
    page = client.get(path, query_string={"at": "2"})
    assert page.status_code == 200
    assert re.findall(r'<option value="(\d+)"[^>]*?(selected)?>After match (\d)', page.text) == [
        ("1", "", "1"), ("2", "selected", "2"), ("3", "", "3"),
    ]  # fmt: skip
    assert re.findall(r'href="([^"]+at=\d)">(Previous|Next)<', page.text) == [
        (f"{path}?at=1", "Previous"), (f"{path}?at=3", "Next"),
    ]  # fmt: skip
    assert len(names_in(page.text)) == 20
    for part in ("<script>alert", " style=", " onclick="):
        assert part not in page.text
    assert "Set-Cookie" not in page.headers
    assert f'<link rel="canonical" href="http://127.0.0.1:8000{path}">' in page.text


def test_a_page_of_a_long_board_keeps_the_version(client: FlaskClient, arena: Arena) -> None:
    page = client.get(replay_path(arena), query_string={"at": "2", "page": "2"}).text
    assert len(names_in(page)) == 5
    assert f'href="{replay_path(arena)}?at=2"' in page


def test_a_frame_is_the_same_for_everybody_and_is_kept(client: FlaskClient, arena: Arena) -> None:
    path = f"{replay_path(arena)}fragment/?at=1"
    frame = client.get(path, headers=HTMX)
    assert frame.text.lstrip().startswith(f'<section id="replay-frame-{arena.tournament_id}"')
    assert frame.headers["Cache-Control"] == "public, max-age=86400, immutable"
    assert "HX-Request" in frame.vary
    assert "Set-Cookie" not in frame.headers
    again = client.get(path, headers={**HTMX, "If-None-Match": frame.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert names_in(frame.text) == names_in(client.get(replay_path(arena), query_string={"at": "1"}).text)
    assert names_in(frame.text) != names_in(client.get(f"{replay_path(arena)}fragment/?at=3", headers=HTMX).text)


def test_a_frame_asked_for_as_a_page_is_the_page(client: FlaskClient, arena: Arena) -> None:
    answer = client.get(f"{replay_path(arena)}fragment/?at=1")
    assert answer.text.lower().startswith("<!doctype html>")


@pytest.mark.parametrize("at", ["0", "4", "-1", "x", "1.0", "99999999999999999999", "%00", "²"])
def test_what_names_no_version_is_not_found(client: FlaskClient, arena: Arena, at: str) -> None:
    for path in (replay_path(arena), f"{replay_path(arena)}fragment/"):
        assert client.get(f"{path}?at={at}", headers=HTMX).status_code == 404


def test_a_hidden_tournament_has_no_frame_any_more_and_an_unlisted_one_is_not_for_search_engines(
    client: FlaskClient, arena: Arena
) -> None:
    frame = f"{replay_path(arena)}fragment/?at=1"
    assert client.get(frame, headers=HTMX).status_code == 200
    for visibility, status in (("unlisted", 200), ("private", 404)):
        with transaction() as session:
            session.get_one(Tournament, arena.tournament_id).visibility = visibility
        page = client.get(replay_path(arena))
        assert (client.get(frame, headers=HTMX).status_code, page.status_code) == (status, status)
        assert ("noindex" in page.text, "canonical" in page.text) == (True, False)


def test_before_the_first_result_there_is_nothing_to_replay(client: FlaskClient) -> None:
    arena = open_battle_royale(lobbies=1)
    assert "There is nothing to replay yet" in client.get(replay_path(arena)).text
    page = client.get(f"/spectator/tournaments/{arena.tournament_id}/").text
    assert "begin with the second match" in page


def test_the_chart_says_the_same_as_lines_and_as_a_table(client: FlaskClient, arena: Arena) -> None:
    page = client.get(f"/spectator/tournaments/{arena.tournament_id}/")
    chart = client.get(f"/spectator/tournaments/{arena.tournament_id}/chart/fragment/", headers=HTMX)
    for text in (page.text, chart.text):
        assert text.count('role="img"') == 2
        assert text.count('class="over-time__path"') == 16
    table = re.findall(r"<tbody>(.*?)</tbody>", chart.text, re.DOTALL)[0]
    rows = [re.findall(r"<td>(\d+|–)</td>", row) for row in table.split("<tr>")[1:]]
    assert rows[0] == [str(rank) for rank in range(1, 9)]
    assert [len(row) for row in rows] == [8] * MATCHES
    assert "<script>alert" not in chart.text
    unchanged = client.get(
        f"/spectator/tournaments/{arena.tournament_id}/chart/fragment/",
        headers={**HTMX, "If-None-Match": chart.headers["ETag"]},
    )
    assert unchanged.status_code == 304
    assert (
        client.get(f"/spectator/tournaments/{arena.tournament_id}/chart/fragment/").text.lower().startswith("<!doctype")
    )
