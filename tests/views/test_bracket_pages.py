"""The public page of a bracket: whole and safe, its fragment the same for everybody, read by keyboard and by ear."""

import re
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import open_battle_royale, turn_on_the_engine
from tests.knockouts import Knockout, open_knockout, registered
from tests.services.league_play import drawn
from webapp.models import Tournament
from webapp.services.live import freezes
from webapp.services.matches import matches
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def engine(app: Flask) -> None:
    turn_on_the_engine()


@pytest.fixture
def cup() -> Knockout:
    return open_knockout("double-elimination", sides=6, name='Cup <script>alert("x")</script>')


def path_of(tournament_id: int) -> str:
    return f"/spectator/tournaments/{tournament_id}/bracket/"


def test_the_page_is_whole_and_safe(client: FlaskClient, cup: Knockout) -> None:
    cup.win("W1-2", 4)
    page = client.get(path_of(cup.tournament_id))
    assert page.status_code == 200
    assert page.text.lower().startswith("<!doctype html>")
    assert "Set-Cookie" not in page.headers
    for bad in ("<script>alert", " style=", " onclick="):
        assert bad not in page.text
    for words in ("Winners’ bracket", "Losers’ bracket", "Grand final", "Winner of match 3", "Loser of match"):
        assert words in page.text, words


def test_every_id_is_there_once(client: FlaskClient, cup: Knockout) -> None:
    for tournament_id in (cup.tournament_id, drawn("round-robin", 8, {"groups": 2}).tournament_id):
        ids = re.findall(r'\bid="([^"]+)"', client.get(path_of(tournament_id)).text)
        assert len(ids) == len(set(ids))


