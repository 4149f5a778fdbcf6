"""Several processes at one database at the same moment: nothing is lost, nothing happens twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from rq import Queue
from sqlalchemy import func, select

from jobs.schedule import SCHEDULE
from tests import invariants
from tests.arenas import Arena, open_battle_royale, turn_on_the_engine
from tests.servers.redis import RedisServer
from tests.services import contenders
from tests.services.contenders import PROCESSES, Contenders
from webapp.config import Settings
from webapp.models import Event, OutboxItem, Standing
from webapp.services.ranking import ranking
from webapp.services.spine import outbox, periods
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction

SQUADS = 8
ONCE = (True,) + (False,) * (PROCESSES - 1)


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    return open_battle_royale(squads=SQUADS, lobbies=100)


def events_of(arena: Arena, kind: str) -> list[tuple[int, int | None]]:
    with read_snapshot() as session:
        found = select(Event.seq, Event.match_id).where(Event.tournament_id == arena.tournament_id, Event.type == kind)
        return [(seq, match_id) for seq, match_id in session.execute(found.order_by(Event.seq))]


def outbox_rows() -> dict[int, tuple[str, str, int]]:
    with read_snapshot() as session:
        rows = session.execute(select(OutboxItem.id, OutboxItem.handler, OutboxItem.key, OutboxItem.wanted))
        return {item_id: (handler, key, wanted) for item_id, handler, key, wanted in rows}


def ask_for_rankings(count: int) -> None:
    with transaction() as session:
        for number in range(count):
            outbox.want(session, "rank", str(1_000 + number), now=utc_now())


def test_different_matches_of_one_tournament(rivals: Contenders, settings: Settings, arena: Arena) -> None:
    mine = [arena.match_ids[place * 5 : place * 5 + 5] for place in range(PROCESSES)]
    calls = [(contenders.confirm_all, ([(match_id, arena.lines(match_id)) for match_id in ids],)) for ids in mine]
    outcomes = [outcome for told in rivals.at_once(settings, calls) for outcome in told]
    confirmed = events_of(arena, "match_completed")
    assert sorted(outcomes) == [(True, seq) for seq, _ in confirmed]
    assert {match_id for _, match_id in confirmed} == {match_id for ids in mine for match_id in ids}
    ranking.rank_due(arena.tournament_id, now=utc_now())
    board = invariants.assert_all_is_well(arena.tournament_id).board
    assert set(board.standings.columns["matches_played"].tolist()) == {5 * PROCESSES}


def test_the_same_match_with_the_same_result(rivals: Contenders, settings: Settings, arena: Arena) -> None:
    match_id = arena.match_ids[0]
    calls = [(contenders.confirm_all, ([(match_id, arena.lines(match_id))],))] * PROCESSES
    outcomes = [told[0] for told in rivals.at_once(settings, calls)]
    assert Counter(changed for changed, _ in outcomes) == Counter(ONCE)
    assert {seq for _, seq in outcomes} == {seq for seq, _ in events_of(arena, "match_completed")}
    assert len(events_of(arena, "match_completed")) == 1


def test_the_same_match_with_different_results(rivals: Contenders, settings: Settings, arena: Arena) -> None:
    match_id, others = arena.match_ids[0], arena.match_ids[1 : PROCESSES + 1]
    calls = [(contenders.confirm_first, (match_id, arena.lines(other))) for other in others]
    outcomes = rivals.at_once(settings, calls)
    assert Counter(outcomes) == Counter([True, *["stale_revision"] * (PROCESSES - 1)])
    assert len(events_of(arena, "match_completed")) == 1
    ranking.rank_due(arena.tournament_id, now=utc_now())
    invariants.assert_all_is_well(arena.tournament_id)


def test_no_point_is_lost(rivals: Contenders, settings: Settings, arena: Arena) -> None:
    lucky = arena.participant_ids[0]
    rivals.at_once(settings, [(contenders.reward, (arena.tournament_id, lucky, 10))] * PROCESSES)
    with read_snapshot() as session:
        points = session.scalars(select(Standing.points).where(Standing.registration_id == lucky)).one()
        assert points == session.scalar(select(func.count()).select_from(Event).where(Event.registration_id == lucky))
    assert points == 10 * PROCESSES
    ranking.rank_due(arena.tournament_id, now=utc_now())
    invariants.assert_all_is_well(arena.tournament_id)


def test_rankings_of_one_tournament_never_run_over_each_other(
    rivals: Contenders, settings: Settings, arena: Arena
) -> None:
    matches = [(match_id, arena.lines(match_id)) for match_id in arena.match_ids[:20]]
    ranks = (contenders.rank_often, (arena.tournament_id, 10, arena.participant_ids[:2]))
    outcomes = rivals.at_once(
        settings,
        [(contenders.confirm_all, (matches[:10],)), (contenders.confirm_all, (matches[10:],)), ranks, ranks],
    )
    for versions in outcomes[2:]:
        assert versions == sorted(versions)
    ranking.rank_due(arena.tournament_id, now=utc_now())
    shown = invariants.assert_all_is_well(arena.tournament_id)
    published = [seq for seq, _ in events_of(arena, "rank_update")]
    assert len(published) == shown.version
    invariants.assert_versions_were_whole(arena.tournament_id, list(range(1, shown.version + 1)))


def test_a_burst_of_a_hundred_confirmations_is_a_few_versions(
    rivals: Contenders, settings: Settings, arena: Arena
) -> None:
    matches = [(match_id, arena.lines(match_id)) for match_id in arena.match_ids]
    calls = [(contenders.confirm_all, (matches[place::3],)) for place in range(3)]
    *_, version = rivals.at_once(settings, [*calls, (contenders.sweep_until, (arena.tournament_id, 100))])
    assert version < 35
    assert invariants.assert_all_is_well(arena.tournament_id).version == version


def test_a_period_is_claimed_by_one_scheduler(rivals: Contenders, settings: Settings, app: Flask) -> None:
    jobs = [(job.handler, job.cron) for job in SCHEDULE]
    started = datetime(2026, 3, 7, 23, 50, tzinfo=UTC)
    assert periods.claim_due(jobs, now=started) == []
    # Sunday morning: every job of the schedule has come due, several of them more than once.
    for rounds, now in enumerate([started + timedelta(hours=5), started + timedelta(days=7, hours=5)], start=1):
        outcomes = rivals.at_once(settings, [(contenders.claim_periods, (jobs, now))] * PROCESSES)
        assert Counter(handler for claimed in outcomes for handler in claimed) == Counter(
            handler for handler, _ in jobs
        )
        wanted = {handler: count for handler, _, count in outbox_rows().values()}
        assert wanted == dict.fromkeys((handler for handler, _ in jobs), rounds)


def test_an_outbox_row_is_claimed_by_one_relay(rivals: Contenders, settings: Settings, app: Flask) -> None:
    ask_for_rankings(200)
    outcomes = rivals.at_once(settings, [(contenders.claim_rows, (utc_now(),))] * PROCESSES)
    claimed = [item_id for told in outcomes for item_id in told]
    assert len(claimed) == 200
    assert set(claimed) == outbox_rows().keys()


def test_an_outbox_row_is_leased_to_one_worker(rivals: Contenders, settings: Settings, app: Flask) -> None:
    ask_for_rankings(50)
    outcomes = rivals.at_once(settings, [(contenders.lease_rows, (sorted(outbox_rows()),))] * PROCESSES)
    assert sorted(item_id for told in outcomes for item_id in told) == sorted(outbox_rows())


def test_a_bell_is_rung_once_for_a_row(
    rivals: Contenders, redis_server: RedisServer, settings: Settings, app: Flask
) -> None:
    ask_for_rankings(200)
    assert sum(rivals.at_once(settings, [(contenders.sweep_once, ())] * PROCESSES)) == 200
    client = redis_server.client()
    assert Queue("ranking", connection=client).count == 200
    client.close()
