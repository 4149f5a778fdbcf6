"""What a WSGI application gets and gives through the bridge, as a WSGI server would have it."""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests.realtime.loops import run
from webapp.realtime.uploads import SMALL_BYTES
from webapp.realtime.wsgi_bridge import Message, WsgiBridge

Answered = tuple[int, list[tuple[bytes, bytes]], list[bytes]]
PIECE = 32_768


def ask(
    app: Callable[..., Iterable[bytes]],
    *,
    method: str = "GET",
    path: str = "/",
    headers: Iterable[tuple[bytes, bytes]] = (),
    body: bytes = b"",
    is_gone: bool = False,
    waiting: int = 10,
) -> Answered:
    """One request; the body arrives in pieces. Status, headers, and the pieces of the answer."""

    async def exchange() -> Answered:
        pieces = [body[start : start + PIECE] for start in range(0, len(body), PIECE)] or [b""]
        sent: list[Message] = []

        async def receive() -> Message:
            await asyncio.sleep(0)
            if not pieces or (is_gone and len(pieces) == 1):
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        async def send(message: Message) -> None:
            await asyncio.sleep(0)
            sent.append(message)

        scope: dict[str, Any] = {
            "type": "http", "method": method, "path": path, "query_string": b"a=1&b=%20", "http_version": "1.1",
            "scheme": "http", "headers": list(headers), "server": ("127.0.0.1", 8000), "client": ("192.0.2.7", 1234),
        }  # fmt: skip
        bridge = WsgiBridge(app, threads=2, waiting=waiting)
        try:
            await asyncio.wait_for(bridge(scope, receive, send), 20)
        finally:
            bridge.close()
        assert [message["type"] for message in sent] == ["http.response.start"] + ["http.response.body"] * (
            len(sent) - 1
        )
        assert [message.get("more_body", False) for message in sent[1:]] == [True] * (len(sent) - 2) + [False]
        return sent[0]["status"], sent[0]["headers"], [message["body"] for message in sent[1:]]

    return run(exchange())


def test_the_environment_is_what_wsgi_promises() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.update(environ)
        start_response("204 No Content", [("X-One", "1")])
        return []

    headers = [
        (b"host", b"cup.example.org"), (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"x-forwarded-for", b"1.1.1.1"),
        (b"x-forwarded-for", b"2.2.2.2"), (b"content-type", b"text/plain"), (b"hx-request", b"true"),
    ]  # fmt: skip
    status, answered, body = ask(app, path="/ক/x", headers=headers)
    assert (status, answered, b"".join(body)) == (204, [(b"x-one", b"1")], b"")
    wanted = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/ক/x".encode().decode("latin-1"), "QUERY_STRING": "a=1&b=%20",
        "SCRIPT_NAME": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7", "HTTP_HOST": "cup.example.org", "HTTP_COOKIE": "a=1; b=2",
        "HTTP_X_FORWARDED_FOR": "1.1.1.1,2.2.2.2", "CONTENT_TYPE": "text/plain", "HTTP_HX_REQUEST": "true",
        "wsgi.url_scheme": "http",
    }  # fmt: skip
    assert {name: seen[name] for name in wanted} == wanted
    assert seen["wsgi.input"].read() == b""


@pytest.mark.parametrize("size", [0, 10, SMALL_BYTES, SMALL_BYTES + 1, 3_000_000])
def test_an_upload_arrives_whole(size: int) -> None:
    body = bytes(number % 251 for number in range(1000)) * (size // 1000 + 1)
    body = body[:size]

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        digest = hashlib.sha256(environ["wsgi.input"].read()).hexdigest().encode()
        start_response("200 OK", [])
        return [digest]

    headers = [(b"content-length", str(size).encode())]
    status, _, answer = ask(app, method="POST", headers=headers, body=body)
    assert (status, b"".join(answer)) == (200, hashlib.sha256(body).hexdigest().encode())


def test_an_answer_of_one_piece_goes_out_in_one_and_a_long_one_piece_by_piece() -> None:
    def short(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "5")])
        return [b"", b"whole"]

    closed = threading.Event()

    class Long:
        def __iter__(self) -> Iterator[bytes]:
            yield from (b"one", b"two", b"three")

        def close(self) -> None:
            closed.set()

    def long(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Long()

    assert ask(short)[2] == [b"whole"]
    assert ask(long)[2] == [b"one", b"two", b"three"]
    assert closed.is_set()


def test_an_application_that_fails_is_a_500_and_one_that_fails_midway_breaks_off() -> None:
    def failing(_environ: dict[str, Any], _start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise ValueError("before a word")

    def breaking(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield b"one"
        yield b"two"
        raise ValueError("midway")

    assert ask(failing)[0] == 500
    with pytest.raises(ConnectionAbortedError):
        ask(breaking)


def test_a_sender_that_goes_away_midway_ends_the_request() -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"].read()
        start_response("200 OK", [])
        return [b"all of it"]

    headers = [(b"content-length", b"3000000")]
    assert ask(app, method="POST", headers=headers, body=b"x" * 3_000_000, is_gone=True)[0] == 500


def test_who_comes_when_too_many_wait_is_told_to_come_back() -> None:
    def app(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [b"served"]

    status, headers, _ = ask(app, waiting=-2)
    assert (status, dict(headers)[b"retry-after"]) == (503, b"1")
