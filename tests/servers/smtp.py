"""A real SMTP server on a free port, which keeps what it is sent as raw bytes."""

from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests.servers.web import free_port


class _Keeper:
    def __init__(self) -> None:
        self.received: list[Envelope] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's hook)
        self.received.append(envelope)
        return "250 taken"


class SmtpServer:
    def __init__(self) -> None:
        self._keeper = _Keeper()
        port = free_port()
        self._controller = Controller(self._keeper, hostname="127.0.0.1", port=port)
        self._controller.start()
        self.url = f"smtp://127.0.0.1:{port}"

    @property
    def messages(self) -> list[tuple[str, Message]]:
        """Every message with the address that it went to."""
        return [(envelope.rcpt_tos[0], message_from_bytes(_raw(envelope))) for envelope in self._keeper.received]

    @property
    def raw(self) -> list[bytes]:
        return [_raw(envelope) for envelope in self._keeper.received]

    def stop(self) -> None:
        if self._controller.server is not None:
            self._controller.stop()


def _raw(envelope: Envelope) -> bytes:
    content = envelope.content
    return content if isinstance(content, bytes) else str(content).encode()
