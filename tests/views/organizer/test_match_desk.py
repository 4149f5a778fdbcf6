"""The desk of a match, entering its games and drafts, the times of many, the radar, the emergency stop."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, REASON
from tests.contests import Contest, open_contest
from tests.personas import HTMX, Persona
from tests.statements import count_statements
from tests.views.organizer.pages import assert_only_for_its_officials, referee, said
from webapp.models import Match, MatchGame, Tournament
from webapp.services.matches import matches, reporting, series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def contest(olga: Persona) -> Contest:
    return owned(olga)


def owned(olga: Persona, **how: Any) -> Contest:
    contest = open_contest(**{"matches": 3, **how})
    with transaction() as session:
        session.get_one(Tournament, contest.tournament_id).organizer_id = olga.user_id
    return contest


def path_of(contest: Contest, rest: str = "", *, place: int = 0) -> str:
    return f"/organizer/tournaments/{contest.tournament_id}/matches/{contest.match_ids[place]}/{rest}"


def schedule_of(contest: Contest) -> str:
    return f"/organizer/tournaments/{contest.tournament_id}/schedule/"


def match_of(contest: Contest, place: int = 0) -> Match:
    with read_snapshot() as session:
        match = session.get_one(Match, contest.match_ids[place])
        session.expunge(match)
        return match


def rows(*scores: tuple[str, str], **more: str) -> dict[str, str]:
    form = {
        f"games-{place}-score_{side}": value
        for place, both in enumerate(scores)
        for side, value in zip("ab", both, strict=True)
    }
    return form | {"revision": "0"} | more


def test_pages_are_for_its_officials(
    contest: Contest, olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient
) -> None:
    for path in (path_of(contest), path_of(contest, "result/"), schedule_of(contest)):
        assert_only_for_its_officials(path, olga, otto, pat, vic)
    referee(otto, contest.tournament_id)
    assert otto.get(path_of(contest)).status_code == 200
    assert (
        olga.get(
            f"/organizer/tournaments/{owned(olga, name='Other').tournament_id}/matches/{contest.match_id}/"
        ).status_code
        == 404
    )


def test_the_lobby_and_the_official_are_kept_and_what_is_wrong_stands_beside_the_field(
    contest: Contest, olga: Persona
) -> None:
    assert olga.post(path_of(contest, "lobby/"), {"name": "DC-1", "password": "p", "notes": ""}).status_code == 303
    assert 'value="DC-1"' in olga.get(path_of(contest)).text
    wrong = olga.post(path_of(contest, "lobby/"), {"name": "x" * 81, "password": "kept", "notes": ""})
    assert wrong.status_code == 422
    assert "must have at most 80 characters" in said(wrong)
    assert 'value="kept"' in wrong.text
    assert olga.post(path_of(contest, "coordinator/"), {"coordinator_id": str(olga.user_id)}).status_code == 303
    assert match_of(contest).coordinator_id == olga.user_id
    assert olga.post(path_of(contest, "coordinator/"), {"coordinator_id": "999999"}).status_code == 422


def test_a_match_begins_is_decided_by_hand_and_set_back(contest: Contest, olga: Persona) -> None:
    assert olga.post(path_of(contest, "begin/")).status_code == 303
    end = {"way": "walk_over", "side_id": str(contest.b), "reason": "rain"}
    short = olga.post(path_of(contest, "end/"), end)
    assert short.status_code == 422
    assert ">rain</textarea>" in short.text
    assert olga.post(path_of(contest, "end/"), end | {"reason": REASON}).status_code == 303
    assert "won by Squad 01 by walk-over" in said(olga.get(path_of(contest)))
    again = olga.post(path_of(contest, "end/"), {"way": "force_win", "side_id": str(contest.b), "reason": REASON})
    assert (again.status_code, "has a confirmed result" in said(again)) == (409, True)
    assert olga.post(path_of(contest, "begin/")).status_code == 409
    assert olga.post(path_of(contest, "reset/"), {"reason": "no"}).status_code == 422
    assert olga.post(path_of(contest, "reset/"), {"reason": REASON}).status_code == 303
    assert match_of(contest).state == "scheduled"
    olga.post(path_of(contest, "end/"), {"way": "force_win", "side_id": str(contest.b), "reason": REASON})
    assert match_of(contest).decided_by == "force_win"


def test_after_a_result_was_taken_back_the_match_is_entered_anew_or_called_off(contest: Contest, olga: Persona) -> None:
    assert olga.post(path_of(contest, "result/"), rows(("13", "7"), ("13", "11"))).status_code == 303
    assert "Correct …" in olga.get(path_of(contest)).text
    assert olga.post(path_of(contest, "reset/"), {"reason": REASON}).status_code == 303
    assert "Correct …" not in olga.get(path_of(contest)).text
    listed = olga.get(f"/organizer/tournaments/{contest.tournament_id}/matches/").text
    assert path_of(contest, "result/") in listed
    assert olga.post(path_of(contest, "cancel/"), {"reason": REASON}).status_code == 303
    assert match_of(contest).state == "cancelled"


def test_games_are_entered_and_confirmed_at_once(contest: Contest, olga: Persona) -> None:
    answer = olga.post(path_of(contest, "result/"), rows(("13", "7"), ("", ""), ("", "")))
    assert answer.status_code == 422
    assert "Nobody has won the best of 3 yet" in said(answer)
    assert 'value="13"' in answer.text
    half = olga.post(path_of(contest, "result/"), rows(("13", ""), ("", ""), ("", "")))
    assert "Both scores are needed" in said(half)
    done = olga.post(path_of(contest, "result/"), rows(("13", "7"), ("13", "11"), ("", ""), **{"games-0-map": "Bind"}))
    assert (done.status_code, done.headers["Location"]) == (303, path_of(contest))
    with read_snapshot() as session:
        assert [(game.score_a, game.score_b, game.map) for game in session.query(MatchGame)] == [
            (13, 7, "Bind"),
            (13, 11, None),
        ]
    assert "It is confirmed so already" in said(
        olga.get(
            olga.post(
                path_of(contest, "result/"), rows(("13", "7"), ("13", "11"), **{"games-0-map": "Bind", "revision": "1"})
            ).headers["Location"]
        )
    )
    stale = olga.post(path_of(contest, "result/"), rows(("7", "13"), ("7", "13")))
    assert (stale.status_code, "was changed meanwhile" in said(stale)) == (409, True)


def test_an_odd_score_stands_with_a_reason_alone(contest: Contest, olga: Persona) -> None:
    odd = rows(("9", "3"), ("13", "11"), ("", ""))
    answer = olga.post(path_of(contest, "result/"), odd)
    assert answer.status_code == 422
    assert "an organizer may let it stand" in said(answer)
    assert 'name="games-0-allow_irregular"' in answer.text
    assert 'name="games-1-allow_irregular"' not in answer.text
    allowed = odd | {"games-0-allow_irregular": "y", "games-0-reason": ""}
    assert "is needed to let 9-3 stand" in said(olga.post(path_of(contest, "result/"), allowed))
    assert olga.post(path_of(contest, "result/"), allowed | {"games-0-reason": "The server died"}).status_code == 303


def test_one_report_fills_the_form_and_two_that_differ_are_shown(contest: Contest, olga: Persona) -> None:
    reporting.submit(contest.match_id, contest.games(0, 0), note="Easy", actor=contest.alice, now=OPENED_AT)
    assert 'value="13"' in olga.get(path_of(contest, "result/")).text
    reporting.submit(contest.match_id, contest.games(1, 1), actor=contest.bob, now=OPENED_AT)
    page = said(olga.get(path_of(contest)))
    assert "The two reports differ" in page
    assert "Easy" in page
    assert 'value="13"' not in olga.get(path_of(contest, "result/")).text


def test_a_draft_is_kept_as_far_as_it_has_come(olga: Persona) -> None:
    contest = owned(olga, game="dota2")
    path = path_of(contest, "draft/1/")
    assert olga.get(path_of(contest, "draft/4/")).status_code == 404
    form = {"first_id": str(contest.b), "hero-1": "Axe", "hero-2": "Lina"}
    assert olga.post(path, form).status_code == 409
    matches.start_match(contest.match_id, actor=SYSTEM, now=OPENED_AT)
    assert olga.post(path, form).status_code == 303
    assert 'value="Lina"' in olga.get(path).text
    twice = olga.post(path, form | {"hero-3": "axe"})
    assert (twice.status_code, "was banned already in action 1" in said(twice)) == (422, True)
    assert 'value="axe"' in twice.text
    assert owned(olga, name="Shooters").match_id
    assert olga.get(path_of(owned(olga, name="Maps"), "draft/1/")).status_code == 404


def test_times_are_proposed_then_saved_and_clashes_stand_beside_their_match(contest: Contest, olga: Persona) -> None:
    plan = {"first_at": "2026-12-01T18:00", "every_minutes": "30", "at_once": "4", "zone": "Europe/Berlin"}
    first, second, third = contest.match_ids
    proposed = olga.post(schedule_of(contest), plan | {"do": "propose"})
    assert (proposed.status_code, 'value="2026-12-01T18:30"' in proposed.text) == (200, True)
    assert match_of(contest).scheduled_at is None
    assert "Say when the first match begins" in said(olga.post(schedule_of(contest), {"do": "propose", "zone": "UTC"}))
    save = plan | {
        "do": "save",
        f"at-{first}": "2026-12-01T18:00",
        f"at-{second}": "2026-12-01T18:15",
        f"at-{third}": "",
    }
    clash = olga.post(schedule_of(contest), save)
    assert clash.status_code == 422
    assert "Squad 01 plays in match 1 at that time" in said(clash)
    assert 'value="2026-12-01T18:15"' in clash.text
    assert "Write day and time" in said(olga.post(schedule_of(contest), save | {f"at-{second}": "soon"}))
    assert olga.post(schedule_of(contest), save | {f"at-{second}": "2026-12-01T18:45"}).status_code == 303
    at = match_of(contest, 1).scheduled_at
    assert at is not None
    assert at.strftime("%H:%M") == "17:45"


def test_the_emergency_stop_is_one_press_to_end(contest: Contest, olga: Persona, otto: Persona) -> None:
    home = f"/organizer/tournaments/{contest.tournament_id}/"
    short = olga.post(f"{home}stop/", {"reason": "fire"})
    assert (short.status_code, ">fire</textarea>" in short.text) == (422, True)
    assert otto.post(f"{home}stop/", {"reason": REASON}).status_code == 404
    assert olga.post(f"{home}stop/", {"reason": REASON}).status_code == 303
    assert "Everything stands still" in said(olga.get(home))
    assert olga.post(path_of(contest, "begin/")).status_code == 409
    assert olga.post(f"{home}resume/").status_code == 303
    assert olga.post(path_of(contest, "begin/")).status_code == 303


def test_the_radar_lists_what_is_stuck_with_as_many_queries_however_much(olga: Persona, otto: Persona) -> None:
    counts = []
    for size in (1, 3):
        contest = owned(olga, matches=size, name=f"Cup {size}")
        with transaction() as session:
            for match_id in contest.match_ids:
                session.get_one(Match, match_id).scheduled_at = utc_now() - timedelta(minutes=20)
        path = f"/organizer/tournaments/{contest.tournament_id}/stuck/"
        olga.get(path)
        with count_statements() as found:
            answer = olga.get(path, headers=HTMX)
        counts.append(len(found))
        assert said(answer).count("its time has passed") == size
    assert counts[0] == counts[1]
    assert said(olga.get("/organizer/stuck/")).count("its time has passed") == 4
    assert "its time has passed" not in otto.get("/organizer/stuck/").text
    assert otto.get(path).status_code == 404
    series.confirm(contest.match_id, contest.games(0, 0), actor=SYSTEM, now=OPENED_AT)
    assert said(olga.get(path, headers=HTMX)).count("its time has passed") == 2
