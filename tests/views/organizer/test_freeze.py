"""The page of a freeze and the presenter's page: by forms alone, for the owners and staff."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.arenas import Arena, open_battle_royale, turn_on_the_engine
from tests.personas import HTMX, Persona
from tests.services.placements import RULES, played
from tests.views.organizer.pages import assert_only_for_its_officials, referee, said
from webapp.models import Tournament
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction

FIRST = [0, 1, 2]
TURNED = [2, 1, 0]


@pytest.fixture
def arena(olga: Persona) -> Arena:
    """Olga's cup of three squads: one match played, two to come."""
    turn_on_the_engine()
    arena = open_battle_royale(RULES, squads=3, lobbies=3)
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = olga.user_id
    return played(arena, order=FIRST)


def path_of(arena: Arena, rest: str = "freeze/") -> str:
    return f"/organizer/tournaments/{arena.tournament_id}/{rest}"


def press(olga: Persona, arena: Arena, move: str, seen: int) -> None:
    answer = olga.post(path_of(arena, "reveal/step/"), {"do": move, "seen": str(seen)})
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(arena, "reveal/"))


def board_of(client: FlaskClient, arena: Arena) -> str:
    return said(client.get(f"/spectator/tournaments/{arena.tournament_id}/leaderboard/fragment/", headers=HTMX))


@pytest.mark.parametrize("page", ["freeze/", "reveal/"])
def test_it_is_for_the_owners(
    arena: Arena, olga: Persona, otto: Persona, pat: Persona, sam: Persona, vic: FlaskClient, page: str
) -> None:
    assert_only_for_its_officials(path_of(arena, page), olga, otto, pat, vic)
    assert sam.get(path_of(arena, page)).status_code == 200
    referee(otto, arena.tournament_id)
    assert otto.get(path_of(arena, page)).status_code == 403


def test_from_the_freeze_to_the_last_row_by_forms_alone(arena: Arena, olga: Persona, vic: FlaskClient) -> None:
    assert "Everybody sees everything" in said(olga.get(path_of(arena)))
    assert olga.post(path_of(arena, "freeze/now/")).status_code == 303
    for number in (2, 3):
        played(arena, number=number, order=TURNED)
    page = said(olga.get(path_of(arena)))
    assert "The board is frozen" in page
    assert "after match 1" in page
    assert "2 results have come in that they do not know" in page
    board = board_of(vic, arena)
    assert "Frozen after match 1. Results go on and are revealed later." in board
    assert board.index("Squad 01") < board.index("Squad 02") < board.index("Squad 03")

    assert olga.post(path_of(arena, "reveal/start/"), {"by": "row"}).status_code == 303
    stage = said(olga.get(path_of(arena, "reveal/")))
    assert "Step 0 of 2" in stage
    assert "Next 3rd Squad 01 26 points" in stage
    board = board_of(vic, arena)
    assert "The final board is being revealed from the bottom up." in board
    assert board.count("to be revealed") == 3
    assert "Squad" not in board

    press(olga, arena, "next", 0)
    press(olga, arena, "next", 0)
    board = board_of(vic, arena)
    assert "Squad 01" in board
    assert "Squad 02" not in board
    assert board.count("to be revealed") == 2
    assert "The public sees 3rd Squad 01 26 points Next 1st Squad 03" in said(olga.get(path_of(arena, "reveal/")))

    press(olga, arena, "pause", 1)
    assert "Paused" in said(olga.get(path_of(arena, "reveal/")))
    assert "The reveal is paused." in board_of(vic, arena)
    press(olga, arena, "next", 1)
    assert "The reveal is paused; resume it first." in said(olga.get(path_of(arena, "reveal/")))
    press(olga, arena, "resume", 1)
    press(olga, arena, "back", 1)
    assert board_of(vic, arena).count("to be revealed") == 3
    press(olga, arena, "next", 0)
    press(olga, arena, "next", 1)
    assert "Everything is shown." in said(olga.get(path_of(arena, "reveal/")))
    assert olga.post(path_of(arena, "freeze/end/")).status_code == 303
    board = board_of(vic, arena)
    assert board.index("Squad 03") < board.index("Squad 02") < board.index("Squad 01")
    assert "Frozen" not in board


def test_matches_are_presented_with_who_won_them(arena: Arena, olga: Persona, vic: FlaskClient) -> None:
    olga.post(path_of(arena, "freeze/now/"))
    played(arena, number=2, order=TURNED)
    hidden = said(vic.get(f"/spectator/matches/{arena.match_ids[1]}/"))
    assert "its result is kept for the reveal" in hidden
    assert "Result hidden" in hidden
    olga.post(path_of(arena, "reveal/start/"), {"by": "match"})
    assert "Next Match 2 won by Squad 03" in said(olga.get(path_of(arena, "reveal/")))
    press(olga, arena, "next", 0)
    assert "match 2 was the last" in board_of(vic, arena)
    assert "Final" in said(vic.get(f"/spectator/matches/{arena.match_ids[1]}/"))


def test_a_plan_is_made_and_called_off(arena: Arena, olga: Persona) -> None:
    answer = olga.post(path_of(arena), {"begins": "matches", "last_matches": "1", "zone": "UTC"})
    assert answer.status_code == 303
    assert "It begins when one match is left to be played; 2 are open now." in said(olga.get(path_of(arena)))
    assert olga.post(path_of(arena, "freeze/call-off/")).status_code == 303
    tomorrow = (utc_now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer = olga.post(path_of(arena), {"begins": "time", "starts_at": tomorrow, "zone": "Asia/Dhaka"})
    assert answer.status_code == 303
    assert "or with the first result after that" in said(olga.get(path_of(arena)))


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"begins": "matches", "last_matches": "0"}, "Number must be between 1 and 100."),
        ({"begins": "matches", "last_matches": ""}, "say when, or before how many matches"),
        ({"begins": "time", "starts_at": "2026-01-01T12:00"}, "is past; freeze now instead"),
        ({"begins": "time", "starts_at": "soon"}, "Write day and time"),
    ],
)
def test_a_plan_that_cannot_be_says_why_beside_the_field(
    arena: Arena, olga: Persona, sent: dict[str, str], message: str
) -> None:
    answer = olga.post(path_of(arena), {"zone": "UTC", **sent})
    assert answer.status_code == 422
    assert message in said(answer)


def test_what_cannot_be_done_now_is_said_and_changes_nothing(arena: Arena, olga: Persona) -> None:
    olga.post(path_of(arena, "freeze/now/"))
    assert olga.post(path_of(arena, "freeze/call-off/")).status_code == 409
    olga.post(path_of(arena, "reveal/start/"), {"by": "row"})
    assert olga.post(path_of(arena, "reveal/start/"), {"by": "match"}).status_code == 303
    assert "cannot become revealing" in said(olga.get(path_of(arena, "reveal/")))
    press(olga, arena, "sideways", 0)
    assert "Step 0 of 2" in said(olga.get(path_of(arena, "reveal/")))
