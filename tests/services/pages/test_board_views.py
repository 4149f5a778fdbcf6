from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.arenas import ENGINE_FLAGS, OPENED_AT, Arena, ended_at, names, open_battle_royale, turn_on_the_engine
from webapp.domain.errors import NotFound
from webapp.domain.scoring import BattleRoyaleLine
from webapp.models import Tournament
from webapp.services.matches import results
from webapp.services.operations import flags
from webapp.services.pages.board_reads import ROWS_A_PAGE, read_board
from webapp.services.pages.board_view import AdjustmentMark, BoardView, EmptyBoard, Medal, Movement
from webapp.services.ranking import adjustments, ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


def change(tournament_id: int, **values: Any) -> None:
    with transaction() as session:
        tournament = session.get_one(Tournament, tournament_id)
        for name, value in values.items():
            setattr(tournament, name, value)


def play(arena: Arena, match: int, order: Sequence[int], kills: Sequence[int] = ()) -> None:
    """Confirm the n-th match: places by the order of indices of participants, kills beside them."""
    lines = [
        BattleRoyaleLine(arena.participant_ids[who], place, kills[place - 1] if kills else 0)
        for place, who in enumerate(order, start=1)
    ]
    results.confirm(arena.match_ids[match - 1], lines, actor=SYSTEM, now=ended_at(match))
    ranking.rank_due(arena.tournament_id, now=ended_at(match))


def board_of(arena: Arena, page: int = 1) -> BoardView:
    return read_board(arena.tournament_id, audience="public", page=page, now=ended_at(99))


def shown(board: BoardView, *fields: str) -> list[Any]:
    return [tuple(getattr(row, field) for field in fields) for row in board.rows]


def test_rows_carry_names_totals_medals_and_how_the_last_version_moved_them() -> None:
    arena = open_battle_royale(squads=4)
    play(arena, 1, [0, 1, 2, 3], [3, 2, 1, 0])
    assert {row.movement for row in board_of(arena).rows} == {Movement(0)}
    play(arena, 2, [3, 2, 1, 0], [9, 0, 0, 0])
    board = board_of(arena)
    assert shown(board, "rank", "name", "points", "kills", "wins", "matches_played", "average_placement") == [
        (1, "Squad 04", 26, 9, 1, 2, 250),
        (2, "Squad 01", 20, 3, 1, 2, 250),
        (3, "Squad 02", 18, 2, 0, 2, 250),
        (4, "Squad 03", 17, 1, 0, 2, 250),
    ]
    assert shown(board, "medal", "movement") == [
        (Medal.GOLD, Movement(3)),
        (Medal.SILVER, Movement(-1)),
        (Medal.BRONZE, Movement(-1)),
        (None, Movement(-1)),
    ]
    assert (board.version, board.empty, board.is_series, board.rules.title) == (2, None, False, "arena")


def test_a_row_level_on_points_says_what_decided_and_a_tie_says_so() -> None:
    arena = open_battle_royale({"placement_points": [5, 5, 5, 5], "cascade": ["points", "kills"], "points_per_kill": 0})
    play(arena, 1, [0, 1, 2, 3, 4, 5], [4, 2, 2, 1, 0, 0])
    assert shown(board_of(arena), "name", "points", "decided_by", "is_tied") == [
        ("Squad 01", 5, None, False),
        ("Squad 02", 5, "kills", True),
        ("Squad 03", 5, None, True),
        ("Squad 04", 5, "kills", False),
        ("Squad 05", 0, None, True),
        ("Squad 06", 0, None, True),
    ]


def test_penalties_stand_beside_the_row_once_they_are_in_the_board() -> None:
    arena = open_battle_royale(squads=3)
    play(arena, 1, [0, 1, 2])
    adjustments.adjust(
        arena.tournament_id, arena.participant_ids[0], kind="penalty", points=-4, reason="Late to the lobby",
        actor=SYSTEM, now=ended_at(2), match_id=arena.match_ids[0],
    )  # fmt: skip
    assert board_of(arena).adjusted_rows == ()
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    board = board_of(arena)
    mark = AdjustmentMark("penalty", -4, "Late to the lobby", 1)
    assert shown(board, "name", "points", "adjustments") == [
        ("Squad 02", 9, ()),
        ("Squad 01", 8, (mark,)),
        ("Squad 03", 7, ()),
    ]
    assert [row.name for row in board.adjusted_rows] == ["Squad 01"]


