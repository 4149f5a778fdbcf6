"""Pages about a tournament itself: officials, announcements, versions, copies, winners, deleting."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, complete_undecided, ended_at, names, open_battle_royale
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.organizer.pages import assert_only_for_its_officials, draft, referee, said
from webapp.services.matches import pauses
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.tournaments import organizer_notices, tournaments

PAGES = ("officials/", "announcements/", "versions/", "winners/", "template/", "delete/")


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_are_for_its_officials(
    olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient, page: str
) -> None:
    assert_only_for_its_officials(f"/organizer/tournaments/{draft(olga)}/{page}", olga, otto, pat, vic)


def test_an_official_is_put_on_the_list_and_taken_off(olga: Persona, otto: Persona, pat: Persona) -> None:
    path = f"/organizer/tournaments/{draft(olga)}/officials/"
    assert olga.post(path, {"handle": "Otto", "role": "referee"}).status_code == 303
    assert "Otto Referee" in said(olga.get(path))
    assert otto.get(path).status_code == 403
    wrong = olga.post(path, {"handle": "Pat", "role": "referee"})
    assert wrong.status_code == 422
    assert "Handle is a player's" in said(wrong)
    assert 'value="Pat"' in wrong.text
    assert olga.post(f"{path}{otto.user_id}/dismiss/").status_code == 303
    assert "Otto Referee" not in said(olga.get(path))


def test_an_announcement_stands_on_the_public_page_until_it_is_taken_back(olga: Persona, vic: FlaskClient) -> None:
    tournament_id = draft(
        olga, description="Be **there**.", rules="# No cheats <script>", entry_fee=5000, currency="BDT"
    )
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    path = f"/organizer/tournaments/{tournament_id}/announcements/"
    assert olga.post(path, {"text": "Doors **open** at 7", "audience": "all"}).status_code == 303
    assert olga.post(path, {"text": "Lobby code follows", "audience": "participants"}).status_code == 303
    assert olga.post(path, {"text": " ", "audience": "all"}).status_code == 422
    page = vic.get("/tournaments/harbor-cup/")
    assert "Doors <strong>open</strong> at 7" in page.text
    assert "Lobby code" not in page.text
    assert "<strong>there</strong>" in page.text
    assert "&lt;script&gt;" in page.text
    assert "Entry fee 50.00 BDT" in said(page)
    assert olga.post(f"{path}1/withdraw/").status_code == 303
    assert "Doors" not in vic.get("/tournaments/harbor-cup/").text


def test_a_version_is_looked_at_and_brought_back(olga: Persona) -> None:
    tournament_id = draft(olga, region="Asia")
    tournaments.update(tournament_id, actor=olga.actor, now=OPENED_AT, region="Europe")
    path = f"/organizer/tournaments/{tournament_id}/versions/"
    assert "Region Asia Europe" in said(olga.get(f"{path}?version=1"))
    done = olga.post(f"{path}1/restore/")
    assert "The settings are those of version 1." in said(olga.get(done.headers["Location"]))
    assert "It is the same as now." in said(olga.get(f"{path}?version=1"))
    assert olga.get(f"{path}?version=99").status_code == 404


def test_a_copy_opens_in_its_editor_and_a_second_press_makes_no_second_one(olga: Persona) -> None:
    tournament_id = draft(olga)
    path = f"/organizer/tournaments/{tournament_id}/duplicate/"
    first = olga.post(path, {"form_key": "x" * 32})
    assert first.headers["Location"] == f"/organizer/tournaments/{tournament_id + 1}/edit/"
    assert olga.post(path, {"form_key": "x" * 32}).headers["Location"] == first.headers["Location"]


def test_deleting_asks_why_and_staff_bring_it_back(olga: Persona, sam: Persona, vic: FlaskClient) -> None:
    tournament_id = draft(olga)
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    path = f"/organizer/tournaments/{tournament_id}/delete/"
    assert olga.post(path, {"reason": "no"}).status_code == 422
    assert olga.post(path, {"reason": "It was a test of the site"}).status_code == 303
    for gone in ("/tournaments/harbor-cup/", f"/spectator/tournaments/{tournament_id}/"):
        assert vic.get(gone).status_code == 404
    assert olga.get(f"/organizer/tournaments/{tournament_id}/").status_code == 404
    assert olga.get("/staff/deleted/").status_code == 403
    assert "Harbor Cup" in said(sam.get("/staff/deleted/"))
    assert sam.post(f"/staff/deleted/{tournament_id}/restore/").status_code == 303
    assert vic.get("/tournaments/harbor-cup/").status_code == 200


def test_registration_is_closed_by_a_button(olga: Persona) -> None:
    tournament_id = draft(olga)
    path = f"/organizer/tournaments/{tournament_id}/close/"
    assert olga.post(path).status_code == 303
    assert "draft cannot become registration_closed" in said(olga.get(f"/organizer/tournaments/{tournament_id}/"))
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert "Close registration" in olga.get(f"/organizer/tournaments/{tournament_id}/").text
    olga.post(path)
    assert "Registration is closed." in said(olga.get(f"/organizer/tournaments/{tournament_id}/"))


def test_winners_that_ask_for_review_are_confirmed_or_set_by_hand(olga: Persona, otto: Persona) -> None:
    arena = open_battle_royale(squads=3, lobbies=0, organizer_id=olga.user_id)
    complete_undecided(arena, now=ended_at(1))
    referee(otto, arena.tournament_id)
    path = f"/organizer/tournaments/{arena.tournament_id}/winners/"
    page = said(olga.get(path))
    assert "The winners wait for an official's word." in page
    assert "An official is asked Squad 01 , Squad 02 , Squad 03 for the 1st place" in page
    short = otto.post(path, {"decision": "confirm", "reason": "so"})
    assert short.status_code == 422
    first, second, _ = arena.participant_ids
    wanted = {"decision": "by_hand", "winner_id": second, "runner_up_id": first, "reason": "They drew lots on stage"}
    assert otto.post(path, {**wanted, "runner_up_id": second}).status_code == 422
    assert otto.post(path, wanted).status_code == 303
    page = said(olga.get(path))
    assert "Declared set by hand 1st Squad 02 2nd Squad 01" in page
    assert "They drew lots on stage" in page
    assert "wait for an official" not in page


@pytest.mark.parametrize("page", ["announcements/", "officials/", "winners/"])
def test_a_longer_list_asks_the_database_no_more(app: Flask, olga: Persona, page: str) -> None:
    counts = []
    for number in (1, 3):
        tournament_id = draft(olga, name=f"Cup {number}")
        registrations.register(tournament_id, names(number + 1), actor=SYSTEM, now=OPENED_AT)
        tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
        for _ in range(number):
            organizer_notices.publish(tournament_id, "Soon", audience="all", actor=SYSTEM, now=OPENED_AT)
        path = f"/organizer/tournaments/{tournament_id}/{page}"
        olga.get(path)
        with count_statements() as statements:
            assert olga.get(path).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_an_announcement_while_everything_stands_still_is_refused_and_kept(olga: Persona) -> None:
    arena = open_battle_royale(squads=2, lobbies=1, organizer_id=olga.user_id)
    pauses.stop(arena.tournament_id, reason="The hall is cleared", actor=olga.actor, now=OPENED_AT)
    path = f"/organizer/tournaments/{arena.tournament_id}/announcements/"
    answer = olga.post(path, {"text": "Lobby opens at 7", "audience": "all"})
    assert answer.status_code == 409
    assert "The tournament is stopped for the moment" in said(answer)
    assert "Lobby opens at 7" in answer.text