def test_the_fragment_is_the_same_for_everybody_and_not_sent_again(client: FlaskClient, cup: Knockout) -> None:
    path = path_of(cup.tournament_id) + "fragment/"
    first = client.get(path, headers=HTMX)
    assert first.text.lstrip().startswith(f'<section id="bracket-{cup.tournament_id}"')
    assert "nonce" not in first.text
    assert client.get(path, headers={**HTMX, "If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.get(path).text.lower().startswith("<!doctype html>")
    cup.win("W1-2", 4)
    second = client.get(path, headers={**HTMX, "If-None-Match": first.headers["ETag"]})
    assert (second.status_code, "is-winner" in second.text, "is-winner" in first.text) == (200, True, False)


def test_a_live_match_is_marked_in_words_and_leads_to_its_page(client: FlaskClient, cup: Knockout) -> None:
    match_id = cup.match_ids()["W1-2"]
    matches.start_match(match_id, actor=SYSTEM, now=utc_now())
    text = client.get(path_of(cup.tournament_id)).text
    tie = re.search(rf'<a id="tie-{match_id}".*?</a>', text, re.DOTALL)
    assert tie
    assert "tie--live" in tie[0]
    assert "Live</span>" in tie[0]
    assert f'href="/spectator/matches/{match_id}/"' in tie[0]
    assert text.count("tie--live") == 1


def test_what_is_not_drawn_yet_says_so(client: FlaskClient) -> None:
    cup = registered(sides=4)
    assert client.get(path_of(cup.tournament_id)).status_code == 404
    tournaments.open_registration(cup.tournament_id, actor=SYSTEM, now=utc_now())
    assert "The bracket is not drawn yet" in client.get(path_of(cup.tournament_id)).text
    assert client.get(path_of(999)).status_code == 404


def test_the_pages_of_a_tournament_lead_to_its_bracket(client: FlaskClient, cup: Knockout) -> None:
    path = path_of(cup.tournament_id)
    page = client.get(f"/spectator/tournaments/{cup.tournament_id}/").text
    assert f'href="{path}"' in page
    # An elimination is drawn there as well, and kept current by the same fragment.
    assert f'hx-get="{path}fragment/"' in page
    lobbies = open_battle_royale(squads=2, lobbies=1)
    assert "/bracket/" not in client.get(f"/spectator/tournaments/{lobbies.tournament_id}/").text


def test_leagues_show_their_tables_and_rounds(client: FlaskClient) -> None:
    league = drawn("round-robin", 8, {"groups": 2})
    league.confirm(league.open_duels()[0], (3, 1))
    text = client.get(path_of(league.tournament_id)).text
    assert "Group A" in text
    assert '3–1<span class="visually-hidden">, won</span>' in text
    assert '1–3<span class="visually-hidden">, lost</span>' in text
    swiss = drawn("swiss", 5)
    swiss.confirm(swiss.open_duels()[0], (2, 0))
    text = client.get(path_of(swiss.tournament_id)).text
    for words in ("Buchholz", "Round 1", "Bye"):
        assert words in text


def test_the_overlay_draws_the_last_rounds_or_the_round_of_a_league(client: FlaskClient) -> None:
    cup = open_knockout("double-elimination", sides=16)
    cup.win("W1-1", 1)
    text = client.get(f"/overlay/tournaments/{cup.tournament_id}/bracket/").text
    for words in ("Winners’ round 2", "Losers’ final", "Grand final", "Squad 01"):
        assert words in text
    assert "Winners’ round 1" not in text
    league = drawn("round-robin", 8, {"groups": 2})
    text = client.get(f"/overlay/tournaments/{league.tournament_id}/bracket/").text
    assert text.count('class="duo duo--') == 4
    lobbies = open_battle_royale(squads=2, lobbies=1, name="Lobbies")
    path = f"/overlay/tournaments/{lobbies.tournament_id}/bracket/"
    assert 'class="tree' not in client.get(path).text
    assert "The bracket is not drawn yet" in client.get(f"{path}?preview=1").text


def test_a_bracket_of_a_thousand_is_there_within_a_second(client: FlaskClient) -> None:
    cup = open_knockout(sides=1024)
    for query in ("", "?part=all"):
        taken = []
        for _ in range(4):
            begun = time.process_time()
            page = client.get(path_of(cup.tournament_id) + query)
            taken.append(time.process_time() - begun)
            assert page.status_code == 200
        # The best, since a collection of the garbage of all tests may fall into any of them.
        assert min(taken) < 1
    assert page.text.count('class="tie ') == 1023


def test_nothing_public_tells_who_came_through_while_the_board_is_frozen(client: FlaskClient) -> None:
    cup = open_knockout(sides=4)
    cup.win("W1-1", 1)
    freezes.freeze_now(cup.tournament_id, actor=SYSTEM, now=utc_now())
    with read_snapshot() as session:
        slug = session.get_one(Tournament, cup.tournament_id).slug
    own, overlay = f"/spectator/tournaments/{cup.tournament_id}/", f"/overlay/tournaments/{cup.tournament_id}/"
    paths = [
        own, f"{own}bracket/", f"/tournaments/{slug}/", f"/tournaments/{slug}/schedule.ics", f"{overlay}next-match/",
        f"{overlay}bracket/", f"{overlay}ticker/", f"/spectator/matches/{cup.match_ids()['W2-1']}/",
        *(f"{own}participants/{who}/" for who in cup.participant_ids),
    ]  # fmt: skip

    def mentions() -> dict[str, tuple[int, int]]:
        texts = {path: client.get(path).text for path in paths}
        return {path: (text.count("Squad 02"), text.count("Squad 03")) for path, text in texts.items()}

    before = mentions()
    cup.win("W1-2", 3)
    hidden = mentions()
    # That the two have played is told; no page says more of the one than of the other.
    told = {path: counts for path, counts in hidden.items() if before[path] != counts}
    assert [path for path, (one, other) in told.items() if one != other] == []
    assert sum(map(sum, hidden.values())) > len(paths)
    freezes.unfreeze(cup.tournament_id, actor=SYSTEM, now=utc_now())
    lost, won = mentions()[f"{own}bracket/"]
    assert won == lost + 1
