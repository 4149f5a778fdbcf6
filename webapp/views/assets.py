"""Addresses of static files: each carries the hash of its content, so that browsers may keep it for ever."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, current_app, request, url_for

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_FOR_A_DAY: Final = "public, max-age=86400"
_UNVERSIONED_FONTS: Final = ".woff2"


def init_assets(app: Flask) -> None:
    """Give templates `asset(path)` and static files their caching headers."""
    app.jinja_env.globals["asset"] = asset

    @app.after_request
    def _keep_static(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in {200, 304}:
            if "v" in request.args:
                response.headers["Cache-Control"] = _FOR_EVER
            elif request.path.endswith(_UNVERSIONED_FONTS):
                # Style sheets name fonts without a version; a vendored font changes its name when it changes.
                response.headers["Cache-Control"] = _FOR_A_DAY
        return response


def asset(path: str, *, versioned: bool = True) -> str:
    """The address of a file under `static/`; `versioned=False` is for what style sheets name by the same address."""
    if not versioned:
        return url_for("static", filename=path)
    file = Path(str(current_app.static_folder)) / path
    return url_for("static", filename=path, v=_fingerprint(file, file.stat().st_mtime_ns))


@cache
def _fingerprint(file: Path, _modified_ns: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
