from flask.testing import FlaskClient
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, open_battle_royale
from tests.personas import Persona
from tests.statements import count_statements
from tests.trail import trail
from tests.views.organizer.pages import assert_only_for_its_officials, draft, referee, said
from webapp.models import Adjustment, Registration
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot


def path_of(tournament_id: int, rest: str = "") -> str:
    return f"/organizer/tournaments/{tournament_id}/participants/{rest}"


def statuses() -> list[str]:
    with read_snapshot() as session:
        return list(session.scalars(select(Registration.status).order_by(Registration.id)))


def register(tournament_id: int, *names: str) -> list[int]:
    return registrations.register(tournament_id, names, actor=SYSTEM, now=OPENED_AT)


def test_it_is_for_its_officials(olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient) -> None:
    tournament_id = draft(olga)
    assert_only_for_its_officials(path_of(tournament_id), olga, otto, pat, vic)
    assert otto.post(path_of(tournament_id), {"names": "Alpha", "add": "1"}).status_code == 404
    assert pat.post(path_of(tournament_id), {"names": "Alpha", "add": "1"}).status_code == 403
    assert statuses() == []


def test_a_list_is_looked_at_first_and_taken_then(olga: Persona) -> None:
    tournament_id = draft(olga)
    register(draft(olga, "Elsewhere"), "Night Ferry")
    names = "Night Ferry, 3\r\nCopper <b>Kites\r\nNight Fеrry"
    with trail() as found:
        seen = olga.post(path_of(tournament_id), {"names": names})
    assert (seen.status_code, found.events) == (200, [])
    text = said(seen)
    assert "3 Night Ferry known" in text
    assert "Copper <b>Kites new here" in text
    assert "Night Fеrry new here looks like “ Night Ferry ”" in text
    assert "Add 3 teams" in text
    assert "Copper &lt;b&gt;Kites" in seen.text
    answer = olga.post(path_of(tournament_id), {"names": names, "add": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(tournament_id))
    assert "3 have joined." in said(olga.get(path_of(tournament_id)))
    again = olga.post(path_of(tournament_id), {"names": names})
    assert "Everybody on the list takes part already." in said(again)


def test_wrong_lines_are_told_and_the_list_is_kept(olga: Persona) -> None:
    tournament_id = draft(olga)
    for more in ({}, {"add": "1"}):
        answer = olga.post(path_of(tournament_id), {"names": "Alpha\nAlpha\nBeta, 0", **more})
        assert answer.status_code == 422
        text = said(answer)
        assert "2 lines are wrong; nobody is added." in text
        assert "Line 2 “Alpha” is on line 1 already" in text
        assert "Line 3 “0” is no seed" in text
        assert "Beta, 0</textarea>" in answer.text
    assert "write one name a line" in said(olga.post(path_of(tournament_id), {"names": " ", "add": "1"}))
    assert statuses() == []


def test_withdrawing_asks_first_and_the_name_brings_back(olga: Persona, otto: Persona) -> None:
    tournament_id = draft(olga)
    alpha, _ = register(tournament_id, "Alpha", "Beta")
    other = register(draft(otto, "Others"), "Gamma")[0]
    page = said(olga.get(path_of(tournament_id)))
    assert "Alpha leaves the board; what was played stays on record." in page
    assert olga.post(path_of(tournament_id, f"{other}/withdraw/")).status_code == 404
    assert otto.post(path_of(tournament_id, f"{alpha}/withdraw/")).status_code == 404
    assert statuses() == ["approved"] * 3
    long = olga.post(path_of(tournament_id, f"{alpha}/withdraw/"), {"reason": "x" * 501})
    assert (long.status_code, "write at most 500 characters" in said(long)) == (422, True)
    assert f"{'x' * 501}</textarea>" in long.text
    assert olga.post(path_of(tournament_id, f"{alpha}/withdraw/"), {"reason": "No word since noon"}).status_code == 303
    assert statuses() == ["withdrawn", "approved", "approved"]
    told = olga.get(path_of(tournament_id))
    assert 'class="flash__undo"' in told.text
    assert "Alpha withdrawn No word since noon" in said(told)
    assert "Alpha comes back" in said(olga.post(path_of(tournament_id), {"names": "Alpha"}))
    olga.post(path_of(tournament_id), {"names": "Alpha", "add": "1"})
    assert statuses() == ["approved"] * 3


def test_points_are_put_on_the_board_with_a_reason(olga: Persona, otto: Persona) -> None:
    arena = open_battle_royale(squads=2, lobbies=1, organizer_id=olga.user_id)
    who = arena.participant_ids[0]
    path = path_of(arena.tournament_id, f"{who}/adjust/")
    short = olga.post(path, {"kind": "penalty", "points": "3", "reason": "late"})
    assert short.status_code == 422
    assert "say why in 10 to 500 characters" in said(short)
    assert ">late</textarea>" in short.text
    for wrong in ("", "x", "0", "-3"):
        assert olga.post(path, {"kind": "penalty", "points": wrong, "reason": REASON}).status_code == 422
    assert olga.post(path, {"kind": "penalty", "points": "3", "reason": REASON}).status_code == 303
    assert olga.post(path, {"kind": "bonus", "points": "2", "reason": REASON}).status_code == 303
    with read_snapshot() as session:
        assert list(session.scalars(select(Adjustment.points).order_by(Adjustment.id))) == [-3, 2]
    assert f"−3 points: {REASON} +2 points: {REASON}" in said(olga.get(path_of(arena.tournament_id)))
    assert otto.post(path, {"kind": "bonus", "points": "9", "reason": REASON}).status_code == 404
    assert olga.post(path_of(arena.tournament_id, "999/adjust/"), {"points": "1", "reason": REASON}).status_code in (
        404,
        422,
    )


def test_a_referee_gives_points_and_adds_nobody(olga: Persona, otto: Persona) -> None:
    arena = open_battle_royale(squads=1, lobbies=0, organizer_id=olga.user_id)
    referee(otto, arena.tournament_id)
    page = said(otto.get(path_of(arena.tournament_id)))
    assert "Points …" in page
    assert "Add teams" not in page
    assert "Withdraw" not in page
    assert otto.post(path_of(arena.tournament_id), {"names": "Alpha", "add": "1"}).status_code == 403
    path = path_of(arena.tournament_id, f"{arena.participant_ids[0]}/adjust/")
    assert otto.post(path, {"kind": "bonus", "points": "2", "reason": REASON}).status_code == 303


def test_long_lists_come_in_pages_and_can_be_searched(olga: Persona) -> None:
    tournament_id = draft(olga)
    register(tournament_id, *(f"Squad {number:02}" for number in range(1, 61)))
    assert "1–50 of 60" in said(olga.get(path_of(tournament_id)))
    assert f'href="{path_of(tournament_id, "?page=2")}"' in olga.get(path_of(tournament_id)).text
    assert "Squad 60" in olga.get(path_of(tournament_id, "?page=2")).text
    found = said(olga.get(path_of(tournament_id, "?q=squad+4")))
    assert "Squad 44" in found
    assert "Squad 33" not in found
    assert "Nobody of that name" in said(olga.get(path_of(tournament_id, "?q=%25")))
    assert olga.get(path_of(tournament_id, "?q=%00&page=x")).status_code == 200


def test_more_participants_cost_no_more_queries(olga: Persona) -> None:
    counts = []
    for size in (1, 3):
        tournament_id = draft(olga, f"Cup {size}")
        register(tournament_id, *(f"Team {number}" for number in range(size)))
        olga.get(path_of(tournament_id))
        with count_statements() as found:
            olga.get(path_of(tournament_id))
        counts.append(len(found))
    assert counts[0] == counts[1]
