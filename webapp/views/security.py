"""Security headers of every answer (goal S5), in one place."""

import secrets
from typing import Final

from flask import Flask, Response, g

LARGEST_REQUEST: Final = 1024 * 1024
"""Bytes of a request's body."""
_HSTS: Final = "max-age=63072000; includeSubDomains"
_FIXED: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def init_security(app: Flask, *, production: bool) -> None:
    """Give templates `csp_nonce()` and every answer its headers; HSTS only in production, where there is HTTPS."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    # Of any request; the few addresses that take files raise it for themselves.
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    # Safari before 15.4 does not count sockets of the same host among 'self'.
    sockets = app.config["SETTINGS"].base_url.replace("http", "ws", 1)

    @app.after_request
    def _secure(response: Response) -> Response:
        for name, value in _FIXED.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", _policy(g.get("csp_nonce"), sockets))
        if production:
            response.headers.setdefault("Strict-Transport-Security", _HSTS)
        return response


def csp_nonce() -> str:
    """The nonce of this answer's scripts; made when a template first asks for it."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def _policy(nonce: str | None, sockets: str) -> str:
    """The policy of an answer. Without a nonce it runs no script at all, and is the same for everybody."""
    scripts = f"'nonce-{nonce}' 'strict-dynamic'" if nonce else "'none'"
    return (
        f"default-src 'self'; script-src {scripts}; object-src 'none'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self'; connect-src 'self' {sockets}"
    )
