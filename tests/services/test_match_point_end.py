"""A win at match point ends a tournament before its schedule does, and every page of its officials knows."""

import pytest
from flask import Flask

from tests.arenas import Arena, ended_at, open_battle_royale
from webapp.domain.grid import Cells
from webapp.models import Tournament
from webapp.services.matches import grid
from webapp.services.matches.grid_view import GridMode, Saved, Typed
from webapp.services.organizer_pages.control_reads import read_facts
from webapp.services.organizer_pages.overview import NextStep, OverviewView, read_overview
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

RULES = {"placement_points": [10, 1], "points_per_kill": 0, "match_point": {"threshold": 10}}


@pytest.fixture
def arena(app: Flask) -> Arena:
    return open_battle_royale(RULES, squads=2, lobbies=4)


def win(arena: Arena, match: int) -> Saved:
    """The first squad wins a lobby, as the grid takes it."""
    first, second = arena.participant_ids
    typed = Typed([Cells(first, "1", "0"), Cells(second, "2", "0")], revision=0)
    return grid.confirm(arena.match_ids[match - 1], typed, actor=SYSTEM, now=ended_at(match))


def overview(arena: Arena) -> OverviewView:
    return read_overview(arena.tournament_id, actor=SYSTEM, now=ended_at(9))


def open_for_the_day(arena: Arena) -> int:
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        return read_facts(session, tournament, SYSTEM, now=ended_at(9)).day.matches_open


def test_the_lobby_that_decides_leads_to_the_end_and_not_to_the_next_one(arena: Arena) -> None:
    assert win(arena, 1).next_match_id == arena.match_ids[1]
    view = overview(arena)
    assert (view.step, view.deciding_match, open_for_the_day(arena)) == (NextStep.ENTER_RESULT, None, 3)
    assert win(arena, 2).next_match_id is None
    view = overview(arena)
    assert (view.step, view.deciding_match, view.matches_open) == (NextStep.COMPLETE, 2, 2)
    assert open_for_the_day(arena) == 0
    after = grid.read_grid(arena.match_ids[2], actor=SYSTEM)
    assert after.mode is GridMode.CLOSED
    assert after.closed_because == "Match 2 has decided the tournament by match point; this one is not played."
    assert grid.read_grid(arena.match_ids[1], actor=SYSTEM).mode is GridMode.CORRECT
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(5))
    assert overview(arena).matches_open == 0
