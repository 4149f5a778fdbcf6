"""A tournament's board as it was, version by version."""

from hashlib import sha256
from typing import Final

from flask import Response, current_app, make_response, render_template, request

from webapp.domain.errors import NotFound
from webapp.domain.wording import worded
from webapp.services.operations import cache, cache_epochs, flags
from webapp.services.pages.replay_reads import read_frame, read_replay
from webapp.services.pages.tournament_reads import ensure_visible
from webapp.services.spine.clock import utc_now
from webapp.views import access, locales
from webapp.views.htmx import page, wants_fragment
from webapp.views.spectator.tournament import PUBLIC

_NEVER_CHANGES: Final = "public, max-age=86400, immutable"
_HIGHEST_VERSION: Final = 2**31 - 1


@access.open_to(access.EVERYBODY)
def replay(tournament_id: int) -> Response:
    """The board at the version that the address names, by default the newest, and the way to every other."""
    view = read_replay(tournament_id, _version(), audience=PUBLIC, page=_page_number(), now=utc_now())
    return page("spectator/replay.html", view=view, build=current_app.extensions["build_tag"])


@access.open_to(access.EVERYBODY)
def replay_frame(tournament_id: int) -> Response:
    """The board at a version alone for scripts, the whole page for everybody else. What it shows never changes."""
    version, number = _version(), _page_number()
    if not wants_fragment() or version is None:
        return replay(tournament_id)
    ensure_visible(tournament_id)
    body, _ = cache.through(
        f"frame:{tournament_id}:{version}:{number}:{_made_by(tournament_id)}",
        ttl_s=cache.TOURNAMENT_TTL_S,
        compute=lambda: _rendered(tournament_id, version, number),
    )
    response = make_response(body)
    response.set_etag(sha256(body).hexdigest()[:16])
    response.headers["Cache-Control"] = _NEVER_CHANGES
    response.vary.add("HX-Request")
    response.make_conditional(request)
    return response


def _rendered(tournament_id: int, version: int, number: int) -> bytes:
    frame = read_frame(tournament_id, version, audience=PUBLIC, page=number, now=utc_now())
    with locales.of_address():
        return render_template("spectator/_replay_frame.html", frame=frame).encode()


def _made_by(tournament_id: int) -> str:
    """What the bytes of a frame depend on beside the version that it shows."""
    epoch = cache_epochs.of_tournament(tournament_id)
    return f"{locales.language_of_address()}:{flags.board_flags()}:{current_app.extensions['build_tag']}:{epoch}"


def _version() -> int | None:
    """The version that the address names. Raises NotFound for what is no number of one."""
    given = request.args.get("at", "")
    if not given:
        return None
    if not given.isascii() or not given.isdecimal() or int(given[:11]) > _HIGHEST_VERSION:
        raise NotFound(worded("The board has no such version."), code="version_not_found")
    return int(given)


def _page_number() -> int:
    return request.args.get("page", 1, type=int)
