"""Polls on the loop: what memory may answer, what goes to a thread, and that one goes for many."""

import asyncio
from typing import Any

import pytest

from tests.realtime.loops import run
from webapp.realtime.fragments import KeptFragments
from webapp.realtime.wsgi_bridge import Message
from webapp.views.fragment_layer import STATE_HEADER, FragmentLayer

PATH = "/spectator/tournaments/7/leaderboard/fragment/"
POLL = [(b"host", b"cup.example.org"), (b"hx-request", b"true")]


class Site:
    """A layer over an application that counts, and threads that take a moment."""

    def __init__(self, *, proxies: int = 0) -> None:
        self.asked = 0
        self.state = "1-1111-abcd"
        self.generation = 0
        self.now = 100.0
        self.sent: list[list[Message]] = []
        self.layer = FragmentLayer(self._application, lambda _: self.state, lambda: self.generation, lambda: self.now)
        self.kept = KeptFragments(self.layer, self._in_a_thread, proxies)

    def _application(self, _environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(
            "200 OK", [("ETag", f'"{self.state}-x"'), ("Content-Length", "5"), (STATE_HEADER, f"7:{self.state}")]
        )
        return [b"board"]

    async def _in_a_thread(self, scope: Any, _receive: Any, send: Any) -> None:
        self.asked += 1
        await asyncio.sleep(0.01)
        headers = dict(scope["headers"])
        environ = {
            "REQUEST_METHOD": scope["method"], "PATH_INFO": scope["path"], "QUERY_STRING": "",
            "HTTP_HX_REQUEST": headers.get(b"hx-request", b"").decode(), "HTTP_HOST": "cup.example.org",
        }  # fmt: skip
        body = b"".join(self.layer(environ, lambda *_: lambda _: None))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def get(self, *more: tuple[bytes, bytes], method: str = "GET", path: str = PATH) -> tuple[int, bytes]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"method": method, "path": path, "query_string": b"", "headers": [*POLL, *more]}
        await self.kept(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]


def test_polls_are_answered_from_memory_while_the_state_is_trusted() -> None:
    async def test() -> None:
        site = Site()
        assert [await site.get() for _ in range(3)] == [(200, b"board")] * 3
        assert await site.get((b"if-none-match", b'"1-1111-abcd-x"')) == (304, b"")
        assert await site.get((b"if-none-match", b'"older"')) == (200, b"board")
        assert site.asked == 1
        site.now += 1
        await site.get()
        site.generation += 1
        await site.get()
        assert site.asked == 3

    run(test())


@pytest.mark.parametrize(
    ("method", "path", "header"),
    [
        ("POST", PATH, (b"x", b"y")), ("HEAD", PATH, (b"x", b"y")), ("GET", "/tournaments/", (b"x", b"y")),
        ("GET", PATH, (b"hx-history-restore-request", b"true")), ("GET", PATH, (b"hx-request", b"false")),
    ],
)  # fmt: skip
def test_what_is_no_poll_is_never_answered_from_memory(method: str, path: str, header: tuple[bytes, bytes]) -> None:
    async def test() -> None:
        site = Site()
        await site.get()
        await site.get(header, method=method, path=path)
        assert site.asked == 2

    run(test())


def test_one_asks_for_all_who_come_meanwhile() -> None:
    async def test() -> None:
        site = Site()
        assert set(await asyncio.gather(*(site.get() for _ in range(200)))) == {(200, b"board")}
        assert site.asked == 1
        site.now += 1
        site.state = "2-1111-abcd"
        answers = await asyncio.gather(*(site.get((b"if-none-match", b'"1-1111-abcd-x"')) for _ in range(200)))
        assert set(answers) == {(200, b"board")}
        assert site.asked == 2

    run(test())


def test_the_host_is_the_one_that_trusted_proxies_name() -> None:
    async def test() -> None:
        site = Site(proxies=1)
        await site.get((b"x-forwarded-host", b"evil.example, cup.example.org"))
        await site.get((b"x-forwarded-host", b"cup.example.org"))
        assert site.asked == 1

    run(test())
