"""Somebody who reads nothing costs a bounded queue, is closed, and holds up nobody else."""

import socket
import time

import pytest
from flask import Flask

from tests.arenas import Arena
from tests.realtime.bulk import append_numbers
from tests.realtime.web import WebServer, publish
from tests.servers.redis import RedisServer

HANDSHAKE = (
    b"GET /ws/tournament/%d/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
AT_ONCE = 900
SYSTEM_BUFFERS_BYTES = 5_000_000
"""More than the buffers of both ends of a connection take on this machine."""


@pytest.mark.live
@pytest.mark.timeout(240)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_reads_nothing_is_let_go_and_nobody_waits_for_it(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena
) -> None:
    with socket.socket() as deaf, web.watch(arena.tournament_id) as other:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", web.port))
        deaf.sendall(HANDSHAKE % arena.tournament_id)
        told = 0
        end = other.hear()["seq"]
        while told < SYSTEM_BUFFERS_BYTES:
            end = append_numbers(arena.tournament_id, AT_ONCE)
            publish(app)
            began = time.monotonic()
            other.hear_number(end)
            assert time.monotonic() - began < 5
            told += 110 * AT_ONCE
        assert sum(worker.memory_info().rss for worker in web.workers()) < 2 * 250 * 2**20
        deaf.settimeout(20)
        drained = 0
        while piece := _received(deaf):
            drained += len(piece)
        assert drained < told
        assert other.numbers == list(range(other.numbers[0], end + 1))


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(2**20)
    except ConnectionError:
        return b""
