"""By API: who takes part, points beside results, matches that are added, and decisions about many."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.arenas import open_battle_royale, open_league
from tests.entering import enter, open_tournament, players, statuses
from tests.personas import Persona, persona
from tests.views.api.worlds import Program, program_of, turn_on_the_api
from webapp.domain.drafts import draft_order
from webapp.models import Registration, Tournament
from webapp.services.ranking import ranking
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction

WHY = "Twenty minutes late for the lobby"


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "play", "organize")


@pytest.fixture
def stranger(app: Flask, otto: Persona) -> Program:
    return program_of(app, otto, "read", "organize")


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def sent(program: Program, path: str, **body: Any) -> dict[str, Any]:
    answer = program.post(path, json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def paths(answer: TestResponse) -> set[str]:
    return {problem["path"] for problem in answer.get_json()["errors"]}


def test_a_battle_royale_is_run_by_programs_alone(runs: Program, stranger: Program) -> None:
    turn_on_the_api()
    cup = sent(
        runs, "/api/tournaments/", name="Copper Cup", game="pubgm", format="battle-royale",
        ruleset={"placement_points": [10, 6, 5], "points_per_kill": 1},
    )["id"]  # fmt: skip
    path = f"/api/tournaments/{cup}/"
    names = ["Night Ferry", "Copper Owls", "Étoile du Nord"]
    first = sent(runs, f"{path}participants/", names=names)["participant_ids"]
    assert sent(runs, f"{path}participants/", names=names[::-1])["participant_ids"] == first[::-1]
    wrong = runs.post(f"{path}participants/", json={"names": ["Fine", " ", "a\u202eb"]})
    assert code(wrong) == (422, "invalid_result")
    for step in ("open/", "start/"):
        sent(runs, path + step)
    one, two = sent(runs, "/api/tournaments/matches/", tournament_id=cup, matches=[{"label": "1"}, {"label": "2"}])[
        "match_ids"
    ]
    for match_id in (one, two):
        sent(runs, f"/api/tournaments/matches/{match_id}/start/")
        lines = [{"participant_id": who, "placement": place, "kills": 0} for place, who in enumerate(first, start=1)]
        sent(runs, f"/api/tournaments/matches/{match_id}/confirm-result/", lines=lines)
    penalty = {"kind": "penalty", "points": -9, "reason": WHY}
    same = {"Idempotency-Key": "late"}
    late = f"{path}participants/{first[0]}/adjust/"
    given = runs.post(late, json=penalty, headers=same).get_json()
    assert runs.post(late, json=penalty, headers=same).get_json() == given | {"idempotent_replay": True}
    ranking.rank_due(cup, now=utc_now())
    board = runs.get(f"{path}leaderboard/").get_json()["rankings"]
    assert [(row["participant_id"], row["points"]) for row in board] == [(first[1], 12), (first[0], 11), (first[2], 10)]
    for answer in (
        stranger.post(f"{path}participants/", json={"names": ["X"]}), stranger.post(late, json=penalty),
        stranger.post("/api/tournaments/matches/", json={"tournament_id": cup, "matches": [{"label": "3"}]}),
    ):  # fmt: skip
        assert code(answer) == (404, "tournament_not_found")


def test_reports_of_a_lobby_are_for_officials_and_the_own_for_a_side(
    app: Flask, runs: Program, olga: Persona, pat: Persona, otto: Persona
) -> None:
    arena = open_battle_royale(squads=3, lobbies=1)
    one, two, _ = arena.participant_ids
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = olga.user_id
        for who, persona_ in ((one, pat), (two, otto)):
            session.get_one(Registration, who).registered_by_id = persona_.user_id
    first, second = (program_of(app, who, "read", "play") for who in (pat, otto))
    path = f"/api/tournaments/matches/{arena.match_ids[0]}/"
    sent(runs, f"{path}start/")
    sent(first, f"{path}submit-result/", place={"placement": 1, "kills": 4})
    sent(second, f"{path}submit-result/", place={"placement": None, "kills": 0})

    def told(program: Program) -> list[tuple[int, dict[str, Any], list[Any]]]:
        reports = program.get(path).get_json()["reports"]
        return [(report["participant_id"], report["place"], report["games"]) for report in reports]

    assert told(runs) == [(one, {"placement": 1, "kills": 4}, []), (two, {"placement": None, "kills": 0}, [])]
    assert (told(first), told(second)) == (told(runs)[:1], told(runs)[1:])
    vera = program_of(app, persona(app, "vera"), "read")
    assert vera.get(path).get_json()["reports"] is None


def test_what_is_wrong_with_points_or_matches_is_named(runs: Program, olga: Persona) -> None:
    cup = open_tournament(organizer_id=olga.user_id)
    (who,) = sent(runs, f"/api/tournaments/{cup}/participants/", names=["Striker"])["participant_ids"]
    path = f"/api/tournaments/{cup}/participants/{who}/adjust/"
    for body, where in (
        ({"kind": "bonus", "points": -1, "reason": WHY}, "points"),
        ({"kind": "penalty", "points": 0, "reason": WHY}, "points"),
        ({"kind": "gift", "points": 1, "reason": WHY}, "kind"),
        ({"kind": "bonus", "points": 1, "reason": "short"}, "reason"),
    ):
        answer = runs.post(path, json=body)
        assert (answer.status_code, paths(answer)) == (422, {where})
    assert code(runs.post(f"/api/tournaments/{cup}/participants/999/adjust/", json={"kind": "bonus", "points": 1, "reason": WHY})) == (
        404, "participant_not_found",
    )  # fmt: skip
    both = {"label": "1", "side_a_id": who, "side_b_id": who}
    lone = runs.post("/api/tournaments/matches/", json={"tournament_id": cup, "matches": [both]})
    assert code(lone) == (422, "invalid_result")


def test_a_participant_is_taken_out_with_or_without_a_word(runs: Program, stranger: Program, olga: Persona) -> None:
    cup = open_tournament(organizer_id=olga.user_id)
    one, two = sent(runs, f"/api/tournaments/{cup}/participants/", names=["Striker", "Keeper"])["participant_ids"]
    path = f"/api/tournaments/{cup}/participants/"
    assert code(stranger.post(f"{path}{one}/withdraw/")) == (404, "tournament_not_found")
    for _ in range(2):
        assert runs.post(f"{path}{one}/withdraw/").status_code == 200
    sent(runs, f"{path}{two}/withdraw/", reason="Sold the car")
    assert statuses(cup) == {one: "withdrawn", two: "withdrawn"}
    with read_snapshot() as session:
        assert [session.get_one(Registration, who).decision_reason for who in (one, two)] == ["", "Sold the car"]
    assert code(runs.post(f"{path}999/withdraw/")) == (404, "participant_not_found")
    assert code(runs.post(f"{path}{two}/withdraw/", data=b"{", content_type="application/json")) == (
        400, "unreadable_json",
    )  # fmt: skip


def test_one_withdraws_with_a_word(app: Flask, runs: Program, pat: Persona) -> None:
    plays = program_of(app, pat, "read", "play")
    cup = open_tournament(starts_at=utc_now() + timedelta(days=2))
    one = enter(cup, pat.actor, now=utc_now()).registration_id
    path = f"/api/tournaments/registrations/{one}/cancel/"
    assert code(plays.post(path, json={"reason": "x" * 501})) == (422, "invalid_request")
    sent(plays, path, reason="My exams are that day")
    assert plays.post(path).status_code == 200
    with read_snapshot() as session:
        assert session.get_one(Registration, one).decision_reason == "My exams are that day"


def test_many_are_admitted_and_who_cannot_be_is_named(runs: Program, stranger: Program, olga: Persona) -> None:
    cup = open_tournament(organizer_id=olga.user_id, asks_approval=True, places=2)
    ids = [enter(cup, who, waitlist=True).registration_id for who in players(3)]
    path = f"/api/tournaments/{cup}/registrations/decide/"
    assert code(stranger.post(path, json={"registration_ids": ids, "decision": "approve"})) == (
        404, "tournament_not_found",
    )  # fmt: skip
    told = sent(runs, path, registration_ids=ids, decision="approve")
    assert len(told["registration_ids"]) + len(told["refused"]) == 3
    assert "Player0" not in str(told)
    admitted = [one for one, status in statuses(cup).items() if status == "approved"]
    assert told["registration_ids"] == admitted
    assert sent(runs, path, registration_ids=admitted, decision="approve")["registration_ids"] == []
    assert code(runs.post(path, json={"registration_ids": ids, "decision": "reject"})) == (422, "invalid_result")
    assert code(runs.post(path, json={"registration_ids": [999], "decision": "approve"})) == (
        404, "registration_not_found",
    )  # fmt: skip


def test_members_get_roles_and_invitations_are_taken_back(app: Flask, pat: Persona) -> None:
    vera, una = persona(app, "vera"), persona(app, "una")
    plays, other = (program_of(app, who, "read", "play") for who in (pat, vera))
    team = sent(plays, "/api/teams/", name="Night Ferry", game="valorant")["id"]
    path = f"/api/teams/{team}/"
    invited = sent(plays, f"{path}invite/", handle=vera.name)["id"]
    sent(other, f"/api/teams/invites/{invited}/accept/")
    for _ in range(2):
        told = sent(plays, f"{path}set-role/", user_id=vera.user_id, role="coach")
        assert {"user_id": vera.user_id, "role": "coach"} in told["members"]
    assert code(plays.post(f"{path}set-role/", json={"user_id": pat.user_id, "role": "coach"})) == (
        409,
        "captain_stays",
    )
    assert code(other.post(f"{path}set-role/", json={"user_id": vera.user_id, "role": "player"})) == (
        403,
        "not_captain",
    )
    waiting = f"{path}invites/{sent(plays, f'{path}invite/', handle=una.name)['id']}/"
    assert code(other.delete(waiting)) == (403, "not_captain")
    for _ in range(2):
        gone = plays.delete(waiting)
        assert (gone.status_code, gone.get_json()["status"]) == (200, "withdrawn")
    assert code(plays.delete(f"{path}invites/{invited}/")) == (409, "invite_answered")


def test_a_draft_is_kept_as_far_as_it_has_come(runs: Program, stranger: Program, olga: Persona) -> None:
    league = open_league("dota2", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=3, name="League")
    with transaction() as session:
        session.get_one(Tournament, league.tournament_id).organizer_id = olga.user_id
    (match_id,), (_, second) = league.match_ids, league.participant_ids
    path = f"/api/tournaments/matches/{match_id}/drafts/1/"
    order = draft_order("dota2-captains-mode").steps[:4]
    body: dict[str, Any] = {
        "first_id": second,
        "actions": [{"side": step.side, "action": step.action, "hero": f"Hero {n}"} for n, step in enumerate(order)],
    }

    def kept(program: Program, **changes: Any) -> TestResponse:
        return program.client.put(path, json=body | changes, headers=program.headers)

    assert code(kept(runs)) == (409, "conflict")
    sent(runs, f"/api/tournaments/matches/{match_id}/start/")
    assert [kept(runs).get_json()["changed"] for _ in range(2)] == [True, False]
    assert code(kept(runs, first_id=10**6)) == (422, "invalid_draft")
    assert code(kept(runs, actions=body["actions"][1:])) == (422, "invalid_draft")
    assert kept(stranger).status_code == 404
