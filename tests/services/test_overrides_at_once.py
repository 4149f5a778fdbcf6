"""Staff in several browsers at the same moment: one rank has one holder, and no ranking loses a placement."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import invariants
from tests.arenas import Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.services import contenders
from tests.services.contenders import PROCESSES, Contenders
from webapp.config import Settings
from webapp.models import Event, Override
from webapp.services.matches import results
from webapp.services.ranking import override_reads, ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    arena = open_battle_royale(squads=8, lobbies=8)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    return arena


def counted(arena: Arena) -> tuple[int, int]:
    """Rows of overrides, and events about them."""
    with read_snapshot() as session:
        rows = session.scalar(select(func.count()).select_from(Override)) or 0
        of_placements = select(func.count()).where(Event.type == "placement_overridden")
        return rows, session.scalar(of_placements.where(Event.tournament_id == arena.tournament_id)) or 0


def test_a_click_that_comes_several_times_is_one_override(rivals: Contenders, settings: Settings, arena: Arena) -> None:
    call = (contenders.override, (arena.tournament_id, arena.participant_ids[3], 1))
    outcomes = rivals.at_once(settings, [call] * PROCESSES)
    assert sorted(outcomes) == [False] * (PROCESSES - 1) + [True]
    assert counted(arena) == (1, 1)


def test_one_rank_has_one_holder(rivals: Contenders, settings: Settings, arena: Arena) -> None:
    calls = [(contenders.override, (arena.tournament_id, who, 2)) for who in arena.participant_ids[:PROCESSES]]
    outcomes = rivals.at_once(settings, calls)
    assert sorted(map(str, outcomes)) == ["True"] + ["rank_taken"] * (PROCESSES - 1)
    with read_snapshot() as session:
        held = override_reads.in_force(session, arena.tournament_id)
    assert held == {arena.participant_ids[outcomes.index(True)]: 2}


def test_placements_results_and_rankings_at_once_end_in_the_right_board(
    rivals: Contenders, settings: Settings, arena: Arena
) -> None:
    ids = arena.participant_ids
    outcomes = rivals.at_once(
        settings,
        [
            (contenders.override_often, (arena.tournament_id, ids[0], [1, 2, 3, 1])),
            (contenders.override_often, (arena.tournament_id, ids[1], [5, 6, 7, 8])),
            (contenders.confirm_all, ([(match_id, arena.lines(match_id)) for match_id in arena.match_ids[1:6]],)),
            (contenders.rank_often, (arena.tournament_id, 5, ids[:2])),
        ],
    )
    assert outcomes[:2] == [5, 5]
    assert counted(arena) == (8, 10)
    ranking.rank_due(arena.tournament_id, now=ended_at(9))
    published = invariants.assert_all_is_well(arena.tournament_id)
    assert not published.board.ranking.is_override.any()
    invariants.assert_versions_were_whole(arena.tournament_id, [published.version])
