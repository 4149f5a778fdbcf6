"""What a preview shows is what the change then makes of the board, and a preview writes nothing."""

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from flask import Flask

from tests.arenas import REASON, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.services.test_histories import BattleRoyaleHistory
from tests.statements import count_statements
from tests.trail import trail
from webapp.domain.board import Board
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Match, Tournament
from webapp.services.boards import board_previews
from webapp.services.matches import results
from webapp.services.ranking import adjustments, overrides, ranking, standings
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

RULES = {name: rules for name, rules in BattleRoyaleHistory.rulesets.items() if "match_point" not in rules}


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


def boards_around(match_id: int, lines: Sequence[Line], number: int) -> tuple[Board, Board]:
    with read_snapshot() as session:
        match = session.get_one(Match, match_id)
        tournament = session.get_one(Tournament, match.tournament_id)
        return board_previews.around_result(session, tournament, match, lines, now=ended_at(number))


def board_now(arena: Arena) -> Board:
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        return ranking.compute_board(session, tournament, standings.rules_of(tournament))


def some_lines(arena: Arena, chance: random.Random) -> list[Line]:
    """Not everybody plays, some do not finish, and few kills make ties common."""
    who = chance.sample(arena.participant_ids, chance.randint(2, len(arena.participant_ids)))
    return [
        Line(one, None if chance.random() < 0.2 else place, chance.randint(0, 2), None, chance.choice([None, 60]))
        for place, one in enumerate(who, start=1)
    ]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("is_published", [True, False])
def test_a_preview_is_the_board_that_follows(name: str, *, is_published: bool) -> None:
    arena = open_battle_royale(RULES[name], squads=6, lobbies=3)
    chance = random.Random(name)
    adjustments.adjust(
        arena.tournament_id,
        arena.participant_ids[2],
        kind="penalty",
        points=-3,
        reason=REASON,
        actor=SYSTEM,
        now=ended_at(0),
    )
    for step in range(1, 10):
        match_id = arena.match_ids[step % 3]
        lines = some_lines(arena, chance)
        if is_published:
            ranking.rank_due(arena.tournament_id, now=ended_at(step))
        is_void = step > 3 and chance.random() < 0.3
        before = board_now(arena)
        was, will_be = boards_around(match_id, () if is_void else lines, step)
        assert was.same_as(before)
        if is_void:
            results.void(match_id, reason=REASON, actor=SYSTEM, now=ended_at(step))
        elif step <= 3:
            results.confirm(match_id, lines, actor=SYSTEM, now=ended_at(step))
        else:
            results.correct(match_id, lines, reason=REASON, actor=SYSTEM, now=ended_at(step))
        assert will_be.same_as(board_now(arena)), f"step {step}"


def test_a_preview_follows_match_point_overrides_and_who_has_left() -> None:
    rules: Mapping[str, Any] = {"placement_points": [5, 3, 1], "points_per_kill": 1, "match_point": {"threshold": 6}}
    arena = open_battle_royale(rules, squads=4, lobbies=4)
    one, two, three, four = arena.participant_ids
    for number, order in enumerate([(one, two, three, four), (one, two, four, three)], start=1):
        lines = [Line(who, place, 0) for place, who in enumerate(order, start=1)]
        results.confirm(arena.match_ids[number - 1], lines, actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    registrations.withdraw(four, actor=SYSTEM, now=ended_at(2))
    overrides.override(arena.tournament_id, three, 1, reason=REASON, actor=SYSTEM, now=ended_at(2))
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    third = [Line(one, 1, 0), Line(two, 2, 4), Line(three, 3, 0)]
    _, will_be = boards_around(arena.match_ids[2], third, 3)
    assert will_be.standings.champion == one
    results.confirm(arena.match_ids[2], third, actor=SYSTEM, now=ended_at(3))
    assert will_be.same_as(board_now(arena))
    shown = preview_of(arena, 2, third)
    assert [row.name for row in shown.rows if row.is_champion] == ["Squad 01"]


def preview_of(arena: Arena, place: int, lines: Sequence[Line]) -> board_previews.BoardPreview:
    with read_snapshot() as session:
        match = session.get_one(Match, arena.match_ids[place])
        tournament = session.get_one(Tournament, arena.tournament_id)
        return board_previews.of_result(session, tournament, match, lines, now=ended_at(place))


def test_a_preview_names_who_would_move_and_writes_nothing() -> None:
    arena = open_battle_royale({"placement_points": [5, 3, 1], "points_per_kill": 1}, squads=3, lobbies=2)
    one, two, three = arena.participant_ids
    results.confirm(
        arena.match_ids[0], [Line(one, 1, 0), Line(two, 2, 0), Line(three, 3, 0)], actor=SYSTEM, now=ended_at(1)
    )
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    with trail() as left:
        shown = preview_of(arena, 1, [Line(three, 1, 3), Line(two, 2, 0), Line(one, 3, 0)])
    assert (left.events, left.audited, left.wanted) == ([], [], [])
    assert [(row.name, row.rank, row.previous_rank, row.points, row.gained, row.places_up) for row in shown.rows] == [
        ("Squad 03", 1, 3, 9, 8, 2), ("Squad 01", 2, 1, 6, 1, -1), ("Squad 02", 3, 2, 6, 3, -1),
    ]  # fmt: skip
    assert (shown.moved_count, shown.leader_before, shown.leader_after) == (3, "Squad 01", "Squad 03")
    assert (shown.total, shown.hidden_count) == (3, 0)


def test_before_the_first_match_nobody_leads() -> None:
    arena = open_battle_royale(squads=3, lobbies=1)
    shown = preview_of(arena, 0, [Line(who, place, 0) for place, who in enumerate(arena.participant_ids, start=1)])
    assert (shown.leader_before, shown.leader_after) == (None, "Squad 01")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_preview_of_a_large_field_is_quick() -> None:
    arena = open_battle_royale(squads=1000, lobbies=2)
    lobby = arena.participant_ids[:25]
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    lines = [Line(who, place, 0) for place, who in enumerate(lobby, start=1)]
    preview_of(arena, 1, lines)
    started = time.perf_counter()
    with count_statements() as statements:
        shown = preview_of(arena, 1, lines)
    assert time.perf_counter() - started < 0.25
    assert len(shown.rows) == board_previews.SHOWN
    assert shown.hidden_count == 900
    assert len(statements) < 12
