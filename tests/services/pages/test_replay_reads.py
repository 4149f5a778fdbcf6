"""Boards of past versions and the chart of the leaders, against what was stored and told when it happened."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.invariants import assert_same_board
from tests.statements import count_statements
from webapp.domain.board import Board
from webapp.domain.errors import NotFound
from webapp.models import BoardTop, Snapshot
from webapp.services.boards import history, past_boards
from webapp.services.boards.boards import find_tournament
from webapp.services.boards.previews import read_picture
from webapp.services.live import freezes
from webapp.services.matches import results
from webapp.services.operations import flags
from webapp.services.pages.leaders_chart_reads import LEADERS, read_leaders_chart
from webapp.services.pages.replay_reads import read_frame, read_replay
from webapp.services.pages.replay_view import ReplayView
from webapp.services.ranking import adjustments, ranking, snapshots
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction

MATCHES = 5
VERSIONS = MATCHES + 1


@pytest.fixture
def arena(app: Flask) -> Arena:
    """Every match of a cup ranked by itself, and a penalty after the third."""
    turn_on_the_engine()
    arena = open_battle_royale(squads=12, lobbies=MATCHES)
    for number in range(1, MATCHES + 1):
        play(arena, number)
        if number == 3:
            who = arena.participant_ids[0]
            adjustments.adjust(
                arena.tournament_id, who, kind="penalty", points=-5, reason=REASON, actor=SYSTEM, now=ended_at(3)
            )
            ranking.rank_due(arena.tournament_id, now=ended_at(3))
    return arena


def play(arena: Arena, number: int) -> None:
    match_id = arena.match_ids[number - 1]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(number))
    snapshots.take_of_tournaments(reason="schedule", now=ended_at(number))


def replay_of(arena: Arena, version: int | None = None) -> ReplayView:
    return read_replay(arena.tournament_id, version, audience="public", page=1, now=OPENED_AT)


def test_every_version_is_named_by_its_matches_and_knows_its_neighbours(arena: Arena) -> None:
    stops = replay_of(arena).stops
    assert [(stop.version, stop.matches, stop.after) for stop in stops] == [
        (1, (1,), 1), (2, (2,), 2), (3, (3,), 3), (4, (), 3), (5, (4,), 4), (6, (5,), 5),
    ]  # fmt: skip
    assert stops[0].at == ended_at(1)
    newest, fourth, first = replay_of(arena), replay_of(arena, 4), replay_of(arena, 1)
    assert newest.frame is not None
    assert (newest.frame.stop.version, newest.place, newest.following) == (VERSIONS, VERSIONS - 1, None)
    assert (fourth.place, fourth.previous, fourth.following) == (3, fourth.stops[2], fourth.stops[4])
    assert (first.place, first.previous) == (0, None)
    for version in (0, -1, VERSIONS + 1):
        with pytest.raises(NotFound, match=f"no version {version}; it has versions 1 to {VERSIONS}"):
            replay_of(arena, version)


def test_a_frame_shows_the_board_of_its_version_and_how_rows_moved_with_it(arena: Arena) -> None:
    frame = read_frame(arena.tournament_id, 4, audience="public", page=1, now=OPENED_AT)
    with read_snapshot() as session:
        tournament = find_tournament(session, arena.tournament_id)
        then, _ = history.board_at(session, tournament, 4)
        before, _ = history.board_at(session, tournament, 3)
    assert [(row.participant_id, row.rank, row.points) for row in frame.rows] == placings(then)
    ranks_before = {who: rank for who, rank, _ in placings(before)}
    assert {row.participant_id: row.movement.places for row in frame.rows} == {
        row.participant_id: ranks_before[row.participant_id] - row.rank for row in frame.rows
    }
    penalized = next(row for row in frame.rows if row.participant_id == arena.participant_ids[0])
    assert [mark.points for mark in penalized.adjustments] == [-5]


def placings(board: Board) -> list[tuple[int, int, int]]:
    rows = board.rows_by_rank(0, len(board))
    columns = board.standings.participant_id, board.ranking.ranks, board.standings.columns["points"]
    return list(zip(*(column[rows].tolist() for column in columns), strict=True))


def test_a_version_equals_its_snapshot_also_after_that_has_grown_thin_and_gone(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=snapshots.KEPT_PLACES + 5, lobbies=2)
    play(arena, 1)
    play(arena, 2)
    with read_snapshot() as session:
        taken = session.execute(
            select(Snapshot.version, Snapshot.payload).where(Snapshot.audience == "public").order_by(Snapshot.version)
        ).all()
    stored = {version: Board.from_bytes(payload) for version, payload in taken}
    assert stored.keys() == {1, 2}
    for later, kept in ((0, 4), (91, 4), (400, 0)):
        snapshots.compact(now=OPENED_AT + timedelta(days=later))
        with read_snapshot() as session:
            assert len(session.scalars(select(Snapshot.id)).all()) == kept
            tournament = find_tournament(session, arena.tournament_id)
            for version, board in stored.items():
                past_boards.forget()
                event = history.version_event(session, arena.tournament_id, version)
                assert_same_board(past_boards.at(session, tournament, event), board, f"version {version}, day {later}")


def test_while_a_board_is_frozen_nothing_after_it_is_a_version_to_the_public(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=6, lobbies=MATCHES)
    play(arena, 1)
    play(arena, 2)
    picture = read_picture("cup", audience="public", now=OPENED_AT)
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    play(arena, 3)
    assert [stop.version for stop in replay_of(arena).stops] == [1, 2]
    with pytest.raises(NotFound, match="versions 1 to 2"):
        read_frame(arena.tournament_id, 3, audience="public", page=1, now=OPENED_AT)
    chart = read_leaders_chart(arena.tournament_id, audience="public", now=OPENED_AT)
    assert [row.stop.version for row in chart.rows] == [1, 2]
    assert read_picture("cup", audience="public", now=OPENED_AT).preview.rows == picture.preview.rows
    official = read_leaders_chart(arena.tournament_id, audience="official", now=OPENED_AT)
    assert [row.stop.version for row in official.rows] == [1, 2, 3]
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=ended_at(3))
    assert [stop.version for stop in replay_of(arena).stops] == [1, 2, 3]


def test_the_chart_tells_the_leaders_ranks_as_the_log_does(arena: Arena) -> None:
    chart = read_leaders_chart(arena.tournament_id, audience="public", now=OPENED_AT)
    assert [leader.rank for leader in chart.leaders] == list(range(1, LEADERS + 1))
    with read_snapshot() as session:
        for place, leader in enumerate(chart.leaders):
            told = history.versions_of(session, arena.tournament_id, leader.participant_id, up_to=VERSIONS)
            assert [row.ranks[place] for row in chart.rows] == [version.rank for version in told]
            assert leader.points == told[-1].points
    assert [tick.label for tick in chart.drawings[0].stops] == [1, 2, 3, 3, 4, 5]


def test_one_version_makes_no_line_and_older_ones_than_the_table_are_left_out(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=4, lobbies=3)
    play(arena, 1)
    one = read_leaders_chart(arena.tournament_id, audience="public", now=OPENED_AT)
    assert (one.leaders, one.drawings) == ((), ())
    play(arena, 2)
    play(arena, 3)
    with transaction() as session:
        session.delete(session.get_one(BoardTop, (arena.tournament_id, 1)))
    chart = read_leaders_chart(arena.tournament_id, audience="public", now=OPENED_AT)
    assert [row.stop.version for row in chart.rows] == [2, 3]


def test_more_versions_cost_no_more_statements(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=12, lobbies=MATCHES)
    counts = []
    for number in range(1, MATCHES + 1):
        play(arena, number)
        # Once before, since flags are asked for now and then.
        read_leaders_chart(arena.tournament_id, audience="public", now=OPENED_AT)
        with count_statements() as statements:
            read_leaders_chart(arena.tournament_id, audience="public", now=OPENED_AT)
        counts.append(len(statements))
    assert counts[1:] == [counts[1]] * (MATCHES - 1)


def test_without_boards_there_is_nothing_to_replay(arena: Arena) -> None:
    flags.set_flag("LEADERBOARDS_COMPUTE_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    assert (replay_of(arena).frame, replay_of(arena).stops) == (None, ())
    assert read_leaders_chart(arena.tournament_id, audience="public", now=OPENED_AT).drawings == ()
