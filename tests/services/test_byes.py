"""A bye counts with the first result of its round, and with nothing of the round it counts no more."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.arenas import REASON, ended_at
from tests.invariants import assert_log_is_whole, assert_standings_are_right
from tests.knockouts import games
from tests.services.league_play import League, drawn
from webapp.services.bracketing import brackets, swiss_rounds
from webapp.services.matches import matches, series
from webapp.services.registration import registrations
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM


@pytest.fixture
def swiss(app: Flask) -> League:
    return drawn("swiss", 5, {"rounds": 3})


def bye_of(league: League) -> tuple[str, int | None]:
    (bye,) = [duel for duel in league.duels() if duel.b is None]
    return bye.state, bye.winner_id


def confirm(league: League) -> object:
    duel = league.open_duels()[0]
    return series.confirm(duel.match_id, games(duel.match_id, duel.a), actor=SYSTEM, now=ended_at(1))


def leave(league: League) -> object:
    return registrations.withdraw(league.open_duels()[0].a, actor=SYSTEM, now=ended_at(1))


def call_off(league: League) -> object:
    return matches.cancel_match(league.open_duels()[0].match_id, reason=REASON, actor=SYSTEM, now=ended_at(1))


def undone(league: League) -> None:
    newest = undo.newest_of(league.tournament_id, actor=SYSTEM, now=ended_at(2))
    assert newest is not None
    assert undo.undo(newest, actor=SYSTEM, now=ended_at(2)).changed
    assert_standings_are_right(league.tournament_id)
    assert_log_is_whole(league.tournament_id)


@pytest.mark.parametrize("way", [confirm, leave, call_off])
def test_what_ended_the_first_match_of_a_round_is_undone_with_its_bye(
    swiss: League, way: Callable[[League], object]
) -> None:
    before = swiss.duels()
    way(swiss)
    assert bye_of(swiss) == ("completed", swiss.ids[4])
    undone(swiss)
    assert swiss.duels() == before
    assert [row.points for row in swiss.tables()[0].rows] == [0] * 5


def test_a_round_that_waits_again_can_be_paired_and_drawn_anew(swiss: League) -> None:
    one, two, three, four, five = swiss.ids
    confirm(swiss)
    undone(swiss)
    swiss_rounds.next_round(
        swiss.tournament_id, number=1, pairs=[(one, two), (three, five)], actor=SYSTEM, now=ended_at(3)
    )
    assert [(duel.a, duel.b) for duel in swiss.duels()] == [(one, two), (three, five), (four, None)]
    brackets.generate(swiss.tournament_id, seeding="random", actor=SYSTEM, now=ended_at(3))
    assert {duel.state for duel in swiss.duels()} == {"scheduled"}
