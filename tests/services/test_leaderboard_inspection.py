import pytest
from flask import Flask
from sqlalchemy import update

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.statements import count_statements
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.series import SeriesGame as Game
from webapp.models import Standing
from webapp.services.boards import leaderboard_inspection
from webapp.services.boards.leaderboard_inspection import inspect
from webapp.services.matches import results, series
from webapp.services.operations import flags
from webapp.services.ranking import overrides, ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import transaction


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    arena = open_battle_royale(squads=4, lobbies=3)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    return arena


def test_a_board_is_taken_apart(arena: Arena) -> None:
    before = inspect(arena.tournament_id, actor=SYSTEM)
    assert (before.is_behind, before.versions, before.due) == (
        True, (), {"waiting": 2, "attempts": 0, "last_error": None},
    )  # fmt: skip
    who = arena.participant_ids[2]
    overrides.override(arena.tournament_id, who, 1, reason=REASON, actor=SYSTEM, now=ended_at(2))
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    found = inspect(arena.tournament_id, actor=SYSTEM)
    assert (found.is_behind, found.status, found.results_seq <= found.log_seq) == (False, "live", True)
    assert [(version.audience, version.version, version.entries_count) for version in found.versions] == [
        ("public", 1, 4), ("official", 1, 4),
    ]  # fmt: skip
    assert found.versions[0].bytes > 100
    assert (found.matches, found.overrides, found.cache_keys) == ({"completed": 1, "scheduled": 2}, {who: 1}, None)
    assert found.flags["LEADERBOARDS_ENGINE_V2_ENABLED"] is True
    assert found.flags["LEADERBOARDS_API_ENABLED"] is False
    assert [row.participant_id for row in found.rows] == list(arena.participant_ids)
    row = found.rows[2]
    assert (row.rank, row.is_override, row.results, row.is_consistent) == (1, True, 1, True)
    assert row.computed_rank is not None
    assert row.published == row.stored
    assert row.stored["matches_played"] == 1


def test_totals_that_do_not_agree_are_shown_as_such(arena: Arena) -> None:
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    with transaction() as session:
        of_one = Standing.registration_id == arena.participant_ids[1]
        session.execute(update(Standing).where(of_one).values(kills=Standing.kills + 1))
    found = inspect(arena.tournament_id, actor=SYSTEM)
    assert [row.is_consistent for row in found.rows] == [True, False, True, True]


def test_who_left_is_there_with_its_totals_and_without_a_rank(arena: Arena) -> None:
    registrations.withdraw(arena.participant_ids[1], actor=SYSTEM, now=ended_at(2))
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    row = inspect(arena.tournament_id, actor=SYSTEM).rows[1]
    assert (row.rank, row.computed_rank, row.published, row.results) == (None, None, None, 1)


def test_a_series_counts_its_matches(app: Flask) -> None:
    turn_on_the_engine()
    league = open_league("valorant", {}, [(0, 1), (1, 2)], sides=3, best_of=1, name="League")
    one, two, _ = league.participant_ids
    series.confirm(league.match_ids[0], [Game(1, {one: 13, two: 5})], actor=SYSTEM, now=ended_at(1))
    assert [row.results for row in inspect(league.tournament_id, actor=SYSTEM).rows] == [1, 1, 0]


def test_pages_and_statements(arena: Arena) -> None:
    with count_statements() as of_one:
        (row,) = inspect(arena.tournament_id, actor=SYSTEM, limit=1, offset=1).rows
    assert row.participant_id == arena.participant_ids[1]
    with count_statements() as of_three:
        assert len(inspect(arena.tournament_id, actor=SYSTEM, limit=3).rows) == 3
    assert len(of_one) == len(of_three)
    assert len(inspect(arena.tournament_id, actor=SYSTEM, limit=-3, offset=-3).rows) == 1
    assert inspect(arena.tournament_id, actor=SYSTEM, limit=10_000).participants_count == 4


def test_the_document_holds_ids_numbers_and_states_alone(arena: Arena) -> None:
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    document = inspect(arena.tournament_id, actor=SYSTEM).as_data()
    assert "Squad" not in str(document)
    assert document["rows"][0]["participant_id"] == arena.participant_ids[0]
    assert document["versions"][0]["computed_at"] == ended_at(3).isoformat()
    assert document["overrides"] == []


def test_only_staff_inspect(arena: Arena) -> None:
    for role in ("spectator", "player", "organizer"):
        with pytest.raises(Forbidden):
            inspect(arena.tournament_id, actor=Actor(1, role))
    with pytest.raises(NotFound):
        inspect(999, actor=SYSTEM)
    assert leaderboard_inspection.LARGEST_PAGE == 200
    flags.set_flag("LEADERBOARDS_COMPUTE_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    assert inspect(arena.tournament_id, actor=SYSTEM).flags["LEADERBOARDS_COMPUTE_ENABLED"] is False
