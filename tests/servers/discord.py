"""Discord as its webhooks behave: its limits of messages and of speed, and its refusals, on a port of this machine.

Limits and answers as documented at https://docs.discord.com/developers (topics/rate-limits, resources/webhook,
resources/message#embed-object) and seen in use: five messages in two seconds, counted here over any two seconds.
"""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from tests.servers.receiver import Answer, Received, Receiver, status

WEBHOOK_ID: Final = "1234567890123456789"
TOKEN: Final = "Zy_quelea-canary-token-" + "t" * 45
AT_ONCE: Final = 5
WITHIN_S: Final = 2.0
_PATH: Final = re.compile(r"/api/webhooks/(\d+)/([\w-]+)")
_MESSAGE_FIELDS: Final = {"content", "username", "avatar_url", "tts", "embeds", "allowed_mentions"}
_EMBED_LIMITS: Final = {"title": 256, "description": 4096}
_ALL_TEXT_AT_MOST: Final = 6000
_COLOURS: Final = 0xFFFFFF


class DiscordServer:
    """One Discord, in which every webhook exists whose token is `TOKEN`."""

    def __init__(self, *, at_once: int = AT_ONCE, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once, self._clock = at_once, clock
        self.receiver = Receiver()
        self.receiver.behave("", self._answer)
        self.messages: list[dict[str, Any]] = []
        """What was taken, in its order."""
        self.answers: list[int] = []
        """The status of every answer."""
        self.removed: set[str] = set()
        """Webhooks that are gone."""
        self._taken: dict[str, deque[float]] = {}
        self._ordered: deque[Answer] = deque()
        self._lock = threading.Lock()

    def url(self, webhook_id: str = WEBHOOK_ID, token: str = TOKEN) -> str:
        """The address of a webhook."""
        return f"{self.receiver.url}/api/webhooks/{webhook_id}/{token}"

    @property
    def embeds(self) -> list[dict[str, Any]]:
        """The embeds of what was taken."""
        return [embed for message in self.messages for embed in message["embeds"]]

    def next_answers(self, *answers: Answer) -> None:
        """Answer the next requests so, whatever they are."""
        with self._lock:
            self._ordered.extend(answers)

    def wait_for(self, count: int, *, seconds: float = 10) -> None:
        """Return once so many requests have come."""
        self.receiver.wait_for(count, seconds=seconds)

    def stop(self) -> None:
        """End it."""
        self.receiver.stop()

    def _answer(self, request: Received) -> Answer:
        with self._lock:
            answer = self._ordered.popleft() if self._ordered else self._judged(request)
            self.answers.append(answer.code)
            return answer

    def _judged(self, request: Received) -> Answer:
        found = _PATH.fullmatch(request.path.partition("?")[0])
        if found is None or found[1] in self.removed:
            return _error(404, 10015, "Unknown Webhook")
        if found[2] != TOKEN:
            return _error(401, 50027, "Invalid Webhook Token")
        now, taken = self._clock(), self._taken.setdefault(found[1], deque())
        while taken and now - taken[0] >= WITHIN_S:
            taken.popleft()
        if len(taken) >= self._at_once:
            return _too_many(WITHIN_S - (now - taken[0]))
        taken.append(now)
        problem = problem_of(request)
        if problem:
            return _error(400, 50035, problem)
        self.messages.append(json.loads(request.body))
        return status(204, headers=_limits(self._at_once - len(taken), WITHIN_S - (now - taken[0])))


def problem_of(request: Received) -> str:
    """What Discord would not take about a message; empty when nothing."""
    if request.method != "POST" or not request.headers.get("content-type", "").startswith("application/json"):
        return "Expected a JSON body"
    message = json.loads(request.body)
    if not isinstance(message, dict) or not message.keys() <= _MESSAGE_FIELDS:
        return "Unknown fields"
    embeds = message.get("embeds", [])
    if not (message.get("content") or embeds) or len(embeds) > 10:
        return "Cannot send an empty message"
    problems = [_embed_problem(embed) for embed in embeds]
    return next(filter(None, problems), "")


def _embed_problem(embed: dict[str, Any]) -> str:
    too_long = [name for name, limit in _EMBED_LIMITS.items() if _length(embed.get(name, "")) > limit]
    footer = embed.get("footer", {}).get("text", "")
    if too_long or _length(footer) > 2048:
        return f"Must be shorter: {too_long or 'footer'}"
    texts = [embed.get("title", ""), embed.get("description", ""), footer]
    if sum(map(_length, texts)) > _ALL_TEXT_AT_MOST:
        return "Embed size exceeds maximum size of 6000"
    if not str(embed.get("url", "https://")).startswith(("http://", "https://")):
        return "Scheme must be one of ('http', 'https')"
    return "" if 0 <= embed.get("color", 0) <= _COLOURS else "int value should be less than 16777216"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _limits(remaining: int, reset_after_s: float) -> dict[str, str]:
    return {
        "X-RateLimit-Bucket": "c9d2f5", "X-RateLimit-Limit": str(AT_ONCE), "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset-After": f"{reset_after_s:.3f}",
    }  # fmt: skip


def _too_many(wait_s: float) -> Answer:
    body = {"message": "You are being rate limited.", "retry_after": round(wait_s, 3), "global": False}
    headers = {**_limits(0, wait_s), "Retry-After": str(max(1, round(wait_s))), "Content-Type": "application/json"}
    return status(429, json.dumps(body).encode(), headers)


def _error(code: int, number: int, message: str) -> Answer:
    body = json.dumps({"message": message, "code": number}).encode()
    return status(code, body, {"Content-Type": "application/json"})
