import threading
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.invariants import assert_all_is_well, assert_same_board
from tests.trail import trail
from webapp.domain.deltas import RankChanges
from webapp.domain.errors import NotFound
from webapp.domain.series import SeriesGame as Game
from webapp.models import Board as BoardRow
from webapp.models import BoardVersion, Event, Tournament
from webapp.services.matches import results, series
from webapp.services.operations import flags
from webapp.services.ranking import adjustments, board_store, ranking, scopes, standings
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

MATCH_POINT = {"points_per_kill": 1, "placement_points": [10, 6], "match_point": {"threshold": 10}}
HEAD_TO_HEAD = {"points_per_kill": 1, "cascade": ["points", "head_to_head"]}


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    return open_battle_royale(squads=6, lobbies=4, season="2026_S1")


def play(arena: Arena, number: int) -> None:
    match_id = arena.match_ids[number - 1]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))


def versions(tournament_id: int) -> list[tuple[int, int]]:
    with read_snapshot() as session:
        scope = str(scopes.tournament(tournament_id))
        rows = session.execute(select(BoardVersion.version, BoardVersion.seq).where(BoardVersion.scope == scope))
        return [(version, seq) for version, seq in rows]


def test_a_ranking_stores_a_version_for_both_audiences_with_its_delta(arena: Arena) -> None:
    play(arena, 1)
    with trail() as found:
        computed = ranking.rank_due(arena.tournament_id, now=ended_at(2))
    assert computed is not None
    assert (computed.version, computed.source, computed.computed_at) == (1, "engine_v2", ended_at(2))
    assert {key: computed.metadata[key] for key in ("source", "version", "computed_at", "entries_count", "delta_count")} == {
        "source": "engine_v2", "version": 1, "computed_at": ended_at(2).isoformat(), "entries_count": 6, "delta_count": 6,
    }  # fmt: skip
    assert computed.metadata["duration_ms"] == computed.duration_us / 1000
    assert [name for name, _ in found.events] == ["rank_update"]
    data = found.events[0][1]
    assert data == {
        "version": 1, "changes": computed.deltas.as_columns(), "entries_count": 6, "champion_id": None,
    }  # fmt: skip
    assert data["changes"]["previous_rank"] == [0] * 6
    assert sorted(data["changes"]["current_rank"]) == [1, 2, 3, 4, 5, 6]
    assert found.audited == []
    key = str(arena.tournament_id)
    assert found.wanted == [("publish", key), ("route", key), ("season", "pubgm:2026_S1")]
    with read_snapshot() as session:
        rows = session.execute(select(BoardRow.audience, BoardRow.version, BoardRow.seq).order_by(BoardRow.audience))
        results_seq = session.get_one(Tournament, arena.tournament_id).results_seq
        assert rows.all() == [("official", 1, results_seq), ("public", 1, results_seq)]
    assert_all_is_well(arena.tournament_id)


def test_running_twice_changes_nothing_the_second_time(arena: Arena) -> None:
    play(arena, 1)
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    before = versions(arena.tournament_id)
    with trail() as found:
        assert ranking.rank_due(arena.tournament_id, now=ended_at(3)) is None
        again = ranking.compute_tournament_rankings(arena.tournament_id, now=ended_at(3))
    assert (again.version, len(again.deltas), again.computed_at) == (1, 0, ended_at(2))
    assert (found.events, found.wanted, versions(arena.tournament_id)) == ([], [], before)


def test_a_burst_is_one_version_and_only_what_somebody_sees_is_kept(arena: Arena) -> None:
    for number in (1, 2, 3):
        play(arena, number)
    assert ranking.rank_due(arena.tournament_id, now=ended_at(4)) is not None
    play(arena, 4)
    computed = ranking.rank_due(arena.tournament_id, now=ended_at(5))
    assert computed is not None
    with read_snapshot() as session:
        seq = session.get_one(Tournament, arena.tournament_id).results_seq
    assert versions(arena.tournament_id) == [(2, seq)]
    assert_all_is_well(arena.tournament_id)


def test_a_change_that_moves_nobody_makes_no_version_but_is_counted_as_ranked(arena: Arena) -> None:
    play(arena, 1)
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    match_id = arena.match_ids[0]
    lines = arena.lines(match_id)
    swapped = [lines[0]._replace(kills=lines[0].kills + 1), *lines[1:]]
    results.correct(match_id, swapped, reason=REASON, actor=SYSTEM, now=ended_at(3))
    results.correct(match_id, lines, reason=REASON, actor=SYSTEM, now=ended_at(4))
    with trail() as found:
        computed = ranking.rank_due(arena.tournament_id, now=ended_at(5))
    assert computed is not None
    assert (computed.version, found.events) == (1, [])
    assert ranking.rank_due(arena.tournament_id, now=ended_at(6)) is None


@pytest.mark.parametrize("rules", [None, MATCH_POINT, HEAD_TO_HEAD], ids=["plain", "match point", "head to head"])
def test_a_partial_update_gives_the_board_of_the_full_computation(app: Flask, rules: dict[str, object] | None) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(rules) if rules else open_battle_royale()
    play(arena, 1)
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    play(arena, 2)
    adjustments.adjust(
        arena.tournament_id, arena.participant_ids[2], kind="bonus", points=30, reason=REASON, actor=SYSTEM,
        now=ended_at(2),
    )  # fmt: skip
    # Whoever is named, and whoever changed since the last version: a board is never newer in one row than in another.
    partial = ranking.compute_partial_update(arena.tournament_id, [arena.participant_ids[0], 999], now=ended_at(3))
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        full = ranking.compute_board(session, tournament, standings.rules_of(tournament))
    assert_same_board(partial.board, full, "partial")
    assert_all_is_well(arena.tournament_id)


