import pytest
from flask import Flask

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.invariants import assert_all_is_well, assert_deltas_lead_here, assert_same_board, assert_versions_were_whole
from webapp.domain.board import Board
from webapp.domain.deltas import Placings
from webapp.domain.errors import NotFound
from webapp.domain.series import SeriesGame as Game
from webapp.models import Tournament
from webapp.services.boards import history
from webapp.services.matches import results, series
from webapp.services.ranking import adjustments, ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments


def rank(arena: Arena, number: int) -> Board:
    computed = ranking.rank_due(arena.tournament_id, now=ended_at(number))
    assert computed is not None
    return computed.board


def board_at(arena: Arena, version: int) -> Board:
    with read_snapshot() as session:
        return history.board_at(session, session.get_one(Tournament, arena.tournament_id), version)[0]


def eventful(arena: Arena) -> list[Board]:
    """The board of each version of a tournament to which everything happens that can."""
    first, second, third = arena.match_ids[:3]
    boards = [rank(arena, 0)]

    def confirm(match_id: int) -> None:
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(len(boards)))

    changes = (
        lambda: confirm(first),
        lambda: confirm(second),
        lambda: adjustments.adjust(
            arena.tournament_id, arena.participant_ids[0], kind="penalty", points=-4, reason=REASON, actor=SYSTEM,
            now=ended_at(3), match_id=second,
        ),
        lambda: results.correct(first, arena.lines(third), reason=REASON, actor=SYSTEM, now=ended_at(4)),
        lambda: registrations.withdraw(arena.participant_ids[1], actor=SYSTEM, now=ended_at(5)),
        lambda: results.void(second, reason=REASON, actor=SYSTEM, now=ended_at(6)),
        lambda: registrations.register(arena.tournament_id, ["Late", "Squad 02"], actor=SYSTEM, now=ended_at(7)),
        lambda: results.correct(second, arena.lines(second), reason=REASON, actor=SYSTEM, now=ended_at(8)),
    )  # fmt: skip
    for change in changes:
        change()
        boards.append(rank(arena, len(boards)))
    return boards


@pytest.mark.parametrize(
    "rules",
    [
        {"placement_points": [10, 6, 5, 4], "points_per_kill": 1, "cascade": ["points", "lot"]},
        {"placement_points": [10, 6, 5, 4], "points_per_kill": 1, "cascade": ["points", "head_to_head", "countback"],
         "count_best": 1, "head_start": [3, 2, 1], "ties": "shared"},
        {"points_per_kill": 1, "match_point": {"threshold": 9999}},
    ],
    ids=["lots", "everything", "match point"],
)  # fmt: skip
def test_every_past_version_can_be_shown_again_from_the_log_alone(app: Flask, rules: dict[str, object]) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(rules, squads=5, lobbies=3)
    boards = eventful(arena)
    for version, board in enumerate(boards, start=1):
        assert_same_board(board_at(arena, version), board, f"version {version}")
    assert_versions_were_whole(arena.tournament_id, list(range(1, len(boards) + 1)))
    seen = {0: Placings.empty()} | {version: ranking.placings(board) for version, board in enumerate(boards, start=1)}
    assert_deltas_lead_here(arena.tournament_id, seen)
    assert_all_is_well(arena.tournament_id)


def test_a_board_before_the_lots_were_drawn_is_shown_without_them(app: Flask) -> None:
    turn_on_the_engine()
    tournament_id = tournaments.create(
        "Draw", game="pubgm", format="battle-royale", ruleset={"points_per_kill": 1, "cascade": ["points", "lot"]},
        actor=SYSTEM, now=OPENED_AT,
    )  # fmt: skip
    ids = registrations.register(tournament_id, [f"Squad {n}" for n in range(12)], actor=SYSTEM, now=OPENED_AT)
    arena = Arena(tournament_id, tuple(ids), ())
    before = rank(arena, 1)
    tournaments.start(tournament_id, actor=SYSTEM, now=ended_at(2))
    after = rank(arena, 3)
    assert before.ranking.tied.all()
    assert not after.ranking.tied.any()
    assert_same_board(board_at(arena, 1), before, "before the draw")
    assert_same_board(board_at(arena, 2), after, "after the draw")


def test_past_boards_of_a_series_format_come_from_its_games(app: Flask) -> None:
    turn_on_the_engine()
    rules = {"cascade": ["points", "buchholz", "score_difference", "head_to_head", "games_won"]}
    league = open_league("valorant", rules, [(0, 1), (2, 3), (0, 2), (1, 3)], sides=4, best_of=3, name="Swiss")
    boards = [rank(league, 0)]
    for number, match_id in enumerate(league.match_ids, start=1):
        one, other = [(0, 1), (2, 3), (0, 2), (1, 3)][number - 1]
        a, b = league.participant_ids[one], league.participant_ids[other]
        games = [Game(1, {a: 13, b: number}, "Bind"), Game(2, {a: 3, b: 13}), Game(3, {a: 15, b: 13})]
        series.confirm(match_id, games, actor=SYSTEM, now=ended_at(number))
        boards.append(rank(league, number))
    series.void(league.match_ids[1], reason=REASON, actor=SYSTEM, now=ended_at(8))
    boards.append(rank(league, 8))
    for version, board in enumerate(boards, start=1):
        assert_same_board(board_at(league, version), board, f"version {version}")
    assert_all_is_well(league.tournament_id)


def test_a_version_that_is_not_there_is_answered_with_those_that_are(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale()
    with pytest.raises(NotFound, match="has no version 1; it has none yet"):
        board_at(arena, 1)
    rank(arena, 1)
    for version in (0, -1, 2):
        with pytest.raises(NotFound, match=f"has no version {version}; it has versions 1 to 1") as refused:
            board_at(arena, version)
        assert refused.value.code == "version_not_found"


def test_changes_since_a_version_that_is_still_to_come_are_not_nothing(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=3)
    rank(arena, 1)
    with read_snapshot() as session:
        assert len(history.changes_since(session, arena.tournament_id, 0)) == 3
        assert len(history.changes_since(session, arena.tournament_id, 1)) == 0
        for version in (2, -1):
            with pytest.raises(NotFound, match=f"has no version {version}"):
                history.changes_since(session, arena.tournament_id, version)
