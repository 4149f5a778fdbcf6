"""One's own place in a battle-royale lobby: told on the page of the match, seen and taken by officials in the grid."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import Arena, ended_at, open_battle_royale
from tests.personas import HTMX, Persona
from tests.uploaded import picture
from tests.views.api.worlds import program_of
from tests.views.organizer.pages import said
from webapp.models import Registration
from webapp.services.matches import matches
from webapp.services.matches.reports import open_of
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction

SQUADS = 4


@pytest.fixture
def arena(pat: Persona, olga: Persona) -> Arena:
    """Two lobbies; pat speaks for the first squad, olga organizes."""
    arena = open_battle_royale(squads=SQUADS, lobbies=2, organizer_id=olga.user_id)
    speaks_for(arena, pat, 0)
    return arena


def speaks_for(arena: Arena, who: Persona, place: int) -> None:
    with transaction() as session:
        session.get_one(Registration, arena.participant_ids[place]).registered_by_id = who.user_id


def path(arena: Arena, rest: str = "", *, lobby: int = 0) -> str:
    return f"/me/matches/{arena.match_ids[lobby]}/{rest}"


def test_a_place_is_reported_kept_when_wrong_and_changed(arena: Arena, pat: Persona) -> None:
    assert "Report your place" in said(pat.get(path(arena)))
    for wrong, words in (
        ({"placement": "9", "kills": "2"}, "must be 1 to 4"),
        ({"placement": "1", "kills": "-2"}, "must be between 0 and"),
        ({"kills": "2"}, "Give the place, or say that you did not finish."),
        ({"placement": "2", "kills": "2", "did_not_finish": "y"}, "Give the place, or say that you did not finish."),
    ):
        answer = pat.post(path(arena, "place/"), wrong | {"note": "Close one"})
        assert (answer.status_code, words in said(answer)) == (422, True), said(answer)
        assert "Close one</textarea>" in answer.text
    assert pat.post(path(arena, "place/"), {"placement": "2", "kills": "1"}).status_code == 303
    assert "You have reported: 2nd, 1 kill." in said(pat.get(path(arena), headers=HTMX))
    assert pat.post(path(arena, "place/"), {"kills": "3", "did_not_finish": "y"}).status_code == 303
    page = said(pat.get(path(arena)))
    assert "You have reported: did not finish, 3 kills." in page
    assert "Report it differently" in page


def test_the_list_asks_for_it_once(arena: Arena, pat: Persona) -> None:
    assert "Report your place" not in said(pat.get("/me/matches/"))
    matches.start_match(arena.match_ids[0], actor=SYSTEM, now=ended_at(1))
    assert "Report your place" in said(pat.get("/me/matches/"))
    pat.post(path(arena, "place/"), {"placement": "2", "kills": "1"})
    assert "Report your place" not in said(pat.get("/me/matches/"))


def test_a_later_lobby_is_not_reported_yet(arena: Arena, pat: Persona) -> None:
    assert "Report your place" not in said(pat.get(path(arena, lobby=1)))
    answer = pat.post(path(arena, "place/", lobby=1), {"placement": "2", "kills": "1"})
    assert (answer.status_code, "has not begun yet" in said(answer)) == (409, True)


def test_it_is_for_the_sides_of_the_lobby_alone(arena: Arena, olga: Persona, vic: FlaskClient) -> None:
    form = {"placement": "1", "kills": "0"}
    assert olga.post(path(arena, "place/"), form).status_code == 404
    assert vic.post(path(arena, "place/"), data=form).status_code in {303, 400}
    with read_snapshot() as session:
        assert open_of(session, arena.match_ids[0]) == []


def test_officials_see_the_reports_and_take_them_with_one_press(
    arena: Arena, pat: Persona, otto: Persona, olga: Persona
) -> None:
    grid = f"/organizer/matches/{arena.match_ids[0]}/grid/"
    assert "reported their place" not in said(olga.get(grid))
    speaks_for(arena, otto, 1)
    pat.post(path(arena, "place/"), {"placement": "2", "kills": "1", "note": "We saw it"})
    otto.post(path(arena, "place/"), {"placement": "2", "kills": "6"})
    assert "Another side reports the same place" in said(pat.get(path(arena)))
    page = said(olga.get(grid))
    for words in ("2 of 4 have reported their place", "2 claim the same", "place claimed twice", "We saw it"):
        assert words in page
    filled = olga.get(grid + "?fill=reports")
    first, second = arena.participant_ids[:2]
    for who, kills in ((first, "1"), (second, "6")):
        assert f'id="kills-{who}" name="kills-{who}" value="{kills}"' in " ".join(filled.text.split())
    assert "is given to Squad 01 already" in said(filled)


def test_a_screenshot_is_for_who_sent_it_and_officials(
    arena: Arena, pat: Persona, otto: Persona, olga: Persona
) -> None:
    speaks_for(arena, otto, 1)
    form = {"placement": "1", "kills": "1", "file": (io.BytesIO(picture("PNG", (20, 10))), "shot.png")}
    assert pat.post(path(arena, "place/"), form, content_type="multipart/form-data").status_code == 303
    with read_snapshot() as session:
        report_id = open_of(session, arena.match_ids[0])[0].id
    shot = path(arena, f"reports/{report_id}/screenshot/")
    assert [who.get(shot).status_code for who in (pat, olga, otto)] == [200, 200, 404]


def test_a_program_reports_a_place_by_the_same_rules(app: Flask, arena: Arena, pat: Persona) -> None:
    plays = program_of(app, pat, "read", "play")
    to = f"/api/tournaments/matches/{arena.match_ids[0]}/submit-result/"
    answer = plays.post(to, json={"place": {"placement": 2, "kills": 3}})
    assert (answer.status_code, answer.get_json()["is_agreed"]) == (200, False)
    assert "You have reported: 2nd, 3 kills." in said(pat.get(path(arena)))
    for wrong in ({"place": {"placement": 9, "kills": 0}}, {}, {"games": [{"number": 1, "score_a": 2, "score_b": 1}]}):
        assert (plays.post(to, json=wrong).status_code, wrong) == (422, wrong)
    (report,) = plays.get(f"/api/tournaments/matches/{arena.match_ids[0]}/").get_json()["reports"]
    assert (report["place"], report["games"], report["state"]) == (
        {"placement": 2, "kills": 3}, [], "pending_opponent",
    )  # fmt: skip
    later = plays.post(
        to.replace(str(arena.match_ids[0]), str(arena.match_ids[1])), json={"place": {"placement": None}}
    )
    assert (later.status_code, later.get_json()["is_agreed"]) == (200, False)
