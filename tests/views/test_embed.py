"""A board inside somebody else's page: the only pages that others may frame, and the same for everybody."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.architecture.test_access_matrix import routes
from tests.arenas import open_battle_royale, turn_on_the_engine
from tests.personas import HTMX, Persona
from tests.views.organizer.pages import said
from tests.views.test_overlays import make_private, played

FRAMED_BY = re.compile(r"frame-ancestors ([^;]+);")


def path_of(tournament_id: int) -> str:
    return f"/embed/tournaments/{tournament_id}/"


def test_only_embedded_boards_may_stand_in_the_pages_of_others(app: Flask, olga: Persona) -> None:
    arena = played(squads=3)
    values: dict[str, Any] = {
        "tournament_id": arena.tournament_id,
        "match_id": arena.match_ids[0],
        "kind": "ticker",
        "shown": "sponsors",
    }
    framed: dict[str, set[str]] = {}
    with app.test_request_context():
        rules = {endpoint: rule for endpoint, method, rule in routes(app) if method == "GET"}
        addresses = {
            endpoint: app.url_for(endpoint, **{name: values.get(name, 1) for name in _arguments(app, endpoint)})
            for endpoint in rules
        }
    for endpoint, path in addresses.items():
        policy = olga.get(path).headers["Content-Security-Policy"]
        framed.setdefault(FRAMED_BY.findall(policy)[0], set()).add(endpoint.partition(".")[0])
    assert framed.pop("*") == {"embed"}
    assert framed.pop("'self'") == {"overlay"}
    assert framed.keys() == {"'none'"}
    assert not framed["'none'"] & {"embed", "overlay"}


def _arguments(app: Flask, endpoint: str) -> set[str]:
    return next(rule.arguments for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)


def test_it_is_the_same_for_everybody_and_sets_no_cookie(client: FlaskClient, olga: Persona) -> None:
    path = path_of(played().tournament_id)
    olga.client.set_cookie("dc_lang", "bn")
    for address, headers in ((path, {}), (f"{path}fragment/", HTMX)):
        one, other = client.get(address, headers=headers), olga.get(address, headers=headers)
        assert _without_nonce(one.text) == _without_nonce(other.text)
        assert "Cookie" not in one.vary
        assert "Set-Cookie" not in other.headers
        assert one.headers["Cache-Control"] != "no-store"


def _without_nonce(text: str) -> str:
    return re.sub(r'nonce="[^"]+"', "", text)


def test_it_has_ten_rows_the_next_match_and_the_way_home(client: FlaskClient) -> None:
    arena = played(squads=25)
    answer = client.get(path_of(arena.tournament_id))
    assert len(re.findall(r'<tr id="row-', answer.text)) == 10
    text = said(answer)
    assert "Next match Match 2" in text
    assert "All 25 places on DeltaCrown (opens in a new tab)" in text
    home = f'href="/spectator/tournaments/{arena.tournament_id}/" target="_blank" rel="noopener"'
    assert answer.text.count(home) == 2


def test_its_theme_is_the_readers_unless_asked_for(client: FlaskClient) -> None:
    path = path_of(played(squads=3).tournament_id)
    assert "data-theme" not in client.get(path).text
    assert 'data-theme="dark"' in client.get(path + "?theme=dark").text
    assert "data-theme" not in client.get(path + '?theme="><script>').text


def test_it_speaks_the_language_of_its_address(client: FlaskClient) -> None:
    path = path_of(played(squads=3).tournament_id)
    answer = client.get(path + "?lang=bn", headers={"Accept-Language": "en"})
    assert '<html lang="bn"' in answer.text
    assert f"/spectator/tournaments/{path.split('/')[3]}/?lang=bn" in answer.text
    assert '<html lang="en"' in client.get(path, headers={"Accept-Language": "bn"}).text


def test_what_the_public_does_not_see_is_not_embedded(client: FlaskClient, sam: Persona) -> None:
    turn_on_the_engine()
    tournament_id = open_battle_royale(squads=3).tournament_id
    assert client.get(path_of(tournament_id)).status_code == 200
    make_private(tournament_id)
    for who in (client, sam):
        for path, headers in ((path_of(tournament_id), {}), (path_of(tournament_id) + "fragment/", HTMX)):
            answer = who.get(path, headers=headers)
            assert answer.status_code == 404
            assert "data-gone" in answer.text
            assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]


def test_the_snippet_stands_on_the_tournaments_page(client: FlaskClient, app: Flask, olga: Persona) -> None:
    arena = played(squads=3, name='Cup "<b>&', organizer_id=olga.user_id)
    base = app.config["SETTINGS"].base_url
    for answer in (
        client.get(f"/tournaments/{_slug(client, arena.tournament_id)}/"),
        olga.get(f"/organizer/tournaments/{arena.tournament_id}/overlays/"),
    ):
        assert f"{base}{path_of(arena.tournament_id)}" in answer.text
        shown = said(answer)
        # What is shown is HTML to be pasted: the name in it is escaped for an attribute.
        assert 'title="Standings of Cup &#34;&lt;b&gt;&amp;" loading="lazy" width="100%"' in shown


def _slug(client: FlaskClient, tournament_id: int) -> str:
    found = re.search(r'href="/tournaments/([^"/]+)/"', client.get(f"/spectator/tournaments/{tournament_id}/").text)
    assert found
    return found[1]
