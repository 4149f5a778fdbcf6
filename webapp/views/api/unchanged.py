"""Answers that the caller has already: 304, decided before anybody looks who is asking.

The tag of an answer is a keyed hash of its address and of all that it is made of. Nobody can guess one: who brings it
has had that very answer, and learns only that nothing has changed.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from flask import Flask, Response, current_app, make_response, request

from webapp.services.live import heads
from webapp.services.operations import flags
from webapp.views import access

_NEVER: Final = "never"


def init_unchanged(app: Flask) -> None:
    """Answer ahead of the doors, so that an unchanged poll loads no user."""
    ahead = app.before_request_funcs.setdefault(None, [])
    ahead.insert(ahead.index(access._check_door), _answer_if_unchanged)  # noqa: SLF001  (Flask has no “before that one”)


def by_log(view: Callable[..., Response]) -> Callable[..., Response]:
    """Mark a view whose answers depend on nothing but a tournament's log, its flags and the address."""
    view.follows_log = True  # type: ignore[attr-defined]  # a mark on the function, read here
    return view


def tag(response: Response) -> Response:
    """Give an answer of such a view its tag, as of the state that stood before it was made."""
    etag = request.environ.get(_STATE)
    if etag is not None and response.status_code == 200:
        # Weak: of two answers for one state one may say that it came from the cache, the other that it did not.
        response.set_etag(etag, weak=True)
    return response


_STATE: Final = "deltacrown.etag"


def _answer_if_unchanged() -> Response | None:
    if request.method not in {"GET", "HEAD"} or request.endpoint is None:
        return None
    view = current_app.view_functions.get(request.endpoint)
    tournament_id = (request.view_args or {}).get("tournament_id")
    if tournament_id is None or not getattr(view, "follows_log", False):
        return None
    etag = _tag_now(tournament_id)
    request.environ[_STATE] = etag
    if etag is None or not flags.is_on("LEADERBOARDS_API_ENABLED"):
        return None
    # “*” would be true of anything that is there, also for somebody who may not know of it.
    if not (request.if_none_match.is_weak(etag) or request.if_none_match.is_strong(etag)):
        return None
    response = make_response(b"", 304)
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _tag_now(tournament_id: int) -> str | None:
    number = heads.current(tournament_id)
    if number is None:
        return None
    state = f"{number} {flags.board_flags()} {current_app.extensions['build_tag']} {request.path}?"
    asked = state.encode() + request.query_string
    return hmac.new(str(current_app.config["SECRET_KEY"]).encode(), asked, sha256).hexdigest()[:32]
