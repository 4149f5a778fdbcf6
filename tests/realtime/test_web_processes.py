"""The web processes together: evenly used, replaced one by one, started again when they die, and soon stopped."""

import signal
import socket
import threading
import time
import urllib.request
from contextlib import ExitStack
from typing import Self

import psutil
import pytest
from flask import Flask
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.arenas import Arena
from tests.realtime.bulk import append_numbers
from tests.realtime.web import Ear, WebServer, log_end, publish
from tests.servers.redis import RedisServer
from webapp.web import listening_sockets

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATIENCE_S = 90.0


def listens(worker: psutil.Process) -> bool:
    return any(each.status == psutil.CONN_LISTEN for each in worker.net_connections("tcp"))


class Follower:
    """Somebody who hears the room in a thread, and comes back with the last number whenever it is sent away."""

    def __init__(self, web: WebServer, arena: Arena, since: int) -> None:
        self._web, self._arena = web, arena
        self.since = since
        self.numbers: list[int] = []
        self.codes: list[int] = []
        self._is_over = False
        self._thread = threading.Thread(target=self._follow)

    def _follow(self) -> None:
        while not self._is_over:
            try:
                with self._web.watch(self._arena.tournament_id, since=self.since) as ear:
                    self._hear(ear)
            except ConnectionClosed as closed:
                self.codes.append(closed.rcvd.code if closed.rcvd else 1006)
            except (OSError, WebSocketException):
                self.codes.append(0)

    def _hear(self, ear: Ear) -> None:
        while not self._is_over:
            try:
                ear.hear(0.2)
            except TimeoutError:
                continue
            finally:
                fresh = [number for number in ear.numbers if number > self.since]
                self.numbers += fresh
                self.since = max([self.since, *fresh])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()


class Visitor:
    """Asks for a page again and again, each time on a new connection and on one that it keeps."""

    def __init__(self, web: WebServer) -> None:
        self._url = f"http://127.0.0.1:{web.port}/healthz"
        self.failures: list[str] = []
        self.count = 0
        self._is_over = False
        self._thread = threading.Thread(target=self._visit)

    def _visit(self) -> None:
        while not self._is_over:
            try:
                with urllib.request.urlopen(self._url, timeout=20) as answer:
                    answer.read()
                self.count += 1
            except OSError as error:
                self.failures.append(str(error))
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()


@sqlite_only
@pytest.mark.live
def test_replacing_the_processes_loses_no_number_and_turns_nobody_away(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena
) -> None:
    began = log_end(arena.tournament_id)
    before = {worker.pid for worker in web.workers()}
    with ExitStack() as stack:
        followers = [stack.enter_context(Follower(web, arena, began)) for _ in range(6)]
        visitor = stack.enter_context(Visitor(web))
        web.send(signal.SIGHUP)
        give_up_at = time.monotonic() + PATIENCE_S
        while before & {worker.pid for worker in web.workers()} or len(web.workers()) != len(before):
            assert time.monotonic() < give_up_at, web.output[-3000:]
            append_numbers(arena.tournament_id, 3)
            publish(app)
            time.sleep(0.05)
        end = append_numbers(arena.tournament_id, 3)
        publish(app)
        while any(follower.since < end for follower in followers):
            assert time.monotonic() < give_up_at, [(each.since, each.codes) for each in followers]
            time.sleep(0.05)
    for follower in followers:
        assert follower.numbers == list(range(began + 1, end + 1))
        assert set(follower.codes) <= {1012}
    assert sum(len(follower.codes) for follower in followers) >= len(followers)
    assert visitor.failures == []
    assert visitor.count > 10


@sqlite_only
@pytest.mark.live
def test_a_process_that_dies_is_started_again_and_the_other_one_serves_on(web: WebServer) -> None:
    before = {worker.pid for worker in web.workers()}
    killed = web.workers()[0]
    killed.send_signal(signal.SIGKILL)
    give_up_at = time.monotonic() + PATIENCE_S
    while len(web.workers()) < len(before) or killed.pid in {worker.pid for worker in web.workers()}:
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    assert len(before & {worker.pid for worker in web.workers()}) == len(before) - 1
    assert '"web_process_ended"' in web.output
    with Visitor(web) as visitor:
        while visitor.count < 5:
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
    assert visitor.failures == []


@sqlite_only
@pytest.mark.live
def test_connections_are_spread_over_the_processes(web: WebServer, arena: Arena) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not all(listens(worker) for worker in web.workers()):
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    with ExitStack() as opened:
        for _ in range(60):
            opened.enter_context(web.watch(arena.tournament_id)).hear()
        counts = [len(worker.net_connections("tcp")) for worker in web.workers()]
    assert min(counts) > 10, counts


@sqlite_only
@pytest.mark.live
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_everybody_is_told_and_all_is_over_within_five_seconds(
    web: WebServer, arena: Arena, number: signal.Signals
) -> None:
    with ExitStack() as opened:
        ears = [opened.enter_context(web.watch(arena.tournament_id)) for _ in range(40)]
        for ear in ears:
            ear.hear()
        deaf = opened.enter_context(socket.create_connection(("127.0.0.1", web.port)))
        deaf.sendall(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()
        web.send(number)
        assert web.wait() == 0
        assert time.monotonic() - began < 5
        assert {ear.closed_with() for ear in ears} == {1012}


def test_a_port_that_is_taken_is_not_shared() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        listening_sockets("127.0.0.1", other.getsockname()[1], 2)
    own = listening_sockets("127.0.0.1", 0, 2)
    own[0].listen()
    try:
        with pytest.raises(OSError, match="in use"):
            listening_sockets("127.0.0.1", own[0].getsockname()[1], 2)
    finally:
        for listener in own:
            listener.close()
