"""The organizer's page of overlays."""

import re

from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, Arena, open_battle_royale, turn_on_the_engine
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.organizer.pages import assert_only_for_its_officials, draft, referee, said
from webapp.services.live import overlay_tokens
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot

SECRET = re.compile(r"dco_[\w-]{43}")
ADDRESS = re.compile(r'<input id="address-([a-z-]+)" value="([^"]+)"')
FRAME = re.compile(r'<iframe src="([^"]+)"')


def page_of(tournament_id: int) -> str:
    return f"/organizer/tournaments/{tournament_id}/overlays/"


def arena_of(owner: Persona) -> Arena:
    turn_on_the_engine()
    return open_battle_royale(squads=3, lobbies=1, organizer_id=owner.user_id)


def test_a_link_is_shown_once_in_every_address(app: Flask, olga: Persona) -> None:
    tournament_id = arena_of(olga).tournament_id
    made = olga.post(page_of(tournament_id), {"name": "Main PC", "theme": "light", "rows": "5", "rotate": "8"})
    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")
    (secret,) = set(SECRET.findall(made.text))
    assert overlay_tokens.find(secret, now=utc_now()) is not None
    addresses = dict(ADDRESS.findall(made.text.replace("&amp;", "&")))
    base = f"{app.config['SETTINGS'].base_url}/overlay/tournaments/{tournament_id}/"
    assert addresses == {
        "leaderboard": f"{base}leaderboard/?theme=light&rows=5&rotate=8&token={secret}",
        "ticker": f"{base}ticker/?theme=light&rows=5&token={secret}",
        "next-match": f"{base}next-match/?theme=light&token={secret}",
        "scoreboard": addresses["scoreboard"],
    }
    # Previews are seen by whoever is logged in here; their addresses must not hold the secret.
    assert all("token" not in source and "preview=1" in source for source in FRAME.findall(made.text))
    later = olga.get(page_of(tournament_id))
    assert secret not in later.text
    assert f"ends in {secret[-4:]}" in said(later)


def test_previews_open_for_who_may_manage_a_private_tournament(olga: Persona, otto: Persona) -> None:
    tournament_id = draft(olga, visibility="private")
    sources = FRAME.findall(olga.get(page_of(tournament_id)).text)
    assert len(sources) == 3
    for source in sources:
        path = source.replace("&amp;", "&")
        assert (olga.get(path).status_code, otto.get(path).status_code) == (200, 404)


def test_what_is_wrong_stands_beside_it_and_what_was_typed_stays(olga: Persona) -> None:
    tournament_id = draft(olga)
    answer = olga.post(page_of(tournament_id), {"name": "x" * 61})
    assert answer.status_code == 422
    assert "shorten it to at most 60" in answer.text
    assert 'value="' + "x" * 61 in answer.text
    with read_snapshot() as session:
        assert overlay_tokens.list_of(session, tournament_id) == ()


def test_revoking_ends_it(olga: Persona) -> None:
    tournament_id = draft(olga)
    made = overlay_tokens.create(tournament_id, "Main PC", actor=olga.actor, now=OPENED_AT)
    answer = olga.post(f"{page_of(tournament_id)}{made.id}/revoke/")
    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(tournament_id))
    assert overlay_tokens.find(made.secret, now=OPENED_AT) is None
    assert "revoked" in said(olga.get(page_of(tournament_id)))


def test_a_match_point_is_offered_where_there_is_one(olga: Persona) -> None:
    rules = {"placement_points": [10, 6], "points_per_kill": 1, "match_point": {"threshold": 50}}
    with_it = draft(olga, "With", ruleset=rules)
    assert "match-point" in olga.get(page_of(with_it)).text
    assert "match-point" not in olga.get(page_of(draft(olga))).text


def test_it_is_for_organizers_alone(olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient, app: Flask) -> None:
    tournament_id = draft(olga)
    assert_only_for_its_officials(page_of(tournament_id), olga, otto, pat, vic)
    referee(otto, tournament_id)
    assert otto.get(page_of(tournament_id)).status_code == 403
    assert "Overlays" in said(olga.get(f"/organizer/tournaments/{tournament_id}/"))
    assert "Overlays" not in said(otto.get(f"/organizer/tournaments/{tournament_id}/"))


def test_the_page_asks_as_much_for_three_links_as_for_one(olga: Persona) -> None:
    tournament_id = arena_of(olga).tournament_id
    counts = []
    for more in (1, 2):
        for _ in range(more):
            overlay_tokens.create(tournament_id, "PC", actor=olga.actor, now=OPENED_AT)
        with count_statements() as statements:
            olga.get(page_of(tournament_id))
        counts.append(len(statements))
    assert counts[0] == counts[1]
