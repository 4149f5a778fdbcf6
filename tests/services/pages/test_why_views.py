"""Why am I 5th: what the explanation of a row holds, and that all of them together are the board."""

import random
from collections.abc import Mapping
from typing import Any, cast

import pytest
from flask import Flask

from tests.arenas import Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from webapp.domain.errors import NotFound
from webapp.domain.explain import Explanation, Step, rebuilt_order
from webapp.domain.scoring import BattleRoyaleLine
from webapp.domain.series import SeriesGame
from webapp.models import Tournament
from webapp.services.matches import results, series
from webapp.services.operations import flags
from webapp.services.pages.board_reads import read_board
from webapp.services.pages.why_reads import read_why
from webapp.services.pages.why_view import Comparison, WhyView
from webapp.services.ranking import adjustments, overrides, ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

REASON = "The replay shows that they were ahead"
LEVEL = {"placement_points": [5, 5, 5], "cascade": ["points", "kills", "countback"], "points_per_kill": 0}


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


def play(arena: Arena, match: int, *lines: tuple[int, int | None, int]) -> None:
    """Confirm the n-th match: (index of a participant, placement, kills) each."""
    told = [BattleRoyaleLine(arena.participant_ids[who], placement, kills) for who, placement, kills in lines]
    results.confirm(arena.match_ids[match - 1], told, actor=SYSTEM, now=ended_at(match))
    ranking.rank_due(arena.tournament_id, now=ended_at(match))


def why(arena: Arena, index: int) -> WhyView:
    return read_why(arena.tournament_id, arena.participant_ids[index], audience="public", now=ended_at(99))


def steps(comparison: Comparison | None) -> list[tuple[Any, ...]]:
    assert comparison is not None
    return [(step.key, step.ahead, step.behind, step.is_decided) for step in comparison.steps]


def trace(comparison: Comparison) -> Explanation:
    """What the page says, with nothing but what it says."""
    told = tuple(
        Step(step.key, step.ascending, cast("int | None", step.ahead), cast("int | None", step.behind))
        for step in comparison.steps
    )
    return Explanation(comparison.ahead.participant_id, comparison.behind.participant_id, comparison.decided_by, told)


def assert_all_together_are_the_board(tournament_id: int) -> None:
    board = read_board(tournament_id, audience="public", page=1, now=ended_at(99))
    shown = [row.participant_id for row in board.rows]
    views = [read_why(tournament_id, who, audience="public", now=ended_at(99)) for who in shown]
    above = [trace(view.above) for view in views if view.above is not None]
    below = [trace(view.below) for view in views if view.below is not None]
    assert above == below
    random.Random(7).shuffle(above)
    assert rebuilt_order(above) == shown
    assert [view.participant.rank for view in views] == [row.rank for row in board.rows]
    assert {view.version for view in views} == {board.version}
    for view, row in zip(views, board.rows, strict=True):
        told = view.points
        if view.head.is_series:
            made = told.wins * told.win_points + told.draws * told.draw_points + told.losses * told.loss_points
        else:
            counted = [match for match in told.matches if match.is_counted]
            made = told.placement_points + told.kill_points
            assert made == sum(match.points for match in counted)
        assert made + told.adjustment == told.total == row.points
        assert told.adjustment == sum(mark.points for mark in told.adjustments)


@pytest.mark.parametrize(
    "rules",
    [
        {"placement_points": [5, 3, 2], "points_per_kill": 1, "cascade": "battle-royale", "count_best": 2},
        {"placement_points": [1, 1, 1], "cascade": ["points", "head_to_head", "avg_placement", "lot"], "restart": True},
        {"placement_points": [3], "cascade": ["points", "countback", "last_match_placement"], "ties": "shared"},
        {"placement_points": [9, 4], "points_per_kill": 2, "match_point": {"threshold": 20, "cap": 3}},
    ],
    ids=["best two", "among the tied", "shared", "match point"],
)
def test_the_order_rebuilt_from_all_explanations_is_the_order_shown(rules: Mapping[str, Any]) -> None:
    arena = open_battle_royale(rules, squads=7, lobbies=3)
    for number, match_id in enumerate(arena.match_ids, start=1):
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(arena.tournament_id, now=ended_at(number))
        assert_all_together_are_the_board(arena.tournament_id)
    adjustments.adjust(
        arena.tournament_id, arena.participant_ids[0], kind="penalty", points=-3, reason=REASON, actor=SYSTEM,
        now=ended_at(8),
    )  # fmt: skip
    overrides.override(
        arena.tournament_id, arena.participant_ids[2], new_rank=5, reason=REASON, actor=SYSTEM, now=ended_at(9)
    )
    ranking.rank_due(arena.tournament_id, now=ended_at(9))
    assert_all_together_are_the_board(arena.tournament_id)


def test_it_tells_both_neighbours_values_to_the_step_that_decided() -> None:
    arena = open_battle_royale(LEVEL, squads=3)
    play(arena, 1, (0, 1, 9), (1, 2, 4), (2, 3, 4))
    play(arena, 2, (0, 1, 0), (1, 2, 0), (2, 3, 0))
    middle = why(arena, 1)
    assert steps(middle.above) == [("points", 10, 10, False), ("kills", 9, 4, True)]
    assert steps(middle.below) == [("points", 10, 10, False), ("kills", 4, 4, False), ("countback", 5, 5, False)]
    assert middle.below is not None
    assert (middle.below.is_tied, middle.is_tied, middle.below.deciding) == (True, True, None)
    assert (why(arena, 0).above, why(arena, 2).below) == (None, None)


