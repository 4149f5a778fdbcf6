"""Names of receivers whose name server says nothing, or something else every time: nobody else waits for them."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import aiohttp
import pytest

from tests.servers.receiver import Receiver
from webapp.services.webhooks import addresses, http
from webapp.services.webhooks.http import Answer

HANGING = "hangs.example.org"
Sent = Callable[[str], Awaitable[Answer]]


class NameServer:
    """Says that every name is this machine; for one that hangs only when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.answers = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, host: str, _port: int) -> list[str]:
        with self._lock:
            self.asked.append(host)
        if host == HANGING:
            with self._lock:
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            self.answers.wait(20)
            with self._lock:
                self.at_once -= 1
        return ["127.0.0.1"]


@pytest.fixture
def names() -> Iterator[NameServer]:
    names = NameServer()
    addresses.connect(allow_private=True, https_only=False, resolve=names)
    yield names
    names.answers.set()
    addresses.connect(allow_private=False, https_only=False)


def sending(receiver: Receiver, session: aiohttp.ClientSession, *, timeout_s: float) -> Sent:
    def sent(host: str) -> Awaitable[Answer]:
        url = f"http://{host}:{receiver.port}/"
        return asyncio.create_task(http.post(session, url, headers={}, body=b"{}", timeout_s=timeout_s))

    return sent


def test_a_name_server_that_hangs_holds_up_no_other_receiver(names: NameServer, receiver: Receiver) -> None:
    async def all_sent() -> tuple[list[Answer], list[Answer]]:
        async with http.opened() as session:
            slow = [sending(receiver, session, timeout_s=1.0)(HANGING) for _ in range(50)]
            await asyncio.sleep(0.1)
            quick = [sending(receiver, session, timeout_s=5.0)(f"hooks{number}.example.org") for number in range(40)]
            return await asyncio.gather(*quick), await asyncio.gather(*slow)

    arrived, late = asyncio.run(all_sent())
    assert {(answer.status, answer.error) for answer in arrived} == {(200, "")}
    assert max(answer.duration_ms for answer in arrived) < 900
    assert {answer.error for answer in late} == {"timeout"}
    assert (names.asked.count(HANGING), names.most_at_once) == (1, 1)


def test_who_gives_up_ends_the_look_up_of_nobody_else(names: NameServer, receiver: Receiver) -> None:
    async def both_sent() -> tuple[Answer, Answer]:
        async with http.opened() as session:
            hasty = sending(receiver, session, timeout_s=0.2)(HANGING)
            patient = sending(receiver, session, timeout_s=5.0)(HANGING)
            gave_up = await hasty
            names.answers.set()
            return gave_up, await patient

    gave_up, arrived = asyncio.run(both_sent())
    assert (gave_up.error, arrived.status, arrived.error) == ("timeout", 200, "")
    assert names.asked == [HANGING]


def test_a_look_up_that_was_given_up_goes_on_alone_however_often_it_is_tried(
    names: NameServer, receiver: Receiver
) -> None:
    async def all_sent() -> list[str]:
        async with http.opened() as session:
            return [(await sending(receiver, session, timeout_s=0.05)(HANGING)).error for _ in range(5)]

    assert asyncio.run(all_sent()) == ["timeout"] * 5
    assert names.asked == [HANGING]


def test_what_a_look_up_said_is_not_used_again_once_it_has_ended(receiver: Receiver) -> None:
    told = iter([["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]])
    addresses.connect(allow_private=True, https_only=False, resolve=lambda _host, _port: next(told))

    async def one_after_the_other() -> list[str]:
        async with http.opened() as session:
            sent = sending(receiver, session, timeout_s=5.0)
            return [(await sent("rebinding.example.org")).error for _ in range(3)]

    try:
        assert asyncio.run(one_after_the_other()) == ["", "refused_address", ""]
    finally:
        addresses.connect(allow_private=False, https_only=False)


def test_a_name_that_is_not_known_fails_every_attempt_that_waited_for_it(receiver: Receiver) -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        time.sleep(0.2)
        raise OSError("no such name")

    addresses.connect(allow_private=True, https_only=False, resolve=unknown)

    async def both_sent() -> set[str]:
        async with http.opened() as session:
            sent = sending(receiver, session, timeout_s=5.0)
            return {answer.error for answer in await asyncio.gather(*(sent("hooks.example.org") for _ in range(2)))}

    try:
        assert asyncio.run(both_sent()) == {"name"}
    finally:
        addresses.connect(allow_private=False, https_only=False)


def test_one_that_still_hangs_at_the_end_leaves_no_trouble_behind(
    names: NameServer, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    async def given_up() -> None:
        async with http.opened() as session:
            await sending(receiver, session, timeout_s=0.05)(HANGING)

    asyncio.run(given_up())
    names.answers.set()
    give_up_at = time.monotonic() + 5
    while names.at_once and time.monotonic() < give_up_at:
        time.sleep(0.01)
    time.sleep(0.1)
    assert caplog.text == ""
