"""HTTP over real connections: what memory answers is what the application would, and nobody dawdles for ever."""

import contextlib
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests.realtime.small_server import ETAG, KEPT_PATH, SmallServer
from webapp.realtime import http_protocol

POLL = b"GET " + KEPT_PATH.encode() + b" HTTP/1.1\r\nHost: cup.example.org\r\nHX-Request: true\r\n"
PAGE = b"GET /page?a=1 HTTP/1.1\r\nHost: cup.example.org\r\n"


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Says what it was asked, with the length of what it was sent."""
    body = environ["wsgi.input"].read()
    said = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {len(body)}".encode("latin-1")
    start_response("200 OK", [("Content-Length", str(len(said))), ("X-From", "application")])
    return [said]


@pytest.fixture(scope="module")
def module_server() -> Iterator[SmallServer]:
    with SmallServer(application) as server:
        yield server


@pytest.fixture
def server(module_server: SmallServer) -> SmallServer:
    module_server.fragments.given = 0
    return module_server


def answers(connection: socket.socket, count: int) -> list[tuple[int, dict[str, str], bytes]]:
    """So many answers: status, headers, body."""
    found, stream = [], connection.makefile("rb")
    for _ in range(count):
        status = int(stream.readline().split()[1])
        headers = {}
        while line := stream.readline().strip().decode():
            name, _, value = line.partition(": ")
            headers[name] = value
        found.append((status, headers, stream.read(int(headers.get("content-length", 0)) if status != 304 else 0)))
    return found


def is_ended(connection: socket.socket) -> bool:
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(4096):
            assert piece
    return True


def test_a_poll_is_answered_from_memory_with_date_and_tag_on_a_connection_that_stays(server: SmallServer) -> None:
    with server.connect() as connection:
        connection.sendall(POLL + b"\r\n" + POLL + b"If-None-Match: " + ETAG + b"\r\n\r\n" + PAGE + b"\r\n")
        whole, unchanged, page = answers(connection, 3)
        assert (whole[0], whole[1]["etag"], whole[2]) == (200, ETAG.decode(), b"board")
        assert whole[1]["date"].endswith(" GMT")
        assert (unchanged[0], unchanged[1]["etag"], unchanged[2]) == (304, ETAG.decode(), b"")
        assert "content-length" not in unchanged[1]
        assert page[2] == b"GET /page 0"
        assert server.fragments.given == 2
        assert "connection" not in whole[1]


@pytest.mark.parametrize("size", [1, 3, 40])
def test_a_poll_that_comes_in_pieces_is_the_same_poll(server: SmallServer, size: int) -> None:
    data = POLL + b"Accept: */*\r\n\r\n"
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])
        assert answers(connection, 1)[0][2] == b"board"


@pytest.mark.parametrize(
    ("request_bytes", "ends"),
    [
        (POLL + b"Connection: close\r\n\r\n", True),
        (POLL.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n", True),
        (POLL.replace(b"GET", b"HEAD") + b"\r\n", False),
        (POLL.replace(b"/spectator", b"/%73pectator") + b"\r\n", False),
        (POLL.replace(b"GET /", b"GET http://cup.example.org/") + b"\r\n", False),
        (POLL + b"Host: evil.example\r\n\r\n", False),
        (POLL + b"Content-Length: 5\r\n\r\nhello", False),
        (POLL + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", False),
        (POLL + b"Expect: 100-continue\r\n\r\n", False),
        (POLL.replace(b"true", b"false") + b"\r\n", False),
    ],
    ids=["close", "1.0", "HEAD", "escaped", "absolute", "two hosts", "body", "chunks", "expect", "no poll"],
)  # fmt: skip
def test_whatever_asks_for_more_than_a_poll_goes_to_the_application(
    server: SmallServer, request_bytes: bytes, *, ends: bool
) -> None:
    with server.connect() as connection:
        connection.sendall(request_bytes)
        if request_bytes.startswith(b"HEAD"):
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
        else:
            ((status, headers, _),) = answers(connection, 1)
            assert (status, headers["x-from"]) == (200, "application")
            assert (headers.get("connection") == "close") is ends
        if ends:
            assert is_ended(connection)
    assert server.fragments.given == 0


def test_requests_that_follow_at_once_are_answered_in_their_order(server: SmallServer) -> None:
    post = b"POST /upload HTTP/1.1\r\nHost: cup.example.org\r\nContent-Length: 200000\r\n\r\n" + bytes(200_000)
    with server.connect() as connection:
        connection.sendall(PAGE + b"\r\n" + POLL + b"\r\n" + post + POLL + b"\r\n" + PAGE + b"\r\n")
        bodies = [body for _, _, body in answers(connection, 5)]
    # A poll behind a page that is still worked on takes the way of the page.
    kept = {b"board", f"GET {KEPT_PATH} 0".encode()}
    assert [bodies[number] for number in (0, 2, 4)] == [b"GET /page 0", b"POST /upload 200000", b"GET /page 0"]
    assert {bodies[1], bodies[3]} <= kept


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"NONSENSE\r\n\r\n",
        PAGE + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        PAGE + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        PAGE + b"Broken header\r\n\r\n",
        PAGE + b"X: a\x00b\r\n\r\n",
    ],
    ids=["nonsense", "two lengths", "length and chunks", "no colon", "nul"],
)
def test_what_two_servers_might_read_differently_is_refused(server: SmallServer, request_bytes: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(request_bytes)
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")
        assert is_ended(connection)


def test_a_head_without_an_end_is_refused(server: SmallServer) -> None:
    with server.connect() as connection, contextlib.suppress(ConnectionError):
        connection.sendall(PAGE)
        for _ in range(200):
            connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 431 ")
        assert is_ended(connection)


@pytest.mark.parametrize(
    ("limit", "begun"),
    [
        ("HEAD_IN_TIME_S", b""), ("HEAD_IN_TIME_S", PAGE[:10]),
        ("BODY_IN_TIME_S", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"),
        ("KEPT_ALIVE_S", PAGE + b"\r\n"), ("KEPT_ALIVE_S", POLL + b"\r\n"),
    ],
)  # fmt: skip
def test_who_dawdles_is_let_go_of(
    server: SmallServer, monkeypatch: pytest.MonkeyPatch, limit: str, begun: bytes
) -> None:
    monkeypatch.setattr(http_protocol, limit, 0.2)
    with server.connect() as connection:
        connection.sendall(begun)
        assert is_ended(connection)


def test_a_server_that_stops_answers_what_it_has_taken_and_says_that_it_closes() -> None:
    with SmallServer(application) as own, own.connect() as resting, own.connect() as fresh:
        resting.sendall(POLL + b"\r\n")
        assert answers(resting, 1)[0][0] == 200
        own.server.should_exit = True
        assert is_ended(resting)
        fresh.sendall(POLL + b"\r\n")
        ((status, headers, _),) = answers(fresh, 1)
        assert (status, headers["connection"]) == (200, "close")
        assert is_ended(fresh)