def test_it_is_of_the_board_that_is_shown_though_results_are_newer() -> None:
    rules = {"placement_points": [4, 4, 4], "points_per_kill": 1, "cascade": ["points", "head_to_head"]}
    arena = open_battle_royale(rules, squads=3)
    play(arena, 1, (0, 1, 0), (1, 2, 0), (2, 3, 0))
    before = why(arena, 1)
    results.confirm(
        arena.match_ids[1],
        [BattleRoyaleLine(arena.participant_ids[who], place, 5) for place, who in enumerate((2, 1, 0), start=1)],
        actor=SYSTEM,
        now=ended_at(2),
    )
    assert (why(arena, 1).above, why(arena, 1).points) == (before.above, before.points)
    assert why(arena, 1).version == 1
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    after = why(arena, 1)
    assert (after.version, after.points.total, len(after.points.matches)) == (2, 13, 2)


def test_a_series_that_is_newer_than_the_board_is_left_out_too() -> None:
    league = open_league("valorant", {"cascade": ["points"]}, [(0, 1), (0, 1)], sides=2, best_of=1, name="League")
    one, other = league.participant_ids
    for number, match_id in enumerate(league.match_ids, start=1):
        series.confirm(match_id, [SeriesGame(1, {one: 13, other: 7})], actor=SYSTEM, now=ended_at(number))
        if number == 1:
            ranking.rank_due(league.tournament_id, now=ended_at(number))
    told = why(league, 1).points
    assert [(match.opponent, match.games_for, match.games_against, match.outcome) for match in told.matches] == [
        ("Squad 01", 0, 1, "loss")
    ]
    assert_all_together_are_the_board(league.tournament_id)


def test_only_the_best_matches_are_marked_as_counted() -> None:
    arena = open_battle_royale({"placement_points": [3, 2, 1], "count_best": 2}, squads=3)
    play(arena, 1, (0, 2, 0), (1, 1, 0), (2, 3, 0))
    play(arena, 2, (0, 1, 0), (1, 2, 0), (2, 3, 0))
    play(arena, 3, (0, 2, 0), (1, 1, 0), (2, None, 0))
    told = why(arena, 0).points
    assert [(match.number, match.points, match.is_counted) for match in told.matches] == [
        (1, 2, True), (2, 3, True), (3, 2, False),
    ]  # fmt: skip
    assert (told.total, told.counted_matches, told.count_best) == (5, 2, 2)


@pytest.mark.parametrize("is_told", [False, True])
def test_a_place_set_by_staff_says_so_and_its_reason_where_the_tournament_publishes_it(*, is_told: bool) -> None:
    arena = open_battle_royale(squads=4)
    play(arena, 1, (0, 1, 0), (1, 2, 0), (2, 3, 0), (3, 4, 0))
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).publishes_reasons = is_told
    overrides.override(
        arena.tournament_id, arena.participant_ids[3], new_rank=2, reason=REASON, actor=SYSTEM, now=ended_at(2)
    )
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    told = why(arena, 3)
    assert told.staff is not None
    assert (told.staff.rank, told.staff.computed_rank, told.staff.reason) == (2, 4, REASON if is_told else None)
    assert told.above is not None
    assert (told.above.is_by_staff, told.above.steps) == (True, ())
    neighbour = why(arena, 1)
    assert (neighbour.staff, neighbour.participant.rank) == (None, 3)
    assert neighbour.above is not None
    assert (neighbour.above.is_by_staff, neighbour.above.ahead.is_placed_by_staff) == (True, True)
    marks = {row.name: row.is_adjusted_by_staff for row in board_rows(arena)}
    assert marks == {"Squad 01": False, "Squad 04": True, "Squad 02": False, "Squad 03": False}


def board_rows(arena: Arena) -> tuple[Any, ...]:
    return read_board(arena.tournament_id, audience="public", page=1, now=ended_at(99)).rows


def test_who_is_not_on_the_board_has_no_explanation() -> None:
    arena = open_battle_royale(squads=3)
    other = open_battle_royale(squads=3, name="Other")
    play(arena, 1, (0, 1, 0), (1, 2, 0), (2, 3, 0))
    with pytest.raises(NotFound, match="Nobody stands on the board"):
        read_why(arena.tournament_id, other.participant_ids[0], audience="public", now=ended_at(9))
    flags.set_flag("LEADERBOARDS_COMPUTE_ENABLED", is_on=False, actor=SYSTEM, now=ended_at(9))
    with pytest.raises(NotFound):
        why(arena, 0)


def test_the_plain_service_explains_its_board_as_well() -> None:
    arena = open_battle_royale(LEVEL, squads=3)
    play(arena, 1, (0, 1, 3), (1, 2, 2), (2, 3, 1))
    flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=False, actor=SYSTEM, now=ended_at(9))
    assert_all_together_are_the_board(arena.tournament_id)
