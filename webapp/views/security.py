"""Security headers of every answer (goal S5), in one place."""

import secrets
from typing import Final

from flask import Flask, Response, g, request

LARGEST_REQUEST: Final = 1024 * 1024
"""Bytes of a request's body."""
_HSTS: Final = "max-age=63072000; includeSubDomains"
_FIXED: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
EMBEDS: Final = "/embed/"
OVERLAYS: Final = "/overlay/"
_FRAMED_BY: Final = {EMBEDS: "*", OVERLAYS: "'self'"}
"""Who may put a page into a frame of theirs, by what its path begins with: everybody else's pages, our own previews."""


def init_security(app: Flask, *, production: bool) -> None:
    """Give templates `csp_nonce()` and every answer its headers; HSTS only in production, where there is HTTPS."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    # Of any request; the few addresses that take files raise it for themselves.
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    # Safari before 15.4 does not count sockets of the same host among 'self'.
    sockets = app.config["SETTINGS"].base_url.replace("http", "ws", 1)

    @app.after_request
    def _secure(response: Response) -> Response:
        if request.path.startswith(OVERLAYS):
            # The address of an overlay may hold the secret that opens it.
            response.headers["Referrer-Policy"] = "no-referrer"
        for name, value in _FIXED.items():
            response.headers.setdefault(name, value)
        policy = _policy(g.get("csp_nonce"), sockets, _framed_by(request.path))
        response.headers.setdefault("Content-Security-Policy", policy)
        if production:
            response.headers.setdefault("Strict-Transport-Security", _HSTS)
        return response


def csp_nonce() -> str:
    """The nonce of this answer's scripts; made when a template first asks for it."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def _framed_by(path: str) -> str:
    return next((who for prefix, who in _FRAMED_BY.items() if path.startswith(prefix)), "'none'")


def _policy(nonce: str | None, sockets: str, framed_by: str) -> str:
    """The policy of an answer. Without a nonce it runs no script at all, and is the same for everybody."""
    scripts = f"'nonce-{nonce}' 'strict-dynamic'" if nonce else "'none'"
    return (
        f"default-src 'self'; script-src {scripts}; object-src 'none'; base-uri 'none'; "
        f"frame-ancestors {framed_by}; form-action 'self'; connect-src 'self' {sockets}"
    )
