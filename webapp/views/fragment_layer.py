"""A small WSGI layer ahead of Flask that answers polls of public fragments from memory.

Thousands of spectators ask for the same bytes every few seconds. The layer keeps the last answer to each such request
and the state of the tournament it shows; while that state stands, it answers by itself, with 304 where the reader has
the bytes already. What it may keep, and as of which state, the view says in the header `X-Fragment-State`
(`tournament id:state`), which never leaves the house. docs/decisions/0004-fragment-layer.md has reasons and figures.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

STATE_HEADER: Final = "X-Fragment-State"
TRUSTED_FOR_S: Final = 0.25
"""How long an answer is given without asking whether the tournament moved on; `max-age` allows any proxy a second."""
KEPT: Final = 2000

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Headers = list[tuple[str, str]]
Key = tuple[str, str, str]
"""Path, query and host: what makes two requests the same."""


@dataclass(slots=True)
class Answer:
    """A kept answer. `state` is the tournament's at the time; `trusted_until` is on the clock of the layer."""

    tournament_id: int
    state: str
    etag: str
    headers: Headers
    headers_unchanged: Headers
    body: bytes
    trusted_until: float
    generation: int = -1
    prepared: Any = None
    """What a server has made of the answer, to give it faster the next time."""


class FragmentLayer:
    """Wraps a WSGI application.

    `state_of` gives a tournament's present state, or None when it cannot be shown; `generation` grows with every commit
    of this process, after which nothing is trusted unasked. `count` is called for each answer given from memory.
    """

    def __init__(
        self,
        app: Callable[[Environ, StartResponse], Iterable[bytes]],
        state_of: Callable[[int], str | None],
        generation: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
        count: Callable[[], None] = lambda: None,
    ) -> None:
        self._app = app
        self._state_of = state_of
        self._generation = generation
        self._clock = clock
        self._count = count
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory, or let the application answer and keep what it gives."""
        key = _key(environ)
        if key is None:
            return self._app(environ, start_response)
        answer = self._answers.get(key)
        if answer is None or not self._still_right(key, answer):
            answer, body = self._ask(key, environ, start_response)
            if answer is None:
                return (body,)
        else:
            self._count()
        # A server may change the list of headers that it is given.
        if has_it(environ.get("HTTP_IF_NONE_MATCH"), answer.etag):
            start_response("304 NOT MODIFIED", list(answer.headers_unchanged))
            return ()
        start_response("200 OK", list(answer.headers))
        return (answer.body,)

    def kept(self, path: str, query: str, host: str) -> Answer | None:
        """An answer that may be given without asking anybody; None where the state must be asked for first."""
        answer = self._answers.get((path, query, host))
        if answer is None or answer.generation != self._generation() or self._clock() >= answer.trusted_until:
            return None
        self._count()
        return answer

    def forget(self) -> None:
        """Keep nothing of what was answered so far."""
        with self._lock:
            self._answers.clear()

    def _still_right(self, key: Key, answer: Answer) -> bool:
        now = self._clock()
        generation = self._generation()
        if now < answer.trusted_until and answer.generation == generation:
            return True
        if self._state_of(answer.tournament_id) != answer.state:
            return False
        answer.trusted_until, answer.generation = now + TRUSTED_FOR_S, generation
        with self._lock:
            if key in self._answers:
                # What is asked for all the time stays, whatever else is asked for once.
                self._answers.move_to_end(key)
        return True

    def _ask(self, key: Key, environ: Environ, start_response: StartResponse) -> tuple[Answer | None, bytes]:
        """The application's answer to be kept, or None and its body where it must not be; then it has been started."""
        # The application must give the whole answer, to be kept, whatever this one reader has already.
        if_none_match = environ.pop("HTTP_IF_NONE_MATCH", None)
        # As of before the question: a commit while it is answered may be in the answer or not.
        generation, before = self._generation(), self._answers.get(key)
        heard: list[tuple[str, Headers]] = []

        def listen(status: str, headers: Headers, _exc_info: Any = None) -> Callable[[bytes], object]:
            heard[:] = [(status, headers)]
            return lambda _: None

        chunks = self._app(environ, listen)
        try:
            body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        if if_none_match is not None:
            environ["HTTP_IF_NONE_MATCH"] = if_none_match
        status, headers = heard[0]
        answer = _answer(status, headers, body, self._clock() + TRUSTED_FOR_S)
        if answer is None:
            return None, _passed_on(status, headers, body, if_none_match, start_response)
        with self._lock:
            # Where somebody else has kept an answer meanwhile, nobody knows which is newer: it must be asked for first.
            answer.generation = generation if self._answers.get(key) is before else -1
            self._answers[key] = answer
            self._answers.move_to_end(key)
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return answer, body


def _passed_on(
    status: str, headers: Headers, body: bytes, if_none_match: str | None, start_response: StartResponse
) -> bytes:
    """Give what is not kept to the one who asked: with 304 where that reader has it."""
    shown = [pair for pair in headers if pair[0] != STATE_HEADER]
    etag = next((value for name, value in shown if name.lower() == "etag"), None)
    if status.startswith("200") and etag is not None and has_it(if_none_match, etag):
        start_response("304 NOT MODIFIED", [pair for pair in shown if not pair[0].lower().startswith("content-")])
        return b""
    start_response(status, shown)
    return body


def _key(environ: Environ) -> Key | None:
    """The request's key; None for what is not a fragment request of a browser's HTMX."""
    if environ.get("REQUEST_METHOD") != "GET" or environ.get("HTTP_HX_REQUEST") != "true":
        return None
    if "HTTP_HX_HISTORY_RESTORE_REQUEST" in environ or not environ["PATH_INFO"].endswith("/fragment/"):
        return None
    return environ["PATH_INFO"], environ.get("QUERY_STRING", ""), environ.get("HTTP_HOST", "")


def _answer(status: str, headers: Headers, body: bytes, trusted_until: float) -> Answer | None:
    found = {name.lower(): value for name, value in headers}
    state_header = found.get(STATE_HEADER.lower())
    if not status.startswith("200") or state_header is None or "set-cookie" in found:
        return None
    tournament_id, _, state = state_header.partition(":")
    public = [pair for pair in headers if pair[0].lower() not in (STATE_HEADER.lower(), "x-request-id")]
    unchanged = [pair for pair in public if not pair[0].lower().startswith("content-")]
    return Answer(int(tournament_id), state, found["etag"], public, unchanged, body, trusted_until)


def has_it(if_none_match: str | None, etag: str) -> bool:
    """Whether the reader has it, by RFC 9110, 13.1.2: `*` or a list of tags, compared weakly."""
    if not if_none_match:
        return False
    if if_none_match in (etag, "*"):
        return True
    return any(tag.strip().removeprefix("W/") == etag for tag in if_none_match.split(","))
