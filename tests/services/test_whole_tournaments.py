"""Whole tournaments, from the first registration to the winners, with everything that can go wrong in between.

HISTORY_EXAMPLES=60 tells more stories of each kind than CI has time for.
"""

import os

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.arenas import REASON, ended_at, turn_on_the_engine
from tests.invariants import assert_log_is_whole, assert_standings_are_right
from tests.knockouts import games, open_knockout
from tests.personas import Persona
from tests.services.days import Day
from tests.services.league_days import LeagueDay
from tests.services.lobby_days import LobbyDay
from tests.services.player_days import PlayersDay
from tests.services.team_days import TeamsDay
from webapp.domain.errors import Conflict
from webapp.models import Tournament
from webapp.services.matches import awards, series
from webapp.services.registration import registrations
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

EXAMPLES = int(os.environ.get("HISTORY_EXAMPLES", "2"))
ENOUGH = 10
"""So many stories at least come to every turn that a test asks for."""
TOLD = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40 if EXAMPLES >= ENOUGH else 20,
    deadline=None,
    report_multiple_bugs=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

DAYS = [
    (PlayersDay, {"register", "start", "generate", "confirm", "withdraw"}),
    (TeamsDay, {"register", "start", "generate", "verify", "decide", "confirm", "withdraw"}),
    (LeagueDay, {"generate", "start", "next_round", "register", "confirm", "withdraw"}),
    (LobbyDay, {"schedule", "submit", "confirm", "apply", "adjust", "withdraw"}),
]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("day", "comes_to"), DAYS, ids=[day.__name__ for day, _ in DAYS])
def test_whatever_happens_on_the_day_everything_adds_up(app: Flask, day: type[Day], comes_to: set[str]) -> None:
    turn_on_the_engine()
    day.done, day.refused = set(), set()
    run_state_machine_as_test(day, settings=TOLD)
    assert EXAMPLES < ENOUGH or comes_to <= day.done, f"the stories do not come to {comes_to - day.done}"


@pytest.mark.parametrize("way", ["confirm", "force_win"])
def test_undo_takes_back_what_was_given_for_somebody_who_plays_no_more(app: Flask, olga: Persona, way: str) -> None:
    cup = open_knockout(sides=4, settings={"third_place": True})
    cup.win("W1-2", 2)
    registrations.withdraw(cup.seed(2), actor=SYSTEM, now=ended_at(1))
    with transaction() as session:
        session.get_one(Tournament, cup.tournament_id).organizer_id = olga.user_id
    before, match_id = cup.states() | cup.sides(), cup.match_ids()["W1-1"]
    if way == "confirm":
        series.confirm(match_id, games(match_id, cup.seed(1)), actor=olga.actor, now=ended_at(2))
    else:
        awards.force_win(match_id, cup.seed(1), reason=REASON, actor=olga.actor, now=ended_at(2))
    assert cup.states()["W2-1"] == "forfeit"
    newest = undo.newest_of(cup.tournament_id, actor=olga.actor, now=ended_at(3))
    assert newest
    assert undo.undo(newest, actor=olga.actor, now=ended_at(3)).changed
    assert cup.states() | cup.sides() == before
    assert_standings_are_right(cup.tournament_id)
    assert_log_is_whole(cup.tournament_id)


def test_a_result_where_somebody_has_forfeited_is_a_correction(app: Flask) -> None:
    cup = open_knockout(sides=2)
    match_id = cup.match_ids()["W1-1"]
    awards.forfeit(match_id, cup.seed(1), reason=REASON, actor=SYSTEM, now=ended_at(1))
    with pytest.raises(Conflict) as refused:
        series.confirm(match_id, games(match_id, cup.seed(1)), actor=SYSTEM, now=ended_at(2))
    assert refused.value.code == "already_confirmed"
    assert series.correct(match_id, games(match_id, cup.seed(1)), reason=REASON, actor=SYSTEM, now=ended_at(3)).changed
