"""Names are planted wherever people write them; of all answers only the resolvers' may hold one."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, ended_at
from tests.personas import PASSWORD, Persona
from tests.views.api.worlds import Program, forget_rates, program_of, turn_on_the_api
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.services import (
    adjustments,
    matches,
    overrides,
    ranking,
    registrations,
    results,
    season_ranking,
    tournaments,
)
from webapp.services.actors import SYSTEM
from webapp.services.matches import Fixture
from webapp.views.api.description import operations_of

REASON = "Shoebill told the referee to"
NAMES = ("Zanzibar Cup", "Kestrel Squad", "Osprey Squad", "Lobby of Dodos", "Marabou", "Shoebill")
RESOLVERS = {"profiles", "teams", "tournament_metadata"}
QUERIES = {
    "leaderboard": "?explain=1", "deltas": "?since=0", "profiles": "?ids=1,2,3", "teams": "?ids=1,2,3",
    "scoped": "?scope=season&game=pubgm&season=2026_S1",
}  # fmt: skip


def bodies(participant_id: int, program: Program, email: str) -> dict[str, Any]:
    return {
        "override_placement": {"participant_id": participant_id, "new_rank": 1, "reason": REASON},
        "invalidate_cache": {"scope": "tournament"},
        "token": {"email": email, "password": PASSWORD},
        "refresh": {"refresh": "dr_x"},
        "verify": {"token": program.secret},
    }


def test_answers_hold_ids_and_only_resolvers_names(app: Flask, sam: Persona, vic: FlaskClient) -> None:
    turn_on_the_api()
    program = program_of(app, sam)
    cup = tournaments.create(
        "Zanzibar Cup", game="pubgm", format="battle-royale", actor=SYSTEM, now=OPENED_AT, season="2026_S1",
        ruleset={"placement_points": [9, 5], "points_per_kill": 1},
    )  # fmt: skip
    one, other = registrations.register(cup, ["Kestrel Squad", "Osprey Squad"], actor=SYSTEM, now=OPENED_AT)
    tournaments.start(cup, actor=SYSTEM, now=OPENED_AT)
    (match_id,) = matches.schedule(cup, [Fixture("Lobby of Dodos")], actor=SYSTEM, now=OPENED_AT)
    results.confirm(match_id, [Line(one, 1, 3), Line(other, 2, 0)], actor=SYSTEM, now=ended_at(1))
    adjustments.adjust(cup, one, kind="penalty", points=-1, reason=REASON, actor=SYSTEM, now=ended_at(2))
    overrides.override(cup, other, 1, reason=REASON, actor=sam.actor, now=ended_at(3))
    ranking.rank_due(cup, now=ended_at(4))
    season_ranking.compute_season_rankings("pubgm", "2026_S1", now=ended_at(5))
    secrets = (*NAMES, sam.email, "Sam", "example.org")
    asked = set()
    for described in operations_of(app):
        forget_rates()
        name = described.operation.name
        path = described.path.format(tournament_id=cup, match_id=match_id, participant_id=one) + QUERIES.get(name, "")
        if described.method == "GET":
            answer = program.get(path)
        else:
            answer = program.post(path, json=bodies(other, program, sam.email)[name])
        assert answer.status_code in ({401} if name == "refresh" else {422} if name == "series" else {200}), answer.text
        leaks = [word for word in secrets if word in answer.text or word in str(answer.headers)]
        if name in RESOLVERS:
            assert leaks != []
            assert sam.email not in leaks
        else:
            assert leaks == [], name
        asked.add(name)
    assert asked >= RESOLVERS | set(QUERIES)


def test_a_refused_request_does_not_repeat_what_it_was_told(vic: FlaskClient, pat: Persona) -> None:
    answer = vic.post("/api/token/", json={"email": pat.email, "password": "hoatzin-hoatzin", "x": "hoatzin"})
    assert "hoatzin" not in answer.text
    assert pat.email not in answer.text
