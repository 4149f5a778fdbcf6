"""Forms that are sent twice, by a double click or an impatient reload, do once what they ask."""

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Final

from flask import Flask, Response, request
from markupsafe import Markup

from webapp.domain.errors import Conflict
from webapp.services.spine import idempotency
from webapp.services.spine.clock import utc_now
from webapp.services.spine.idempotency import Answer, Request
from webapp.views import access
from webapp.views.htmx import see_other

FIELD: Final = "form_key"
_PATIENCE_S: Final = 5.0
_PAUSE_S: Final = 0.05
_PLAIN: Final = "text/plain"


def init_once(app: Flask) -> None:
    """Give templates `form_key()`: the hidden field that tells one form from the next."""
    app.jinja_env.globals["form_key"] = form_key


def form_key() -> Markup:
    """A key of its own for each form that is shown."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, secrets.token_hex(16))


def once(send: Callable[[], str]) -> Response:
    """Do what the form asks, unless the same form with the same content was taken already; go where it leads.

    `send` does it and returns the address to go to; what it raises is raised, and the form may come again. A form that
    was changed meanwhile is another one: that is what going back in the browser and sending it anew means.
    """
    if not request.form.get(FIELD):
        return see_other(send())
    asked = _asked()
    known = _claimed(asked)
    if known is not None:
        return see_other(known.body.decode())
    try:
        url = send()
    except BaseException:
        idempotency.release(asked)
        raise
    idempotency.keep(asked, Answer(303, _PLAIN, url.encode()))
    return see_other(url)


def _asked() -> Request:
    content = sorted((name, values) for name, values in request.form.lists() if name != "csrf_token")
    digest = hashlib.sha256(repr((request.path, content)).encode())
    # The key holds the content's digest, so that a changed form is not taken for a misuse of the first one's key.
    key = f"form:{digest.hexdigest()}"
    return Request(access.actor().user_id or 0, key, request.method, request.path, b"")


def _claimed(asked: Request) -> Answer | None:
    """The answer to the first press, waited for while that one is at work; None when this is the first."""
    give_up_at = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return idempotency.claim(asked, now=utc_now())
        except Conflict:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(_PAUSE_S)
