"""Boards with placements set by staff: recomputed, left and joined, past, completed, decided by match point."""

import pytest
from flask import Flask

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.invariants import assert_all_is_well
from tests.services.placements import MATCH_POINT, RULES, person, played, put, rank_now, ranks_set, shown
from tests.trail import trail
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Tournament
from webapp.services.boards import history, leaderboards
from webapp.services.matches import results
from webapp.services.operations import flags
from webapp.services.ranking import overrides, ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments


@pytest.fixture
def arena(app: Flask) -> Arena:
    """Six squads; the one registered first leads, the last one is last."""
    turn_on_the_engine()
    return played(open_battle_royale(RULES, squads=6, lobbies=3))


@pytest.fixture
def sam(app: Flask) -> Actor:
    return person("sam", "admin")


@pytest.mark.parametrize("rules", [RULES, {**RULES, "cascade": ["points", "head_to_head"]}, MATCH_POINT])
def test_no_recomputation_loses_an_override(app: Flask, rules: dict[str, object]) -> None:
    turn_on_the_engine()
    arena = played(open_battle_royale(rules, squads=6, lobbies=3))
    put(arena, 5, 1)
    computed = ranking.rank_due(arena.tournament_id, now=ended_at(11))
    assert computed is not None
    assert (shown(arena)[0], computed.version) == (5, 2)
    played(arena, number=2, order=[1, 2, 3, 0, 4, 5])
    assert shown(arena)[0] == 5
    ranking.compute_partial_update(arena.tournament_id, arena.participant_ids[:2], now=ended_at(12))
    assert shown(arena)[0] == 5
    again = ranking.compute_tournament_rankings(arena.tournament_id, now=ended_at(13))
    assert (shown(arena)[0], again.version) == (5, 3)
    assert_all_is_well(arena.tournament_id)


def test_an_override_to_the_rank_somebody_has_holds_it_there_and_marks_the_row(arena: Arena) -> None:
    put(arena, 0, 1)
    rank_now(arena)
    document = leaderboards.page(arena.tournament_id, audience="public", limit=10, offset=0, now=ended_at(12))
    assert [entry["is_override"] for entry in document["rankings"]] == [True] + [False] * 5
    assert (document["metadata"]["version"], document["deltas"]) == (2, [])
    played(arena, number=2, order=[5, 4, 3, 2, 1, 0])
    assert shown(arena)[0] == 0
    assert_all_is_well(arena.tournament_id)


def test_who_leaves_takes_no_rank_along_and_is_back_on_it_when_back(arena: Arena) -> None:
    put(arena, 0, 6)
    put(arena, 4, 5)
    rank_now(arena)
    assert shown(arena) == [1, 2, 3, 5, 4, 0]
    registrations.withdraw(arena.participant_ids[1], actor=SYSTEM, now=ended_at(11))
    rank_now(arena)
    # Rank 6 is there no longer: last, behind whom staff had put before it.
    assert shown(arena) == [2, 3, 5, 4, 0]
    registrations.withdraw(arena.participant_ids[0], actor=SYSTEM, now=ended_at(12))
    rank_now(arena)
    assert shown(arena) == [2, 3, 5, 4]
    assert ranks_set(arena) == {0: 6, 4: 5}
    names = [f"Squad {number:02}" for number in range(1, 7)]
    registrations.register(arena.tournament_id, names, actor=SYSTEM, now=ended_at(13))
    rank_now(arena)
    assert shown(arena) == [1, 2, 3, 5, 4, 0]
    assert_all_is_well(arena.tournament_id)


def test_an_absent_participant_is_restored_without_a_rank(arena: Arena) -> None:
    override_id = put(arena, 4, 2).override_id
    registrations.withdraw(arena.participant_ids[4], actor=SYSTEM, now=ended_at(11))
    outcome = overrides.restore(override_id, actor=SYSTEM, now=ended_at(12))
    assert (outcome.changed, outcome.previous_rank, outcome.new_rank) == (True, 0, 0)


def test_past_versions_know_what_staff_had_set_then(arena: Arena) -> None:
    override_id = put(arena, 5, 1).override_id
    rank_now(arena)
    overrides.restore(override_id, actor=SYSTEM, now=ended_at(12))
    rank_now(arena)
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        boards_then = [history.board_at(session, tournament, version)[0] for version in (1, 2, 3)]
    firsts = [int(board.standings.participant_id[board.ranking.order[0]]) for board in boards_then]
    ids = arena.participant_ids
    assert firsts == [ids[0], ids[5], ids[0]]
    assert [bool(board.ranking.is_override.any()) for board in boards_then] == [False, True, False]
    assert boards_then[1].ranking.computed_ranks.tolist() == [1, 2, 3, 4, 5, 6]


def test_the_plain_service_obeys_overrides_too(arena: Arena) -> None:
    flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    outcome = put(arena, 5, 1)
    assert (outcome.previous_rank, shown(arena)) == (6, [5, 0, 1, 2, 3, 4])
    flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=True, actor=SYSTEM, now=OPENED_AT)
    rank_now(arena)
    assert_all_is_well(arena.tournament_id)


# -- winners


def completed(arena: Arena) -> Arena:
    for number in (2, 3):
        played(arena, number=number)
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(9))
    return arena


def needs_review(arena: Arena) -> bool:
    with read_snapshot() as session:
        return session.get_one(Tournament, arena.tournament_id).requires_review


def test_an_override_of_the_winners_after_the_end_asks_for_review_and_restoring_takes_that_back(arena: Arena) -> None:
    completed(arena)
    assert not needs_review(arena)
    put(arena, 4, 5)
    put(arena, 5, 6)
    assert not needs_review(arena)
    with trail() as found:
        override_id = put(arena, 3, 1).override_id
    assert needs_review(arena)
    assert [name for name, _ in found.events] == ["placement_overridden", "review_requested"]
    assert found.events[1][1] == {
        "winner_id": arena.participant_ids[3], "runner_up_id": arena.participant_ids[0],
        "third_place_id": arena.participant_ids[1], "determination_method": "manual", "requires_review": True,
    }  # fmt: skip
    overrides.restore(override_id, actor=SYSTEM, now=ended_at(12))
    assert not needs_review(arena)
    rank_now(arena)
    assert_all_is_well(arena.tournament_id)


def test_a_tie_that_staff_settled_before_the_end_needs_no_review(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale({"points_per_kill": 1, "cascade": ["points"]}, squads=3, lobbies=1)
    ids = arena.participant_ids
    lines = [Line(ids[0], 1, 4), Line(ids[1], 2, 4), Line(ids[2], 3, 1)]
    results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(1))
    put(arena, 1, 1)
    with trail() as found:
        tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    declared = dict(found.events)["tournament_completed"]
    assert (declared["winner_id"], declared["determination_method"], declared["requires_review"]) == (
        ids[1], "manual", False,
    )  # fmt: skip


def test_staff_stand_above_match_point(app: Flask) -> None:
    turn_on_the_engine()
    arena = played(open_battle_royale(MATCH_POINT, squads=4, lobbies=2))
    played(arena, number=2)
    put(arena, 3, 1)
    rank_now(arena)
    assert shown(arena) == [3, 0, 1, 2]
    published = assert_all_is_well(arena.tournament_id)
    assert published.board.standings.champion == arena.participant_ids[0]
    with trail() as found:
        tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(12))
    declared = dict(found.events)["tournament_completed"]
    assert (declared["winner_id"], declared["determination_method"]) == (arena.participant_ids[3], "manual")
