"""A real SMTP server on a free port, which keeps what it is sent as raw bytes and refuses what a test tells it to."""

import asyncio
import threading
import time
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTP
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Dialogue  # noqa: N811  (the class is named like the protocol)
from aiosmtpd.smtp import Envelope

from tests.servers.web import free_port


class _Keeper:
    def __init__(self) -> None:
        self.received: list[Envelope] = []
        self.times: list[float] = []
        self.sessions: set[int] = set()
        self.answers: dict[str, str] = {}
        self.data_answers: dict[str, str] = {}
        self.held = threading.Event()
        self.let_go = threading.Event()
        self.let_go.set()

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's hook)
        self, _server: Any, _session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(address, self.answers.get("", "250 known"))
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(self, _server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's hook)
        if not self.let_go.is_set():
            self.held.set()
            await asyncio.to_thread(self.let_go.wait)
        answer = self.data_answers.get(envelope.rcpt_tos[0], "250 taken")
        if answer.startswith("2"):
            self.received.append(envelope)
            self.times.append(time.monotonic())
            self.sessions.add(id(session))
        return answer


class _Controller(Controller):
    def factory(self) -> Dialogue:
        return Dialogue(self.handler, ident="a server of the tests", data_size_limit=10_000_000)


class SmtpServer:
    """Takes everything; `answers` and `data_answers` say what it says instead to an address and to its message.

    The address "" stands for all others. `stop` and `start` are an outage; `hold` keeps the next message waiting for
    its answer until `release`.
    """

    def __init__(self) -> None:
        self._keeper = _Keeper()
        self._port = free_port()
        self.url = f"smtp://127.0.0.1:{self._port}"
        self.answers = self._keeper.answers
        self.data_answers = self._keeper.data_answers
        self._controller: _Controller | None = None
        self.start()

    @property
    def messages(self) -> list[tuple[str, Message]]:
        """Every message with the address that it went to."""
        return [(envelope.rcpt_tos[0], message_from_bytes(_raw(envelope))) for envelope in list(self._keeper.received)]

    @property
    def mails(self) -> list[tuple[str, EmailMessage]]:
        """The same, with their parts decoded."""
        return [
            (envelope.rcpt_tos[0], message_from_bytes(_raw(envelope), policy=SMTP))
            for envelope in list(self._keeper.received)
        ]

    @property
    def raw(self) -> list[bytes]:
        return [_raw(envelope) for envelope in list(self._keeper.received)]

    @property
    def times(self) -> list[float]:
        """When each message was taken, by the monotonic clock."""
        return list(self._keeper.times)

    @property
    def connections(self) -> int:
        """Over how many connections the messages came."""
        return len(self._keeper.sessions)

    def forget(self) -> None:
        """What has come so far was looked at."""
        self._keeper.received.clear()
        self._keeper.times.clear()
        self._keeper.sessions.clear()

    def hold(self) -> None:
        """Let the next message wait for its answer."""
        self._keeper.held.clear()
        self._keeper.let_go.clear()

    def release(self) -> None:
        self._keeper.let_go.set()

    def wait_until_held(self, *, seconds: float = 20) -> None:
        assert self._keeper.held.wait(seconds), "no message came"

    def start(self) -> None:
        """Answer on the same port as before."""
        if self._controller is None:
            self._controller = _Controller(self._keeper, hostname="127.0.0.1", port=self._port)
            self._controller.start()

    def stop(self) -> None:
        """Nobody answers any more."""
        self._keeper.let_go.set()
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


def _raw(envelope: Envelope) -> bytes:
    content = envelope.content
    return content if isinstance(content, bytes) else str(content).encode()
