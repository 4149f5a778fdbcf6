"""Boards of seasons and of all time, pages of teams and players, the page of presets."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.statements import count_statements
from webapp.domain.presets import load_presets
from webapp.domain.series import SeriesGame
from webapp.models import Tournament, User
from webapp.services.matches import results, series
from webapp.services.operations import flags
from webapp.services.ranking import ranking, season_ranking, seasons
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


def hold(name: str, *, day: int = 1, squads: int = 4, region: str = "South Asia", season: str = "2026_S1") -> Arena:
    """A tournament with one confirmed match, begun on a day of March 2026."""
    arena = open_battle_royale(squads=squads, lobbies=1, name=name, season=season, region=region)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).started_at = datetime(2026, 3, day, 12, tzinfo=UTC)
    return arena


def publish(*slugs: str) -> None:
    for slug in slugs or ("2026_S1",):
        season_ranking.compute_season_rankings("pubgm", slug, now=ended_at(50))
    season_ranking.compute_all_time_rankings("pubgm", now=ended_at(50))


def play_solo() -> tuple[int, int]:
    """A league of two players; their ids."""
    league = open_league("fc26", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=1, name="Friday")
    one, other = league.participant_ids
    series.confirm(league.match_ids[0], [SeriesGame(1, {one: 3, other: 1})], actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(league.tournament_id, now=ended_at(1))
    season_ranking.compute_all_time_rankings("fc26", now=ended_at(2))
    with transaction() as session:
        ids = session.query(User.id).order_by(User.id).all()
    return ids[0][0], ids[1][0]


def names_in(answer: TestResponse) -> list[str]:
    return re.findall(r'<a href="/(?:teams|players)/\d+/"\s+dir="auto">([^<]+)</a>', answer.text)


def counted(client: FlaskClient, path: str) -> int:
    client.get(path)
    with count_statements() as statements:
        assert client.get(path).status_code == 200
    return len([text for text in statements if "feature_flags" not in text])


def test_the_index_lists_every_board_by_game(client: FlaskClient) -> None:
    assert "No season has a board yet" in client.get("/seasons/").text
    hold("One")
    hold("Two", season="2026_S2")
    publish("2026_S1", "2026_S2")
    play_solo()
    page = client.get("/seasons/").text
    assert re.findall(r'class="section-title">([^<]+)<', page) == ["EA Sports FC 26", "PUBG Mobile"]
    assert re.findall(r'class="card__title">\s*<a href="([^"]+)"', page) == [
        "/seasons/fc26/all-time/", "/seasons/pubgm/all-time/", "/seasons/pubgm/2026_S2/", "/seasons/pubgm/2026_S1/",
    ]  # fmt: skip
    assert page.count('class="leaders__name"') == 2 + 3 * 3


def test_a_board_comes_in_pages_with_links_to_teams(client: FlaskClient) -> None:
    hold("Large", squads=60)
    publish()
    first, second = client.get("/seasons/pubgm/2026_S1/"), client.get("/seasons/pubgm/2026_S1/?page=2")
    assert (len(names_in(first)), len(names_in(second))) == (50, 10)
    assert 'href="/seasons/pubgm/2026_S1/?page=2"' in first.text
    assert "60 entries from 1 tournament" in " ".join(first.text.split())
    assert names_in(client.get("/seasons/pubgm/2026_S1/?page=99")) == names_in(second)
    assert client.get("/seasons/pubgm/").location == "/seasons/pubgm/all-time/"
    assert len(names_in(client.get("/seasons/pubgm/all-time/"))) == 50


def test_filters_are_in_the_address_and_leave_tournaments_out(client: FlaskClient) -> None:
    hold("One", day=3)
    hold("Two", day=5, squads=6, region="Europe")
    publish()
    entries = {
        "": 6, "?region=Europe": 6, "?region=South+Asia": 4, "?region=Atlantis": 6, "?from=2026-03-04": 6,
        "?to=2026-03-04": 4, "?from=2026-03-04&to=2026-03-04": 0, "?from=soon&to=%00&page=x": 6,
    }  # fmt: skip
    found = {query: len(names_in(client.get(f"/seasons/pubgm/2026_S1/{query}"))) for query in entries}
    assert found == entries
    page = client.get("/seasons/pubgm/2026_S1/?region=South+Asia&to=2026-03-04").text
    assert '<option value="South Asia" selected>' in page
    assert 'value="2026-03-04"' in page
    assert 'href="http://127.0.0.1:8000/seasons/pubgm/2026_S1/?region=South+Asia&amp;to=2026-03-04"' in page
    assert "No tournament fits these filters" in client.get("/seasons/pubgm/2026_S1/?from=2030-01-01").text


def test_the_board_alone_answers_htmx_from_the_same_address(client: FlaskClient) -> None:
    hold("One")
    publish()
    fragment = client.get("/seasons/pubgm/2026_S1/", headers=HTMX)
    assert fragment.text.lstrip().startswith('<div id="season-board"')
    assert ("HX-Request" in fragment.vary, "nonce" in fragment.text) == (True, False)
    assert names_in(fragment) == names_in(client.get("/seasons/pubgm/2026_S1/"))


def test_a_season_says_how_it_counts_and_leads_to_its_tournaments(client: FlaskClient) -> None:
    arena = hold("One")
    seasons.define("pubgm", "2026_S1", count_best=3, actor=SYSTEM, now=OPENED_AT)
    publish()
    page = client.get("/seasons/pubgm/2026_S1/").text
    assert "the best <b>3</b> tournaments count" in page
    assert f'href="/spectator/tournaments/{arena.tournament_id}/"' in page
    flags.set_flag("LEADERBOARDS_COMPUTE_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    assert "Standings are paused" in client.get("/seasons/pubgm/2026_S1/").text


@pytest.mark.parametrize(
    "path",
    ["/seasons/nogame/all-time/", "/seasons/pubgm/1999_S9/", "/seasons/pubgm/a%00b/", "/teams/77/", "/players/77/",
     "/teams/99999999999999999999/", "/seasons/nogame/2026_S1/"],
)  # fmt: skip
def test_what_is_not_there_is_a_404(client: FlaskClient, path: str) -> None:
    hold("One")
    publish()
    for headers in ({}, HTMX):
        assert client.get(path, headers=headers).status_code == 404


def test_a_team_has_its_results_and_ranks_on_one_page(client: FlaskClient) -> None:
    hold("First Cup", day=3)
    hold("Second Cup", day=5)
    upcoming = open_battle_royale(squads=2, name="Third Cup")
    with transaction() as session:
        session.get_one(Tournament, upcoming.tournament_id).started_at = datetime(2026, 3, 9, tzinfo=UTC)
    publish()
    page = client.get("/teams/1/").text
    assert re.findall(r'participants/\d+/"\s+dir="auto">([^<]+)</a>', page) == ["Third Cup", "Second Cup", "First Cup"]
    assert re.findall(r'<a href="(/seasons/[^"]+)"', page.partition("<main")[2]) == [
        "/seasons/pubgm/2026_S1/#team-1", "/seasons/pubgm/all-time/#team-1",
    ]  # fmt: skip
    assert len(re.findall(r"<b>\d(?:st|nd|rd|th)</b>", page)) == 4


@pytest.mark.parametrize("visibility", ["private", "unlisted"])
def test_a_team_or_player_that_the_public_knows_nothing_of_has_no_page(client: FlaskClient, visibility: str) -> None:
    arena = hold("Hidden")
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).visibility = visibility
        organizer = User(handle="Olga", handle_key="olga", role="organizer")
        session.add(organizer)
        session.flush()
        organizer_id = organizer.id
    assert client.get("/teams/1/").status_code == 404
    assert client.get(f"/players/{organizer_id}/").status_code == 404
    participant = client.get(f"/spectator/tournaments/{arena.tournament_id}/participants/{arena.participant_ids[0]}/")
    assert participant.status_code == (404 if visibility == "private" else 200)
    assert "/teams/1/" not in participant.text


def test_a_players_page_tells_the_handle_and_nothing_else_of_the_account(client: FlaskClient) -> None:
    one, _ = play_solo()
    with transaction() as session:
        user = session.get_one(User, one)
        user.email, user.email_key, user.password_hash = "one@example.org", "one@example.org", "x"
    page = client.get(f"/players/{one}/").text
    assert ("Squad 01" in page, "example.org" in page) == (True, False)
    assert names_in(client.get("/seasons/fc26/all-time/")) == ["Squad 01", "Squad 02"]


def test_more_rows_seasons_and_results_cost_no_more_statements(client: FlaskClient) -> None:
    paths = ("/seasons/", "/seasons/pubgm/2026_S1/", "/seasons/pubgm/all-time/?region=South+Asia", "/teams/1/")
    hold("One")
    publish()
    with_one = [counted(client, path) for path in paths]
    hold("Two", season="2026_S2")
    hold("Three", season="2026_S3", squads=9)
    publish("2026_S1", "2026_S2", "2026_S3")
    assert [counted(client, path) for path in paths] == with_one


def test_every_preset_stands_on_the_page_of_presets_with_its_source_and_hash(client: FlaskClient) -> None:
    page = client.get("/rules/").text
    for name, rules in load_presets().items():
        assert f'id="{name}"' in page
        assert rules.hash in page
    assert page.count("Order of the board") == len(load_presets())


def test_an_address_in_a_source_is_a_link_and_the_words_around_it_are_not(client: FlaskClient) -> None:
    source = 'See https://example.org/rules?a=1&b=2. Or <a href="javascript:x">not</a> javascript:alert(1)'
    arena = open_battle_royale({"placement_points": [3], "source": source}, squads=2, name="Sourced")
    page = client.get(f"/spectator/tournaments/{arena.tournament_id}/").text
    assert (
        'See <a href="https://example.org/rules?a=1&amp;b=2" rel="noopener nofollow ugc">'
        "https://example.org/rules?a=1&amp;b=2</a>. Or &lt;a href=&#34;javascript:x&#34;&gt;not&lt;/a&gt; javascript:alert(1)"
    ) in page
