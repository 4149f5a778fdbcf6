"""A program reads the board with a token, catches up by deltas, and is told what it did wrong."""

from flask import Flask

from tests.arenas import REASON, ended_at
from tests.personas import Persona
from tests.views.api.worlds import Program, code_of, forget_rates, play, played_cup, turn_on_the_api
from webapp.services.ranking import overrides, ranking
from webapp.services.spine.actors import SYSTEM


def test_a_program_follows_a_tournament(app: Flask, pat: Persona) -> None:
    turn_on_the_api()
    cup = played_cup()
    # A person makes a token in the browser; the page shows it once.
    page = pat.post("/me/tokens/", {"name": "Overlay", "scopes": "read", "days": "30"})
    secret = page.text.partition('translate="no">dc_')[2].partition("<")[0]
    program = Program(app.test_client(), f"dc_{secret}", 0)
    # The program reads the board, which is the board that spectators see.
    board = program.get(f"/api/tournaments/{cup.tournament_id}/leaderboard/").get_json()
    have = {row["participant_id"]: row["rank"] for row in board["rankings"]}
    version = board["metadata"]["version"]
    team_ids = ",".join(str(row["team_id"]) for row in board["rankings"])
    named = {team["id"]: team["name"] for team in program.get(f"/api/teams/?ids={team_ids}").get_json()["results"]}
    shown = pat.get(f"/spectator/tournaments/{cup.tournament_id}/").text
    # What else the page tells names teams in an order of its own.
    shown = shown[shown.index('class="panel board"') :]
    places = [shown.index(named[row["team_id"]]) for row in board["rankings"]]
    assert places == sorted(places)
    # It is away for a while: two matches and an override later one request brings it up to date.
    play(cup, 2)
    play(cup, 3)
    overrides.override(cup.tournament_id, cup.participant_ids[5], 1, reason=REASON, actor=SYSTEM, now=ended_at(4))
    ranking.rank_due(cup.tournament_id, now=ended_at(4))
    told = program.get(f"/api/tournaments/{cup.tournament_id}/leaderboard/deltas/?since={version}").get_json()
    for change in told["deltas"]:
        have[change["participant_id"]] = change["current_rank"]
    newest = program.get(f"/api/tournaments/{cup.tournament_id}/leaderboard/").get_json()
    assert have == {row["participant_id"]: row["rank"] for row in newest["rankings"]}
    assert told["metadata"]["version"] == newest["metadata"]["version"] == 4
    # What it does wrong it is told, each time by a problem document.
    forget_rates()
    for path, status, code in (
        ("leaderboard/?limit=1000", 422, "invalid_request"),
        ("leaderboard/?at=99", 404, "version_not_found"),
        ("override-placement/", 405, "method_not_allowed"),
    ):
        answer = program.get(f"/api/tournaments/{cup.tournament_id}/{path}")
        assert (answer.status_code, code_of(answer)) == (status, code)
    body = {"participant_id": cup.participant_ids[0], "new_rank": 2, "reason": REASON}
    answer = program.post(f"/api/tournaments/{cup.tournament_id}/override-placement/", json=body)
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")
