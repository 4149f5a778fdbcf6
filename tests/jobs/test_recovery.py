"""Boards move on and come back in time with processes or Redis gone: real workers, a real scheduler, real seconds."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from jobs.worker import NICENESS
from tests import invariants
from tests.arenas import Arena
from tests.jobs.conftest import StartProcess
from tests.ringing import ringing
from tests.servers.process import ServerProcess
from tests.servers.redis import RedisServer
from webapp.services.matches import results
from webapp.services.spine import outbox
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction

RECOVERED_WITHIN_S = 20
"""Goal R4."""
ENDS_WITHIN_S = 10
"""Goal R19."""
BACKLOG_TOLD_WITHIN_S = 5
"""Goal R3."""


@pytest.fixture(autouse=True)
def _doorbell(app: Flask) -> Iterator[None]:
    """The test is the web process: it confirms, and its doorbell is connected."""
    with ringing(app):
        yield


def confirm(arena: Arena, place: int) -> None:
    match_id = arena.match_ids[place]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=utc_now())


def wait_until(is_so: Callable[[], bool], *, seconds: float) -> float:
    """How long it took; fails when it takes longer than `seconds`."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, f"not so after {seconds} s: {invariants.unserved()}"
        time.sleep(0.02)
    return time.monotonic() - began


def is_current(arena: Arena) -> bool:
    return ("rank", str(arena.tournament_id)) not in invariants.unserved()


def is_told(arena: Arena, redis_server: RedisServer) -> bool:
    with read_snapshot() as session, redis_server.client() as client:
        told = client.get(f"deltacrown:head:{arena.tournament_id}")
        return bool(told == str(len(invariants.log_of(session, arena.tournament_id))).encode())


def is_up(process: ServerProcess, arena: Arena) -> None:
    """Wait for a process that serves rankings to have served one."""
    process.wait_until(lambda: is_current(arena), seconds=RECOVERED_WITHIN_S)


@pytest.mark.timeout(180)
def test_boards_move_on_while_redis_is_gone(
    redis_server: RedisServer, arena: Arena, start_process: StartProcess
) -> None:
    start_process("jobs.worker", "ranking")
    confirm(arena, 0)
    is_up(start_process("jobs.scheduler"), arena)
    redis_server.stop()
    for place in range(1, 8):
        confirm(arena, place)
        # Confirmations keep coming faster than a claim of this process would run out.
        wait_until(lambda: is_current(arena), seconds=4)
    redis_server.start()
    wait_until(lambda: is_told(arena, redis_server), seconds=BACKLOG_TOLD_WITHIN_S)
    invariants.assert_all_is_well(arena.tournament_id)


@pytest.mark.timeout(180)
def test_a_worker_finds_redis_again_at_once(
    redis_server: RedisServer, arena: Arena, start_process: StartProcess
) -> None:
    worker = start_process("jobs.worker", "ranking")
    confirm(arena, 0)
    is_up(worker, arena)
    for gone, back in ((redis_server.stop, redis_server.start), (redis_server.pause, redis_server.resume)):
        gone()
        time.sleep(3)
        assert worker.process.poll() is None
        back()
        # Nobody but the worker can serve it: there is no scheduler.
        confirm(arena, len(invariants.assert_log_is_whole(arena.tournament_id)) % 50)
        wait_until(lambda: is_current(arena), seconds=BACKLOG_TOLD_WITHIN_S + outbox.REDISPATCH_AFTER.total_seconds())
    invariants.assert_all_is_well(arena.tournament_id)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("queue", ["ranking", "webhooks"])
def test_a_worker_told_to_end_ends_though_redis_is_away(
    redis_server: RedisServer, app: Flask, start_process: StartProcess, queue: str
) -> None:
    worker = start_process("jobs.worker", queue)
    with redis_server.client() as client:
        worker.wait_until(lambda: client.scard("rq:workers") == 1, seconds=RECOVERED_WITHIN_S)
    redis_server.stop()
    time.sleep(1.5)
    assert worker.process.poll() is None
    worker.send(signal.SIGTERM)
    assert worker.process.wait(ENDS_WITHIN_S) == 0


@pytest.mark.timeout(180)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_thread_of_a_worker_is_as_nice_as_its_queue(
    redis_server: RedisServer, app: Flask, start_process: StartProcess
) -> None:
    workers = {queue: start_process("jobs.worker", queue) for queue in ("ranking", "webhooks")}
    with redis_server.client() as client:
        for worker in workers.values():
            worker.wait_until(lambda: client.scard("rq:workers") == 2, seconds=RECOVERED_WITHIN_S)
    for queue, worker in workers.items():
        threads = [*Path(f"/proc/{worker.process.pid}/task").iterdir()]
        assert len(threads) > 1
        # The nineteenth field (proc_pid_stat(5)), of those behind the name in brackets the seventeenth.
        found = {int((thread / "stat").read_text().rpartition(")")[2].split()[16]) for thread in threads}
        assert found == {NICENESS[queue]}
        # It leads a session, and Linux weighs sessions where it knows groups of them.
        group = Path(f"/proc/{worker.process.pid}/autogroup")
        assert not group.exists() or group.read_text().split()[-1] == str(NICENESS[queue])


@pytest.mark.timeout(180)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_that_died_at_work_is_replaced_in_time(
    redis_server: RedisServer, arena: Arena, start_process: StartProcess
) -> None:
    confirm(arena, 0)
    dying = start_process("jobs.worker", "ranking", DELTACROWN_CRASH_AT="before_board_write")
    start_process("jobs.scheduler")
    assert dying.process.wait(RECOVERED_WITHIN_S) == 9
    start_process("jobs.worker", "ranking")
    assert not is_current(arena)
    wait_until(lambda: is_current(arena), seconds=RECOVERED_WITHIN_S)
    invariants.assert_all_is_well(arena.tournament_id)


@pytest.mark.timeout(180)
def test_a_job_that_runs_twice_changes_nothing_and_a_broken_one_stops_nobody(
    redis_server: RedisServer, arena: Arena, start_process: StartProcess
) -> None:
    confirm(arena, 0)
    with transaction() as session:
        outbox.want(session, "rank", "not a tournament", now=utc_now())
        outbox.want(session, "rank", "404", now=utc_now())
    worker = start_process("jobs.worker", "ranking")
    is_up(worker, arena)
    log = invariants.assert_log_is_whole(arena.tournament_id)
    for _ in range(3):
        with transaction() as session:
            outbox.want(session, "rank", str(arena.tournament_id), now=utc_now())
        wait_until(lambda: is_current(arena), seconds=10)
    assert invariants.assert_log_is_whole(arena.tournament_id) == log
    wait_until(lambda: "outbox_run_failed" in worker.output, seconds=10)
    # A tournament that is not there needs no board; what is broken is kept, and tried again later each time.
    assert [key for handler, key in invariants.unserved() if handler == "rank"] == ["not a tournament"]


@pytest.mark.timeout(180)
def test_each_queue_has_its_worker(redis_server: RedisServer, arena: Arena, start_process: StartProcess) -> None:
    confirm(arena, 0)
    with transaction() as session:
        for handler, key in (("season", "pubgm:2026_S1"), ("snapshot_tournaments", "all"), ("recompute", "all")):
            outbox.want(session, handler, key, now=utc_now())
    for queue in ("ranking", "default", "email", "webhooks", "maintenance"):
        start_process("jobs.worker", queue)
    wait_until(lambda: invariants.unserved() == [], seconds=60)
    invariants.assert_all_is_well(arena.tournament_id)
