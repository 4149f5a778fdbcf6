"""A room of sockets played by a test, in the place of the server's: what the page is told, and how it is sent away."""

import json
from typing import Any

from playwright.sync_api import Page, WebSocketRoute


class PlayedRoom:
    """Every socket that the page opens ends here. `refusal` is what it hears and is closed with, instead of a greeting."""

    def __init__(self, page: Page, *, seq: int, tournament_id: int = 1) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.said: list[dict[str, Any]] = []
        self.seq, self.tournament_id = seq, tournament_id
        self.refusal: tuple[int, dict[str, Any] | None] | None = None
        page.route_web_socket("**/ws/**", self._welcome)

    def _welcome(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self.said.append(json.loads(text)))
        if self.refusal is None:
            self.tell("hello", role="spectator", version=1, heartbeat_s=25)
            return
        code, complaint = self.refusal
        if complaint is not None:
            self.tell("error", **complaint)
        socket.close(code=code)

    def tell(self, message_type: str, **fields: Any) -> None:
        """Say something to the newest socket."""
        envelope = {
            "type": message_type,
            "seq": self.seq,
            "tournament_id": self.tournament_id,
            "at": "2026-03-01T12:00:00Z",
        }
        self.sockets[-1].send(json.dumps(envelope | fields))

    def announce(self, message_type: str, **fields: Any) -> None:
        """The next number of the log."""
        self.seq += 1
        self.tell(message_type, **fields)
