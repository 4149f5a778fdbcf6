import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.arenas import OPENED_AT, ended_at, open_battle_royale, turn_on_the_engine
from webapp.domain.names import name_key
from webapp.extensions import db
from webapp.models import Tournament, User
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


def hold(name: str, **values: Any) -> int:
    """A tournament with one confirmed match; `values` are set afterwards."""
    arena = open_battle_royale(squads=4, lobbies=2, name=name)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    with transaction() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        for column, value in values.items():
            setattr(tournament, column, value)
    return arena.tournament_id


def cards_in(answer: TestResponse) -> list[str]:
    return re.findall(r'class="card__title">\s*<a[^>]*>([^<]+)</a>', answer.text)


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """What is read from the tables while the block runs."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        # Flags are read again every half second, whoever asks.
        if statement.startswith("SELECT") and "feature_flags" not in statement:
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


def test_the_front_page_shows_what_is_live_what_comes_and_who_won(client: FlaskClient) -> None:
    hold("Running")
    hold("Coming", status="registration_open", starts_at=OPENED_AT)
    hold("Chosen", status="registration_closed", is_featured=True)
    hold("Finished", status="completed", completed_at=OPENED_AT)
    hold("Draft", status="draft")
    text = client.get("/").text
    assert re.findall(r'class="section-title">([^<]+)<', text) == [
        "Live now", "Upcoming", "Recent champions",
    ]  # fmt: skip
    assert re.findall(r'dir="auto">(Running|Coming|Chosen|Finished|Draft)</a>', text) == [
        "Running", "Coming", "Chosen", "Finished",
    ]  # fmt: skip


def test_a_front_page_without_tournaments_says_what_will_be_here(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, "Nobody is playing right now" in answer.text) == (200, True)
    assert "No tournament yet" in client.get("/tournaments/").text


def test_the_list_filters_orders_and_keeps_the_query_in_the_address(client: FlaskClient) -> None:
    hold("Beta Cup")
    hold("alpha cup", status="completed", completed_at=OPENED_AT)
    hold("Gamma 100%")
    hold("Private", visibility="private")
    hold("Unlisted", visibility="unlisted")
    found = {
        "": ["Gamma 100%", "alpha cup", "Beta Cup"],
        "?q=CUP": ["alpha cup", "Beta Cup"],
        "?q=100%25": ["Gamma 100%"],
        "?q=%00": ["Gamma 100%", "alpha cup", "Beta Cup"],
        "?q=nothing": [],
        "?status=live": ["Gamma 100%", "Beta Cup"],
        "?status=completed": ["alpha cup"],
        "?game=freefire": [],
        "?game=unknown&format=odd&order=odd&page=x": ["Gamma 100%", "alpha cup", "Beta Cup"],
        "?format=battle-royale&order=name": ["alpha cup", "Beta Cup", "Gamma 100%"],
        "?order=oldest": ["Beta Cup", "alpha cup", "Gamma 100%"],
    }
    assert {query: cards_in(client.get(f"/tournaments/{query}")) for query in found} == found
    page = client.get("/tournaments/?q=cup&status=live&order=name").text
    assert 'value="cup"' in page
    assert re.search(r'<option value="live" selected>', page)
    assert 'href="http://127.0.0.1:8000/tournaments/?q=cup&amp;status=live&amp;order=name"' in page


def test_the_list_is_narrowed_by_money_days_and_organizer(client: FlaskClient) -> None:
    with transaction() as session:
        olga = User(handle="Olga", handle_key=name_key("Olga"), created_at=OPENED_AT)
        session.add(olga)
        session.flush()
        olga_id = olga.id
    hold("Taka", currency="BDT", entry_fee=20_000, prize_pool=500_000, organizer_id=olga_id)
    # A yen has no smaller unit: the same figure is a hundred times as much of the currency.
    hold("Yen", currency="JPY", entry_fee=150, prize_pool=900, started_at=OPENED_AT + timedelta(days=3))
    found = {
        "?order=name": ["Taka", "Yen"],
        "?fee_min=160": ["Taka"],
        "?fee_max=150": ["Yen"],
        "?prize_min=901": ["Taka"],
        "?prize_max=900": ["Yen"],
        f"?from={OPENED_AT:%Y-%m-%d}&order=name": ["Taka", "Yen"],
        f"?from={OPENED_AT + timedelta(days=1):%Y-%m-%d}": ["Yen"],
        f"?to={OPENED_AT + timedelta(days=2):%Y-%m-%d}": ["Taka"],
        f"?to={OPENED_AT + timedelta(days=3):%Y-%m-%d}&order=name": ["Taka", "Yen"],
        "?to=9999-12-31&from=0001-01-01&prize_max=999999999&order=name": ["Taka", "Yen"],
        "?organizer=olga": ["Taka"],
        "?organizer=nobody": [],
        "?fee_min=-1&fee_max=x&prize_min=99999999999&from=soon&to=2026-02-30&order=name": ["Taka", "Yen"],
    }
    assert {query: cards_in(client.get(f"/tournaments/{query}")) for query in found} == found
    page = client.get("/tournaments/?fee_min=160&from=2026-01-01&organizer=Olga").text
    assert re.search(r'<details class="filters__more" open>', page)
    assert re.search(r'name="fee_min"\s+value="160"', page)
    assert re.search(r'name="from"\s+value="2026-01-01"', page)
    assert 'href="http://127.0.0.1:8000/tournaments/?organizer=Olga&amp;fee_min=160&amp;from=2026-01-01"' in page
    assert not re.search(r'<details class="filters__more" open>', client.get("/tournaments/?free=1").text)


def test_the_list_alone_answers_htmx_from_the_same_address(client: FlaskClient) -> None:
    hold("Beta Cup")
    fragment = client.get("/tournaments/?q=beta", headers=HTMX)
    assert fragment.text.lstrip().startswith('<div id="tournament-list"')
    assert "HX-Request" in fragment.vary
    assert cards_in(fragment) == cards_in(client.get("/tournaments/?q=beta")) == ["Beta Cup"]


@pytest.mark.parametrize("path", ["/", "/tournaments/"])
def test_more_tournaments_cost_no_more_queries(client: FlaskClient, path: str) -> None:
    hold("One")
    client.get(path)
    with counted_queries() as with_one:
        client.get(path)
    hold("Two")
    hold("Three")
    client.get(path)
    with counted_queries() as with_three:
        client.get(path)
    assert len(with_three) == len(with_one)


def test_the_page_about_a_tournament_tells_its_rules_with_their_source_and_hash(client: FlaskClient) -> None:
    tournament_id = hold("Summer Cup", description="First day.\n\nSecond <b>day</b>.")
    with transaction() as session:
        slug = session.get_one(Tournament, tournament_id).slug
    answer = client.get(f"/tournaments/{slug}/")
    assert answer.status_code == 200
    assert "<p>Second &lt;b&gt;day&lt;/b&gt;.</p>" in answer.text
    for text in ("Points by placement", "Order of the board", "Certainty", "Squad 01", "Match 2"):
        assert text in answer.text
    board = client.get(f"/spectator/tournaments/{tournament_id}/").text
    short_hash = re.findall(r'<code title="SHA-256 of the rules: ([0-9a-f]{64})">', board)[0]
    assert short_hash in answer.text


def test_a_listed_tournament_says_to_machines_what_it_is(client: FlaskClient) -> None:
    tournament_id = hold("Listed </script>")
    page = client.get(f"/spectator/tournaments/{tournament_id}/").text
    data = json.loads(
        re.findall(r'<script type="application/ld\+json" nonce="[^"]+">(.*?)</script>', page, re.DOTALL)[0]
    )
    assert (data["@type"], data["name"]) == ("SportsEvent", "Listed </script>")
    assert f'<link rel="canonical" href="http://127.0.0.1:8000/spectator/tournaments/{tournament_id}/">' in page
    assert 'property="og:title"' in page


def test_an_unlisted_tournament_is_reached_by_its_address_and_told_to_nobody(client: FlaskClient) -> None:
    tournament_id = hold("Quiet", visibility="unlisted")
    answer = client.get(f"/spectator/tournaments/{tournament_id}/")
    assert answer.status_code == 200
    assert '<meta name="robots" content="noindex">' in answer.text
    for told in ("canonical", "ld+json", "og:title"):
        assert told not in answer.text


@pytest.mark.parametrize(
    "values",
    [{"status": "draft"}, {"visibility": "private"}, {"deleted_at": OPENED_AT}],
    ids=["draft", "private", "gone"],
)
def test_a_stranger_finds_nothing_of_a_hidden_tournament(client: FlaskClient, values: dict[str, Any]) -> None:
    tournament_id = hold("Hidden", **values)
    with transaction() as session:
        slug = session.get_one(Tournament, tournament_id).slug
    for path in (f"/tournaments/{slug}/", f"/spectator/tournaments/{tournament_id}/", "/tournaments/no%00slug/"):
        assert client.get(path).status_code == 404
    assert cards_in(client.get("/tournaments/")) == []


def test_static_files_are_kept_for_ever_under_the_hash_of_their_content(client: FlaskClient) -> None:
    page = client.get("/").text
    address = re.findall(r'href="(/static/css/tokens\.css\?v=[0-9a-f]{12})"', page)[0]
    with client.get(address) as kept, client.get("/static/css/tokens.css") as asked_again:
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert asked_again.headers["Cache-Control"] == "no-cache"


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/no-such-page/", "/static/css/tokens.css"):
        with client.get(path) as answer:
            headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        policy = headers["Content-Security-Policy"]
        for part in (
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ):
            assert part in policy
        assert "unsafe" not in policy
