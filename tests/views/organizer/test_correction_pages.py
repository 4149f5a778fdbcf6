"""Correcting a series on its page: what would change, what becomes of later matches, and the undo from the toast."""

import re

import pytest
from flask import Flask

from tests.disputed import REASON
from tests.knockouts import Knockout, open_knockout
from tests.personas import Persona
from webapp.models import Tournament
from webapp.services.spine.transaction import transaction

pytestmark = pytest.mark.usefixtures("app")
TO_B = {"kind": "correct", "games-0-score_a": "0", "games-0-score_b": "1", "reason": REASON, "revision": "1"}


@pytest.fixture
def cup(app: Flask, olga: Persona) -> Knockout:
    """Olga's cup of four, played to its end."""
    cup = open_knockout(sides=4)
    cup.play()
    with transaction() as session:
        session.get_one(Tournament, cup.tournament_id).organizer_id = olga.user_id
    return cup


def path_of(cup: Knockout, key: str = "W1-1") -> str:
    return f"/organizer/tournaments/{cup.tournament_id}/matches/{cup.match_ids()[key]}/correct/"


def test_later_matches_are_asked_about_before_anything_is_done(cup: Knockout, olga: Persona) -> None:
    path, final = path_of(cup), cup.match_ids()["W2-1"]
    assert "Correct the result" in olga.get(path).text
    preview = olga.post(path + "preview/", TO_B, htmx=True)
    assert preview.status_code == 200
    assert f'name="choice-{final}"' in preview.text
    assert "checked" not in preview.text
    answer = olga.post(path, TO_B)
    assert answer.status_code == 409
    assert f'name="choice-{final}"' in answer.text
    assert cup.states()["W2-1"] == "completed"
    assert olga.post(path, TO_B | {f"choice-{final}": "replay"}).status_code == 303
    assert cup.sides()["W2-1"] == (4, 2)
    assert cup.states()["W2-1"] == "scheduled"


def test_the_toast_takes_it_back(cup: Knockout, olga: Persona) -> None:
    path, final = path_of(cup), cup.match_ids()["W2-1"]
    home = olga.post(path, TO_B | {f"choice-{final}": "void"}).headers["Location"]
    toast = olga.get(home).text
    found = re.search(r'action="(/organizer/tournaments/\d+/undo/\d+/)"', toast)
    assert found
    undone = olga.post(found[1], {"back": home})
    assert (undone.status_code, undone.headers["Location"]) == (303, home)
    assert "You have undone the correction." in olga.get(home).text
    assert cup.sides()["W2-1"] == (1, 2)
    assert cup.states()["W2-1"] == "completed"
    olga.post(found[1], {"back": "https://elsewhere.example/"})
    assert "undone already" in olga.get(home).text


def test_strangers_undo_and_correct_nothing(cup: Knockout, olga: Persona, otto: Persona) -> None:
    path = path_of(cup)
    assert otto.get(path).status_code == 404
    assert otto.post(path, TO_B).status_code == 404
    home = olga.post(path_of(cup, "W2-1"), TO_B).headers["Location"]
    found = re.search(r'action="(/organizer/tournaments/\d+/undo/\d+/)"', olga.get(home).text)
    assert found
    assert otto.post(found[1]).status_code == 404
    assert cup.states()["W2-1"] == "completed"


def test_what_is_wrong_stands_beside_its_field(cup: Knockout, olga: Persona) -> None:
    path = path_of(cup, "W2-1")
    even = olga.post(path, TO_B | {"games-0-score_a": "1"})
    assert even.status_code == 422
    assert "cannot end 1-1" in even.text
    garbage = olga.post(path, TO_B | {"games-0-score_a": "x"})
    assert garbage.status_code == 422
    short = olga.post(path, TO_B | {"reason": "no"})
    assert (short.status_code, "10 to 500 characters" in short.text) == (422, True)
    assert olga.post(path, TO_B | {"revision": "5"}).status_code == 409
    assert cup.states()["W2-1"] == "completed"


def test_confirming_a_series_can_be_taken_back_from_the_toast(app: Flask, olga: Persona) -> None:
    cup = open_knockout(sides=4, name="Fresh")
    with transaction() as session:
        session.get_one(Tournament, cup.tournament_id).organizer_id = olga.user_id
    match_id = cup.match_ids()["W1-1"]
    form = {"games-0-score_a": "1", "games-0-score_b": "0", "revision": "0"}
    home = olga.post(f"/organizer/tournaments/{cup.tournament_id}/matches/{match_id}/result/", form).headers["Location"]
    assert cup.states()["W1-1"] == "completed"
    found = re.search(r'action="(/organizer/tournaments/\d+/undo/\d+/)"', olga.get(home).text)
    assert found
    assert olga.post(found[1], {"back": home}).status_code == 303
    assert cup.states()["W1-1"] == "scheduled"
    assert cup.sides()["W2-1"] == (None, None)
