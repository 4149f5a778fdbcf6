import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest
from flask import Flask

from tests.servers.redis import RedisServer
from webapp.config import Settings
from webapp.services.operations import cache, flags
from webapp.services.spine import redis_link

KEY = "board:7:public:12"


@pytest.fixture
def sqlite_settings(sqlite_url: str, redis_server: RedisServer, tmp_path: Path) -> Settings:
    return Settings(secret_key="k" * 32, database_url=sqlite_url, redis_url=redis_server.url, instance_path=tmp_path)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The cache knows no database: one kind of it is enough."""
    return sqlite_url


@pytest.fixture
def cached(app: Flask, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setenv("LEADERBOARDS_CACHE_ENABLED", "on")
    return app


class Computation:
    """Counts how often it is asked for, and takes its time."""

    def __init__(self, value: bytes = b"board", *, seconds: float = 0.0) -> None:
        self.count = 0
        self._value = value
        self._seconds = seconds

    def __call__(self) -> bytes:
        self.count += 1
        time.sleep(self._seconds)
        return self._value


def read(compute: Callable[[], bytes], key: str = KEY) -> tuple[bytes, bool]:
    return cache.through(key, ttl_s=30, compute=compute)


def at_once(app: Flask, count: int, work: Callable[[], object]) -> list[object]:
    """What `count` threads get, each an error or an answer; none begins before all are there."""
    answers: list[object] = []
    ready = threading.Barrier(count)

    def run() -> None:
        with app.app_context():
            ready.wait()
            try:
                answers.append(work())
            except OSError as error:
                answers.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_value_is_computed_once_and_then_found(cached: Flask, redis_server: RedisServer) -> None:
    compute = Computation()
    before = (cache.counts.hits, cache.counts.misses)
    assert read(compute) == (b"board", False)
    assert read(compute) == (b"board", True)
    cache.forget()
    assert read(compute) == (b"board", True)
    assert compute.count == 1
    assert (cache.counts.hits - before[0], cache.counts.misses - before[1]) == (2, 1)
    with redis_server.client() as client:
        assert sorted(client.keys("*")) == [b"deltacrown:cache:" + KEY.encode()]
        assert 0 < client.ttl(cache.PREFIX + KEY) <= 30


def test_with_the_flag_off_every_read_is_computed_and_nothing_is_kept(app: Flask, redis_server: RedisServer) -> None:
    compute = Computation()
    assert [read(compute) for _ in range(3)] == [(b"board", False)] * 3
    assert compute.count == 3
    with redis_server.client() as client:
        assert client.keys(cache.PREFIX + "*") == []


def test_a_thousand_readers_of_a_cold_key_make_one_computation(cached: Flask) -> None:
    flags.is_on("LEADERBOARDS_CACHE_ENABLED")
    compute = Computation(seconds=0.2)
    answers = at_once(cached, 1000, lambda: read(compute))
    assert Counter(answers) == {(b"board", True): 999, (b"board", False): 1}
    assert compute.count == 1


def test_without_redis_the_readers_of_one_moment_share_a_computation_too(
    cached: Flask, redis_server: RedisServer
) -> None:
    redis_server.stop()
    compute = Computation(seconds=0.2)
    answers = at_once(cached, 200, lambda: read(compute))
    assert {answer[0] for answer in answers if isinstance(answer, tuple)} == {b"board"}
    assert compute.count == 1


def test_an_error_reaches_all_who_wait_and_the_next_reader_starts_anew(cached: Flask) -> None:
    count = []

    def fail() -> bytes:
        count.append(1)
        time.sleep(0.2)
        raise OSError("the database is away")

    answers = at_once(cached, 20, lambda: read(fail))
    assert [str(answer) for answer in answers] == ["the database is away"] * 20
    assert len(count) == 1
    assert read(Computation(b"now")) == (b"now", False)


def test_different_keys_do_not_wait_for_each_other(cached: Flask) -> None:
    slow = threading.Thread(target=lambda: _in(cached, lambda: read(Computation(seconds=0.5), "slow")))
    slow.start()
    began = time.monotonic()
    assert read(Computation(b"quick"), "quick") == (b"quick", False)
    assert time.monotonic() - began < 0.4
    slow.join()


def test_readers_of_several_processes_make_one_computation(sqlite_settings: Settings, tmp_path: Path) -> None:
    spawn = get_context("spawn")
    counted, ready = tmp_path / "computed", spawn.Barrier(2)
    processes = [spawn.Process(target=_read_in_a_process, args=(sqlite_settings, counted, ready, 50)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert counted.read_text(encoding="ascii") == "x"


def _read_in_a_process(settings: Settings, counted: Path, ready: threading.Barrier, readers: int) -> None:
    from webapp import create_app

    os.environ["LEADERBOARDS_CACHE_ENABLED"] = "on"
    app = create_app(settings)
    # A first question opens the connection, which a request may only wait a moment for.
    for _ in range(100):
        if redis_link.link().answers():
            break
        time.sleep(0.05)

    def compute() -> bytes:
        with counted.open("a", encoding="ascii") as file:
            file.write("x")
        time.sleep(0.5)
        return b"board"

    ready.wait(30)
    answers = at_once(app, readers, lambda: read(compute))
    assert {answer[0] for answer in answers if isinstance(answer, tuple)} == {b"board"}
    assert len(answers) == readers


def test_a_reader_whose_predecessor_died_amid_the_computation_computes_itself(
    cached: Flask, redis_server: RedisServer
) -> None:
    with redis_server.client() as client:
        client.set(f"{cache.PREFIX}lock:{KEY}", "of a process that was killed", px=300)
    began = time.monotonic()
    assert read(Computation()) == (b"board", False)
    assert 0.2 < time.monotonic() - began < 3
    with redis_server.client() as client:
        assert client.exists(f"{cache.PREFIX}lock:{KEY}") == 0


def test_the_lock_of_another_process_is_never_given_back_by_us(cached: Flask, redis_server: RedisServer) -> None:
    def slow() -> bytes:
        with redis_server.client() as client:
            client.set(f"{cache.PREFIX}lock:{KEY}", "taken over meanwhile", px=5000)
        return b"board"

    read(slow)
    with redis_server.client() as client:
        assert client.get(f"{cache.PREFIX}lock:{KEY}") == b"taken over meanwhile"


def test_a_redis_that_hangs_costs_a_reader_a_moment(cached: Flask, redis_server: RedisServer) -> None:
    read(Computation(), "warm")
    redis_server.pause()
    began = time.monotonic()
    assert read(Computation(), "cold") == (b"board", False)
    assert time.monotonic() - began < 0.3
    began = time.monotonic()
    assert read(Computation(), "cold too") == (b"board", False)
    assert time.monotonic() - began < 0.05


def test_what_one_redis_holds_is_not_taken_for_another_ones(cached: Flask, redis_server: RedisServer) -> None:
    read(Computation(b"of this site"))
    redis_server.flushall()
    redis_link.connect(redis_server.url)
    assert read(Computation(b"of another")) == (b"of another", False)


def _in(app: Flask, work: Callable[[], object]) -> None:
    with app.app_context():
        work()
