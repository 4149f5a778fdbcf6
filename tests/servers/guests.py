"""An application served by a thread for each request, of which none is left when the test is over."""

import contextlib
import threading
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wsgi import ClosingIterator

LAST_S: Final = 60.0


class Guests:
    """Requests to an application, each answered in one piece.

    Werkzeug's server leaves an answer open whose reader goes away while it is sent; a closed one it cannot leave. It also
    leaves its threads behind: one that asked a database after its test would leave its connection to the next test, which
    would find in it what is no longer there.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._changed = threading.Condition()
        self._inside = 0
        self._open = True

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        with self._changed:
            if not self._open:
                start_response("503 Service Unavailable", [])
                return []
            self._inside += 1
        try:
            with contextlib.closing(ClosingIterator(self._app(environ, start_response))) as chunks:
                return [b"".join(chunks)]
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def leave(self) -> None:
        """Let nobody in any more and wait until all have left."""
        with self._changed:
            self._open = False
            assert self._changed.wait_for(lambda: self._inside == 0, LAST_S), "a request does not end"
