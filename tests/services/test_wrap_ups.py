"""Tournaments in which everything is played end by themselves, and no others."""

import threading
from datetime import timedelta

import pytest
from flask import Flask

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.knockouts import open_knockout
from tests.services.league_play import drawn
from tests.trail import trail
from webapp.models import Tournament, TournamentOutcome
from webapp.services.bracketing import next_stages, swiss_rounds
from webapp.services.matches import pauses, results
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import wrap_ups

LATER = OPENED_AT + timedelta(days=3)


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


def played(**more: object) -> Arena:
    arena = open_battle_royale(squads=4, lobbies=2, **more)  # type: ignore[arg-type]  # as named there
    for place, match_id in enumerate(arena.match_ids, start=1):
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(place))
    return arena


def status_of(tournament_id: int) -> str:
    with read_snapshot() as session:
        return session.get_one(Tournament, tournament_id).status


def test_what_is_played_ends_with_its_winners_and_its_final_board_once() -> None:
    arena = played()
    with trail() as found:
        assert wrap_ups.wrap_up(now=LATER) == [arena.tournament_id]
    assert [kind for kind, _ in found.events if kind != "rank_update"] == ["tournament_completed"]
    assert [action for action, _ in found.audited] == ["tournament.completed"]
    with read_snapshot() as session:
        outcome = session.get_one(TournamentOutcome, arena.tournament_id)
        assert outcome.winner_id in arena.participant_ids
        assert outcome.determined_at == LATER
    assert status_of(arena.tournament_id) == "completed"
    with trail() as found:
        assert wrap_ups.wrap_up(now=LATER) == []
    assert (found.events, found.audited) == ([], [])


def test_an_hour_is_left_to_add_a_match_or_to_undo_the_last_result() -> None:
    arena = played()
    last = ended_at(2)
    assert wrap_ups.wrap_up(now=last + wrap_ups.QUIET_FOR - timedelta(microseconds=1)) == []
    assert wrap_ups.wrap_up(now=last + wrap_ups.QUIET_FOR) == [arena.tournament_id]


def test_what_is_open_stopped_or_never_played_stays_as_it_is() -> None:
    open_one = open_battle_royale(squads=3, lobbies=2, name="Open")
    results.confirm(open_one.match_ids[0], open_one.lines(open_one.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    empty = open_battle_royale(squads=3, lobbies=0, name="Empty")
    stopped = played(name="Stopped")
    pauses.stop(stopped.tournament_id, reason=REASON, actor=SYSTEM, now=ended_at(3))
    assert wrap_ups.wrap_up(now=LATER) == []
    assert [status_of(one.tournament_id) for one in (open_one, empty, stopped)] == ["live"] * 3


def test_a_bracket_ends_with_its_final() -> None:
    cup = open_knockout(sides=4)
    cup.play(until=list(cup.match_ids())[-1])
    assert wrap_ups.wrap_up(now=LATER) == []
    cup.play()
    assert wrap_ups.wrap_up(now=LATER) == [cup.tournament_id]
    with read_snapshot() as session:
        assert session.get_one(TournamentOutcome, cup.tournament_id).winner_id == cup.seed(1)


def test_a_swiss_waits_for_its_last_round_and_groups_for_the_bracket_that_follows() -> None:
    swiss = drawn("swiss", 4, {"rounds": 2})
    swiss.play(swiss.stronger)
    assert wrap_ups.wrap_up(now=LATER) == []
    swiss_rounds.next_round(swiss.tournament_id, actor=SYSTEM, now=LATER)
    swiss.play(swiss.stronger)
    assert wrap_ups.wrap_up(now=LATER + wrap_ups.QUIET_FOR) == [swiss.tournament_id]

    groups = drawn("round-robin", 4, {"groups": 2, "advance": 1, "then": {"format": "single-elimination"}})
    groups.play(groups.stronger)
    assert wrap_ups.wrap_up(now=LATER + timedelta(days=1)) == []
    next_stages.start(groups.tournament_id, actor=SYSTEM, now=LATER)
    assert wrap_ups.wrap_up(now=LATER + timedelta(days=1)) == []
    groups.play(groups.stronger, 2)
    assert wrap_ups.wrap_up(now=LATER + timedelta(days=1)) == [groups.tournament_id]


def test_a_match_point_race_that_nobody_has_won_goes_on() -> None:
    rules = {"placement_points": [10, 6], "points_per_kill": 1, "match_point": {"threshold": 1000}}
    arena = played(rules=rules)
    assert wrap_ups.wrap_up(now=LATER) == []
    assert status_of(arena.tournament_id) == "live"


def test_two_who_end_the_same_tournament_end_it_once(app: Flask) -> None:
    arena = played()
    found: list[list[int]] = []

    def end() -> None:
        with app.app_context():
            found.append(wrap_ups.wrap_up(now=LATER))

    with trail() as left:
        both = [threading.Thread(target=end) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
    assert sorted(found) == [[], [arena.tournament_id]]
    assert [kind for kind, _ in left.events if kind != "rank_update"] == ["tournament_completed"]
