import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from webapp.domain.series import SeriesGame
from webapp.services.matches import results, series
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM

HTMX = {"HX-Request": "true"}
RESTORE = {**HTMX, "HX-History-Restore-Request": "true"}


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    arena = open_battle_royale(squads=25, lobbies=3, name='Cup <script>alert("x")</script>')
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    return arena


def pages_of(arena: Arena) -> list[str]:
    tournament = f"/spectator/tournaments/{arena.tournament_id}/"
    return [
        tournament,
        f"{tournament}participants/{arena.participant_ids[0]}/",
        *(f"/spectator/matches/{match_id}/" for match_id in arena.match_ids),
    ]


def fragments_of(arena: Arena) -> list[str]:
    tournament = f"/spectator/tournaments/{arena.tournament_id}/"
    return [
        f"{tournament}leaderboard/fragment/",
        f"{tournament}matches/fragment/",
        f"/spectator/matches/{arena.match_ids[0]}/scoreboard/fragment/",
    ]


def test_every_page_is_whole_safe_and_sets_no_cookie(client: FlaskClient, arena: Arena) -> None:
    for path in pages_of(arena):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.text.lower().startswith("<!doctype html>")
        assert "Set-Cookie" not in answer.headers
        assert "HX-Request" in answer.vary
        assert "<script>alert" not in answer.text
        assert " style=" not in answer.text
        assert " onclick=" not in answer.text
        nonces = set(re.findall(r'nonce="([^"]+)"', answer.text))
        assert len(nonces) == 1
        assert f"script-src 'nonce-{nonces.pop()}' 'strict-dynamic'" in answer.headers["Content-Security-Policy"]


def test_a_fragment_address_gives_the_fragment_to_htmx_and_the_page_to_everybody_else(
    client: FlaskClient, arena: Arena
) -> None:
    for path in fragments_of(arena):
        fragment = client.get(path, headers=HTMX)
        assert fragment.text.lstrip().startswith("<section id="), path
        assert "nonce" not in fragment.text
        for headers in ({}, RESTORE):
            page = client.get(path, headers=headers)
            assert page.text.lower().startswith("<!doctype html>"), path
            assert "HX-Request" in page.vary


def test_fragments_are_the_same_bytes_for_everybody_and_unchanged_ones_are_not_sent_again(
    client: FlaskClient, arena: Arena
) -> None:
    for path in fragments_of(arena):
        first, second = client.get(path, headers=HTMX), client.get(path, headers=HTMX)
        assert first.data == second.data
        assert first.headers["Cache-Control"] == "public, max-age=1, stale-while-revalidate=5"
        assert "Set-Cookie" not in first.headers
        etag = first.headers["ETag"]
        assert not etag.startswith("W/")
        again = client.get(path, headers={**HTMX, "If-None-Match": etag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)


def test_a_confirmed_match_changes_the_board_and_its_tag(client: FlaskClient, arena: Arena) -> None:
    path = fragments_of(arena)[0]
    before = client.get(path, headers=HTMX)
    results.confirm(arena.match_ids[1], arena.lines(arena.match_ids[1]), actor=SYSTEM, now=ended_at(2))
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    after = client.get(path, headers={**HTMX, "If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert ('data-version="1"' in before.text, 'data-version="2"' in after.text) == (True, True)


def test_the_page_holds_the_very_fragment_that_htmx_gets(client: FlaskClient, arena: Arena) -> None:
    page = client.get(f"/spectator/tournaments/{arena.tournament_id}/?page=2")
    for path in (f"{fragments_of(arena)[0]}?page=2", fragments_of(arena)[1]):
        fragment = client.get(path, headers=HTMX)
        assert fragment.text.strip() in page.text


def test_the_board_comes_in_pages_with_plain_links(client: FlaskClient, arena: Arena) -> None:
    first = client.get(f"/spectator/tournaments/{arena.tournament_id}/")
    second = client.get(f"/spectator/tournaments/{arena.tournament_id}/?page=2")
    assert (ranks_in(first), ranks_in(second)) == (list(range(1, 21)), list(range(21, 26)))
    assert (
        f'href="/spectator/tournaments/{arena.tournament_id}/?page=2#leaderboard-{arena.tournament_id}"' in first.text
    )
    assert ranks_in(client.get(f"/spectator/tournaments/{arena.tournament_id}/?page=x")) == list(range(1, 21))


def ranks_in(answer: TestResponse) -> list[int]:
    return [int(rank) for rank in re.findall(r'data-rank="(\d+)"', answer.text)]


def test_a_scoreboard_shows_the_lobby_by_placement(client: FlaskClient, arena: Arena) -> None:
    answer = client.get(f"/spectator/matches/{arena.match_ids[0]}/")
    winner = next(line for line in arena.lines(arena.match_ids[0]) if line.placement == 1)
    assert re.findall(r'id="line-(\d+)"', answer.text)[0] == str(winner.participant_id)
    assert "Not started yet" in client.get(f"/spectator/matches/{arena.match_ids[2]}/").text


def test_a_series_shows_sides_games_and_who_won(client: FlaskClient, app: Flask) -> None:
    turn_on_the_engine()
    league = open_league("valorant", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=3, name="League")
    one, other = league.participant_ids
    games = [SeriesGame(1, {one: 13, other: 7}, "Ascent"), SeriesGame(2, {one: 14, other: 12}, "Bind")]
    series.confirm(league.match_ids[0], games, actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(league.tournament_id, now=ended_at(1))
    match = client.get(f"/spectator/matches/{league.match_ids[0]}/").text
    assert "<h1>Squad 01 vs Squad 02</h1>" in match
    assert "won by <bdi>Squad 01</bdi>" in match
    assert ("Ascent" in match, "Bind" in match) == (True, True)
    board = client.get(f"/spectator/tournaments/{league.tournament_id}/").text
    assert re.search(r'data-label="W–L">1–0</td>', board)
    participant = client.get(f"/spectator/tournaments/{league.tournament_id}/participants/{other}/").text
    assert ("Squad 01" in participant, "Lost" in participant) == (True, True)


@pytest.mark.parametrize(
    "path",
    ["/spectator/tournaments/999/", "/spectator/tournaments/99999999999999999999/", "/spectator/matches/999/",
     "/spectator/tournaments/999/leaderboard/fragment/", "/spectator/matches/999/scoreboard/fragment/"],
)  # fmt: skip
def test_what_is_not_there_is_a_404_for_browsers_and_for_htmx(client: FlaskClient, path: str) -> None:
    for headers in ({}, HTMX):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_a_participant_of_another_tournament_is_not_there(client: FlaskClient, arena: Arena) -> None:
    other = open_battle_royale(squads=2, name="Other")
    path = f"/spectator/tournaments/{arena.tournament_id}/participants/{other.participant_ids[0]}/"
    assert client.get(path).status_code == 404


def test_a_tournament_before_its_first_result_says_what_comes_and_when(client: FlaskClient, app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=3, lobbies=1, name="Soon", starts_at=OPENED_AT)
    text = client.get(f"/spectator/tournaments/{arena.tournament_id}/").text
    assert "3 participants, all on zero" in text
    assert '<time datetime="2026-03-01T12:00:00Z" data-shows="moment">1 Mar 2026, 12:00 UTC</time>' in text
