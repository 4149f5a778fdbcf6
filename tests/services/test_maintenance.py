from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from tests.arenas import OPENED_AT, Arena, complete_undecided, ended_at, open_battle_royale, turn_on_the_engine
from tests.invariants import assert_all_is_well, assert_standings_are_right
from tests.trail import trail
from webapp.models import OutboxItem, Result, ScheduleClaim, Standing, Tournament
from webapp.services.matches import results
from webapp.services.operations import flags, maintenance
from webapp.services.ranking import ranking
from webapp.services.spine import outbox
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    arena = open_battle_royale(squads=4, lobbies=2)
    play(arena)
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    return arena


def play(arena: Arena) -> None:
    for number, match_id in enumerate(arena.match_ids, start=1):
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))


def spoil_totals(arena: Arena) -> None:
    first, second, *_ = arena.participant_ids
    with transaction() as session:
        session.execute(update(Standing).where(Standing.registration_id == first).values(points=Standing.points + 100))
        session.execute(delete(Standing).where(Standing.registration_id == second))


def test_a_board_that_is_right_stays_as_it_is(arena: Arena) -> None:
    with trail() as found:
        assert maintenance.recompute(arena.tournament_id, now=ended_at(4)) == 0
    assert (found.events, found.audited, found.wanted) == ([], [], [])


def test_totals_that_are_wrong_or_missing_are_mended_and_counted(arena: Arena) -> None:
    spoil_totals(arena)
    assert maintenance.recompute(arena.tournament_id, now=ended_at(4)) == 2
    assert_all_is_well(arena.tournament_id)


def test_a_board_that_is_wrong_gets_a_new_version(arena: Arena) -> None:
    with transaction() as session:
        session.execute(update(Result).where(Result.placement == 4).values(kill_points=Result.kill_points + 100))
    with trail() as found:
        assert maintenance.recompute(arena.tournament_id, now=ended_at(4)) > 0
    assert [name for name, _ in found.events] == ["rank_update"]
    assert_standings_are_right(arena.tournament_id)


def test_with_the_engine_off_totals_are_mended_and_nothing_is_published(arena: Arena) -> None:
    flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    spoil_totals(arena)
    with trail() as found:
        assert maintenance.recompute(arena.tournament_id, now=ended_at(4)) == 2
    assert found.events == []
    assert_standings_are_right(arena.tournament_id)


def test_everything_live_or_completed_is_recomputed_and_one_failure_stops_no_other(arena: Arena) -> None:
    completed, broken, cancelled = (open_battle_royale(name=name, lobbies=0) for name in ("Done", "Broken", "Off"))
    complete_undecided(completed, now=ended_at(4))
    tournaments.cancel(cancelled.tournament_id, reason="Not enough squads came", actor=SYSTEM, now=ended_at(4))
    with transaction() as session:
        session.get_one(Tournament, broken.tournament_id).ruleset = {"cascade": ["luck"]}
    spoil_totals(arena)
    assert maintenance.recompute_all(now=ended_at(5)) == {arena.tournament_id: 2, completed.tournament_id: 0}


def test_boards_behind_their_results_are_asked_for(arena: Arena) -> None:
    behind, deleted = open_battle_royale(name="Behind", lobbies=0), open_battle_royale(name="Deleted", lobbies=0)
    with transaction() as session:
        session.get_one(Tournament, deleted.tournament_id).deleted_at = OPENED_AT
        session.execute(delete(OutboxItem))
    with trail() as found:
        assert maintenance.request_stale_boards(now=ended_at(4)) == [behind.tournament_id]
    assert found.wanted == [("rank", str(behind.tournament_id))]
    ranking.rank_due(behind.tournament_id, now=ended_at(5))
    assert maintenance.request_stale_boards(now=ended_at(6)) == []


def test_while_the_engine_is_off_nobody_is_asked(arena: Arena) -> None:
    open_battle_royale(name="Behind", lobbies=0)
    flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    with trail() as found:
        assert maintenance.request_stale_boards(now=ended_at(4)) == []
    assert found.wanted == []


def test_rows_long_served_and_claims_long_past_are_cleared_away(app: Flask) -> None:
    with transaction() as session:
        for key in ("old", "new", "open"):
            outbox.want(session, "rank", key, now=OPENED_AT)
        for days in (1, 61):
            session.add(ScheduleClaim(job="compact", period=OPENED_AT - timedelta(days=days), claimed_at=OPENED_AT))
    with transaction() as session:
        for key, days in (("old", 8), ("new", 6)):
            row = session.scalars(select(OutboxItem).where(OutboxItem.key == key)).one()
            row.done, row.done_at = row.wanted, OPENED_AT - timedelta(days=days)
    maintenance.purge_served(now=OPENED_AT)
    with read_snapshot() as session:
        assert session.scalars(select(OutboxItem.key).order_by(OutboxItem.key)).all() == ["new", "open"]
        assert session.scalars(select(ScheduleClaim.period)).all() == [OPENED_AT - timedelta(days=1)]
