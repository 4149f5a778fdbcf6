from datetime import datetime, timedelta

import pytest
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select

from tests.arenas import Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.invariants import assert_all_is_well, unserved
from tests.servers.redis import RedisServer
from webapp.models import OutboxItem
from webapp.services.matches import results
from webapp.services.spine import outbox, redis_link, relay
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def arena(app: Flask) -> Arena:
    """A match is confirmed, and nothing that follows has been done."""
    turn_on_the_engine()
    arena = open_battle_royale()
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    return arena


def later(seconds: float) -> datetime:
    return utc_now() + timedelta(seconds=seconds)


def sweep(*, may_work: bool, seconds: float = 0) -> int:
    return relay.sweep(clock=lambda: later(seconds), may_work=may_work)


def bells(redis_server: RedisServer, queue: str = "ranking") -> list[tuple[str | None, list[int], str | None]]:
    with redis_server.client() as client:
        jobs = Queue(queue, connection=client, serializer=JSONSerializer).get_jobs()
        return [(job.func_name, list(job.args), job.description) for job in jobs]


def item_id(handler: str) -> int:
    with read_snapshot() as session:
        return session.scalars(select(OutboxItem.id).where(OutboxItem.handler == handler)).one()


def test_every_handler_names_a_queue_that_a_worker_serves() -> None:
    from jobs.worker import NICENESS

    assert {handler.queue for handler in outbox.HANDLERS.values()} == {None, *NICENESS}
    assert set(relay.QUICK).isdisjoint(relay.SLOW)
    assert {*relay.QUICK, *relay.SLOW} == set(outbox.HANDLERS)


def test_a_sweep_rings_for_jobs_with_ids_alone_and_publishes_itself(arena: Arena, redis_server: RedisServer) -> None:
    assert sweep(may_work=False) == 4
    assert sorted(bells(redis_server), key=str) == [
        ("jobs.maintenance.request_stale_boards", [item_id("stale_boards")], "stale_boards"),
        ("jobs.ranking.rank_tournament", [item_id("rank")], "rank"),
    ]
    assert bells(redis_server, "default") == [("jobs.notifications.route_tournament", [item_id("route")], "route")]
    with redis_server.client() as client:
        assert client.get(f"deltacrown:head:{arena.tournament_id}") is not None
    assert ("publish", str(arena.tournament_id)) not in unserved()
    # Claimed is claimed: nothing is rung again at once.
    assert sweep(may_work=False) == 0
    assert len(bells(redis_server)) == 2


def test_after_three_unanswered_bells_the_scheduler_does_the_work(arena: Arena, redis_server: RedisServer) -> None:
    for attempt in range(3):
        sweep(may_work=True, seconds=6 * attempt)
    assert ("rank", str(arena.tournament_id)) in unserved()
    sweep(may_work=True, seconds=18)
    sweep(may_work=True, seconds=24)
    assert_all_is_well(arena.tournament_id)
    assert [row for row in unserved() if row[0] == "rank"] == []


def test_what_no_worker_answers_for_is_left_to_the_scheduler(arena: Arena, redis_server: RedisServer) -> None:
    for attempt in range(5):
        sweep(may_work=False, seconds=6 * attempt)
    with read_snapshot() as session:
        rank = session.get_one(OutboxItem, item_id("rank"))
        assert rank.dispatches == 3
    assert sweep(may_work=False, seconds=30) == 0
    sweep(may_work=True, seconds=30)
    assert [row for row in unserved() if row[0] == "rank"] == []


def test_a_ranking_is_rung_for_before_anything_else(
    arena: Arena, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatched: list[str] = []

    def keep(claim: outbox.Claim, **_: object) -> bool:
        dispatched.append(claim.handler)
        return True

    monkeypatch.setattr(relay, "_dispatch", keep)
    sweep(may_work=False)
    queues = [outbox.HANDLERS[handler].queue for handler in dispatched]
    assert queues == ["ranking", "ranking", *(queue for queue in queues if queue != "ranking")]
    assert len(queues) == 4


def test_a_process_that_may_not_work_leaves_it_to_the_scheduler(arena: Arena, redis_server: RedisServer) -> None:
    redis_server.stop()
    assert sweep(may_work=False) == 0
    assert sweep(may_work=True, seconds=2) >= 1
    assert_all_is_well(arena.tournament_id)
    # What can only be told to Redis waits for it, and is told once it is back.
    assert ("publish", str(arena.tournament_id)) in unserved()
    redis_server.start()
    redis_link.connect(redis_server.url)
    sweep(may_work=True, seconds=20)
    assert ("publish", str(arena.tournament_id)) not in unserved()


def test_without_any_redis_the_scheduler_does_everything(arena: Arena) -> None:
    while sweep(may_work=True):
        pass
    assert_all_is_well(arena.tournament_id)
    assert unserved() == []


def test_an_error_in_one_row_stops_no_other(arena: Arena) -> None:
    with transaction() as session:
        outbox.want(session, "rank", "not a number", now=ended_at(1))
    while sweep(may_work=True):
        pass
    assert_all_is_well(arena.tournament_id)
    assert unserved() == [("rank", "not a number")]
    with read_snapshot() as session:
        broken = session.scalars(select(OutboxItem).where(OutboxItem.key == "not a number")).one()
        assert (broken.last_error, broken.attempts) == ("ValueError", 1)


def test_a_doorbell_that_fails_does_not_end_its_thread(app: Flask) -> None:
    def broken_clock() -> datetime:
        raise OSError("no clock")

    relay.answer_doorbell(broken_clock)