def test_a_series_board_needs_everybody_since_opponents_count(app: Flask) -> None:
    turn_on_the_engine()
    league = open_league(
        "valorant", {"cascade": ["points", "buchholz"]}, [(0, 1), (2, 3), (0, 2)], sides=4, best_of=1, name="Swiss"
    )
    one, two, three, four = league.participant_ids
    for match_id, (winner, loser) in zip(league.match_ids, ((one, two), (three, four), (one, three)), strict=True):
        series.confirm(match_id, [Game(1, {winner: 13, loser: 5})], actor=SYSTEM, now=ended_at(match_id))
        ranking.rank_due(league.tournament_id, now=ended_at(match_id))
    board = assert_all_is_well(league.tournament_id)
    assert board.board.standings.columns["buchholz"].tolist() == [300, 600, 600, 300]


@pytest.mark.parametrize("name", ["LEADERBOARDS_COMPUTE_ENABLED", "LEADERBOARDS_ENGINE_V2_ENABLED"])
def test_without_the_engine_nothing_is_published_and_it_catches_up_when_it_is_back(arena: Arena, name: str) -> None:
    flags.set_flag(name, is_on=False, actor=SYSTEM, now=OPENED_AT)
    play(arena, 1)
    with trail() as found:
        assert ranking.rank_due(arena.tournament_id, now=ended_at(2)) is None
        computed = ranking.compute_tournament_rankings(arena.tournament_id, now=ended_at(2))
        partial = ranking.compute_partial_update(arena.tournament_id, [], now=ended_at(2))
    is_plain = name == "LEADERBOARDS_ENGINE_V2_ENABLED"
    for found_computation in (computed, partial):
        assert (found_computation.source, found_computation.version, len(found_computation.deltas)) == (
            "live" if is_plain else "disabled", 0, 0,
        )  # fmt: skip
        assert len(found_computation.board) == (6 if is_plain else 0)
    assert (found.events, versions(arena.tournament_id)) == ([], [])
    with trail() as found:
        flags.set_flag(name, is_on=True, actor=SYSTEM, now=OPENED_AT)
    assert ("stale_boards", "all") in found.wanted
    assert ranking.rank_due(arena.tournament_id, now=ended_at(3)) is not None
    assert_all_is_well(arena.tournament_id)


def test_a_tournament_deleted_meanwhile_is_nothing_to_do(arena: Arena) -> None:
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).deleted_at = OPENED_AT
    assert ranking.rank_due(arena.tournament_id, now=ended_at(1)) is None
    with pytest.raises(NotFound):
        ranking.compute_tournament_rankings(arena.tournament_id, now=ended_at(1))


@pytest.mark.parametrize(
    ("details", "wanted"),
    [
        ({}, [("all_time", "pubgm")]),
        ({"season": "2026_S1"}, [("season", "pubgm:2026_S1")]),
        ({"visibility": "unlisted"}, []),
        ({"visibility": "private", "season": "2026_S1"}, []),
    ],
)
def test_only_public_tournaments_ask_for_wider_boards(
    app: Flask, details: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(**details)
    with trail() as found:
        ranking.rank_due(arena.tournament_id, now=ended_at(1))
    assert [row for row in found.wanted if row[0] in {"season", "all_time"}] == wanted


def test_a_corrected_final_board_is_kept_too(arena: Arena) -> None:
    for number in range(1, 5):
        play(arena, number)
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(5))
    results.void(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(6))
    ranking.rank_due(arena.tournament_id, now=ended_at(7))
    with read_snapshot() as session:
        from webapp.models import Snapshot

        rows = session.execute(
            select(Snapshot.version, Snapshot.reason).where(Snapshot.audience == "public").order_by(Snapshot.version)
        )
        assert rows.all() == [(1, "completed"), (2, "corrected")]


def test_two_rankings_at_once_make_one_version(arena: Arena, app: Flask) -> None:
    play(arena, 1)
    made: list[object] = []

    def rank() -> None:
        with app.app_context():
            made.append(ranking.rank_due(arena.tournament_id, now=ended_at(2)))

    threads = [threading.Thread(target=rank) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(computation is not None for computation in made) == 1
    assert_all_is_well(arena.tournament_id)


def test_deltas_of_all_versions_add_up_to_the_board(arena: Arena) -> None:
    for number in range(1, 5):
        play(arena, number)
        ranking.rank_due(arena.tournament_id, now=ended_at(number))
    with read_snapshot() as session:
        updates = select(Event.data).where(Event.type == "rank_update").order_by(Event.seq)
        deltas = [RankChanges.from_columns(data["changes"]) for data in session.scalars(updates)]
        board = board_store.load(session, scopes.tournament(arena.tournament_id), "public")
    assert board is not None
    ranks: dict[int, int] = {}
    for delta in deltas:
        for who, previous, current in zip(
            delta.participant_id.tolist(), delta.previous_rank.tolist(), delta.current_rank.tolist(), strict=True
        ):
            assert ranks.get(who, 0) == previous
            ranks[who] = current
    assert ranks == dict(
        zip(board.board.standings.participant_id.tolist(), board.board.ranking.ranks.tolist(), strict=True)
    )
    assert np.array_equal(board.board.standings.participant_id, np.array(arena.participant_ids))