def test_match_point_shows_who_may_win_from_which_match_on_and_who_did() -> None:
    rules = {"placement_points": [12, 9, 7], "points_per_kill": 1, "match_point": {"threshold": 12, "cap": 5}}
    arena = open_battle_royale(rules, squads=3)
    play(arena, 1, [0, 1, 2])
    assert shown(board_of(arena), "name", "eligible_since", "is_champion") == [
        ("Squad 01", 2, False),
        ("Squad 02", None, False),
        ("Squad 03", None, False),
    ]
    play(arena, 2, [1, 2, 0], [9, 0, 0])
    play(arena, 3, [0, 1, 2])
    board = board_of(arena)
    assert shown(board, "rank", "name", "is_champion")[0] == (1, "Squad 01", True)
    assert board.match_point is not None
    assert (board.match_point.threshold, board.match_point.cap) == (12, 5)


def test_a_long_board_comes_in_pages_that_know_where_they_stand() -> None:
    arena = open_battle_royale(squads=45)
    play(arena, 1, list(range(45)))
    second, last = board_of(arena, 2), board_of(arena, 9)
    assert [row.rank for row in second.rows] == list(range(ROWS_A_PAGE + 1, 2 * ROWS_A_PAGE + 1))
    assert {row.medal for row in second.rows} == {None}
    assert ([row.rank for row in last.rows], last.paging.number) == (list(range(41, 46)), 3)


def test_an_empty_board_says_why() -> None:
    arena = open_battle_royale(squads=3)
    before = board_of(arena)
    assert (before.empty, before.participant_count, before.rows) == (EmptyBoard.BEFORE_RESULTS, 3, ())
    nobody = open_battle_royale(squads=0, name="Nobody")
    assert board_of(nobody).empty is EmptyBoard.NOBODY
    play(arena, 1, [0, 1, 2])
    flags.set_flag(ENGINE_FLAGS[0], is_on=False, actor=SYSTEM, now=OPENED_AT)
    paused = board_of(arena)
    assert (paused.empty, paused.rows) == (EmptyBoard.PAUSED, ())


def test_the_plain_service_shows_the_same_rows_without_movement() -> None:
    arena = open_battle_royale(squads=4)
    play(arena, 1, [0, 1, 2, 3])
    play(arena, 2, [3, 2, 1, 0])
    engine = board_of(arena)
    flags.set_flag(ENGINE_FLAGS[1], is_on=False, actor=SYSTEM, now=OPENED_AT)
    plain = board_of(arena)
    assert shown(plain, "rank", "name", "points") == shown(engine, "rank", "name", "points")
    assert (plain.version, {row.movement for row in plain.rows}) == (0, {Movement(0)})


@pytest.mark.parametrize("details", [{"status": "draft"}, {"visibility": "private"}, {"deleted_at": OPENED_AT}])
def test_what_the_public_does_not_see_is_not_there(details: dict[str, Any]) -> None:
    hidden = open_battle_royale(squads=2, name="Hidden")
    change(hidden.tournament_id, **details)
    with pytest.raises(NotFound, match="There is no tournament"):
        board_of(hidden)


def test_who_registers_after_the_first_result_enters_as_new() -> None:
    arena = open_battle_royale(squads=2)
    play(arena, 1, [0, 1])
    registrations.register(
        arena.tournament_id, [*names(2), "Latecomer"], actor=SYSTEM, now=OPENED_AT + timedelta(days=1)
    )
    ranking.rank_due(arena.tournament_id, now=ended_at(5))
    rows = {row.name: row.movement for row in board_of(arena).rows}
    assert rows == {"Squad 01": Movement(0), "Squad 02": Movement(0), "Latecomer": Movement(0, is_new=True)}
