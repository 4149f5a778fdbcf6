"""Forms are taken only from our own pages (goal S4): a token in every form and in every request of htmx."""

from typing import Final

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect

from webapp.views import access

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_COOKIELESS = "/api/token/"
"""There no cookie is read and none is set: nobody gains by making a browser of somebody else ask."""
_ONE_CLICK: Final = frozenset({"unsubscribe.stop"})
"""What programs for mail ask for by themselves (RFC 8058): a signed address says all, and no cookie counts."""


def init_csrf(app: Flask, *, production: bool) -> None:
    """Refuse every unsafe request without its token, but for programs that come with a token of their own."""
    app.config.update(
        # The cookie holds the forms' token and messages for the next page; who is logged in is a row (access.py).
        SESSION_COOKIE_NAME="__Host-dc_form" if production else "dc_form",
        SESSION_COOKIE_SECURE=production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # A page that was open all night must still be taken.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    csrf = CSRFProtect(app)

    @app.before_request
    def _protect() -> None:
        # An address that is not there, or does not do that, says so itself.
        if request.endpoint and request.method not in _SAFE and _acts_for_a_browser():
            csrf.protect()


def _acts_for_a_browser() -> bool:
    """Whether a page of somebody else could make a browser ask this: not with a token, nor where no cookie counts."""
    if request.endpoint in _ONE_CLICK:
        return False
    if not request.path.startswith("/api/"):
        return True
    if access.is_bearer() or request.path.startswith(_COOKIELESS):
        return False
    return access.person() is not None
