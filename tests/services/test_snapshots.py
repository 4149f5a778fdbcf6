from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, Arena, complete_undecided, ended_at, open_battle_royale, turn_on_the_engine
from webapp.domain.board import Board
from webapp.models import Snapshot, Tournament
from webapp.services.matches import results
from webapp.services.ranking import board_store, ranking, scopes, season_ranking, snapshots
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    return open_battle_royale(squads=5, lobbies=2)


def play(arena: Arena, number: int) -> None:
    match_id = arena.match_ids[number - 1]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(number))


def stored() -> list[tuple[str, str, int, str]]:
    with read_snapshot() as session:
        columns = (Snapshot.scope, Snapshot.audience, Snapshot.version, Snapshot.reason)
        rows = session.execute(select(*columns).order_by(Snapshot.id))
        return [(scope, audience, version, reason) for scope, audience, version, reason in rows]


def test_a_snapshot_is_the_board_of_each_audience_with_all_that_is_known_of_it(arena: Arena) -> None:
    play(arena, 1)
    assert snapshots.take_of_tournaments(reason="schedule", now=ended_at(2)) == 2
    with read_snapshot() as session:
        board = board_store.load(session, scopes.tournament(arena.tournament_id), "public")
        assert board is not None
        row = session.scalars(select(Snapshot).where(Snapshot.audience == "public")).one()
        assert (row.scope, row.version, row.seq, row.entries_count, row.rules_hash, row.source, row.duration_us) == (
            f"tournament:{arena.tournament_id}", 1, board.seq, 5, board.rules_hash, "engine_v2", board.duration_us,
        )  # fmt: skip
        assert (row.reason, row.taken_at, row.is_compacted) == ("schedule", ended_at(2), False)
        assert Board.from_bytes(row.payload).same_as(board.board)


def test_a_version_is_stored_once_and_a_new_one_again(arena: Arena) -> None:
    play(arena, 1)
    snapshots.take_of_tournaments(reason="schedule", now=ended_at(2))
    assert snapshots.take_of_tournaments(reason="schedule", now=ended_at(3)) == 0
    play(arena, 2)
    assert snapshots.take_of_tournaments(reason="schedule", now=ended_at(4)) == 2
    scope = f"tournament:{arena.tournament_id}"
    assert sorted(stored()) == [
        (scope, audience, version, "schedule") for audience in ("official", "public") for version in (1, 2)
    ]


def test_only_open_and_live_tournaments_are_stored_at_intervals(arena: Arena) -> None:
    play(arena, 1)
    finished = open_battle_royale(name="Finished", lobbies=0)
    complete_undecided(finished, now=ended_at(1))
    deleted = open_battle_royale(name="Deleted")
    ranking.rank_due(deleted.tournament_id, now=ended_at(1))
    with transaction() as session:
        session.get_one(Tournament, deleted.tournament_id).deleted_at = OPENED_AT
    before = stored()
    assert {scope for scope, *_ in before} == {f"tournament:{finished.tournament_id}"}
    assert snapshots.take_of_tournaments(reason="schedule", now=ended_at(2)) == 2
    assert {scope for scope, *_ in stored()[len(before) :]} == {f"tournament:{arena.tournament_id}"}


def test_seasons_and_all_time_are_stored_by_kind(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(season="2026_S1")
    play(arena, 1)
    season_ranking.compute_season_rankings("pubgm", "2026_S1", now=ended_at(2))
    season_ranking.compute_all_time_rankings("pubgm", now=ended_at(2))
    assert snapshots.take_of_scopes("season", reason="schedule", now=ended_at(3)) == 2
    assert snapshots.take_of_scopes("all_time", reason="schedule", now=ended_at(3)) == 2
    assert {scope for scope, *_ in stored()} == {"season:pubgm:2026_S1", "all_time:pubgm"}


def test_age_takes_detail_first_and_then_the_snapshot(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale({"points_per_kill": 1, "cascade": ["points", "countback"]}, squads=130, lobbies=2)
    play(arena, 1)
    play(arena, 2)
    with transaction() as session:
        for days in (10, 91, 366):
            scope = scopes.tournament(arena.tournament_id)
            snapshots.take(session, scope, reason=f"{days} days", now=OPENED_AT - timedelta(days=days))
            # A version is stored once; for this test each snapshot is of a version of its own.
            for row in session.scalars(select(Snapshot).where(Snapshot.reason == f"{days} days")):
                row.version = days
    assert snapshots.compact(now=OPENED_AT) == (2, 2)
    with read_snapshot() as session:
        kept = {row.version: row for row in session.scalars(select(Snapshot).where(Snapshot.audience == "public"))}
        assert {days: row.is_compacted for days, row in kept.items()} == {10: False, 91: True}
        whole, top = Board.from_bytes(kept[10].payload), Board.from_bytes(kept[91].payload)
    assert (len(whole), len(top), whole.standings.countback.shape[1], top.standings.countback.shape[1]) == (
        130,
        100,
        2,
        0,
    )
    first = whole.rows_by_rank(0, 100)
    assert (
        top.standings.participant_id[top.rows_by_rank(0, 100)].tolist()
        == whole.standings.participant_id[first].tolist()
    )
    assert snapshots.compact(now=OPENED_AT) == (0, 0)
