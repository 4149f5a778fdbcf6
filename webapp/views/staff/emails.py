"""Every mail of the site, looked at before anybody gets it."""

from typing import Final

from flask import Response, make_response, request

from webapp.services.staff_pages import email_previews
from webapp.views import access
from webapp.views.htmx import page
from webapp.views.security import csp_nonce

_POLICY: Final = (
    "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""Of a mail in its frame: its own styles and nothing else, neither scripts nor anything from elsewhere."""


@access.open_to(access.ADMIN)
def emails() -> Response:
    """All of them by area."""
    return page("staff/emails.html", areas=email_previews.listed())


@access.open_to(access.ADMIN)
def email(name: str) -> Response:
    """One of them: subject, HTML in a frame, plain text."""
    found = email_previews.read(name)
    return page("staff/email.html", mail=found, theme=_theme(), themes=email_previews.THEMES)


@access.open_to(access.ADMIN)
def email_html(name: str) -> Response:
    """Its HTML alone, for the frame. Styles stand in one element, which the policy knows by its nonce."""
    answer = make_response(email_previews.read_html(name, theme=_theme(), nonce=csp_nonce()))
    answer.headers["Content-Security-Policy"] = _POLICY.format(nonce=csp_nonce())
    return answer


def _theme() -> str:
    wanted = request.args.get("theme", "")
    return wanted if wanted in email_previews.THEMES else email_previews.THEMES[0]
