"""The overlays as pages, and the part of each that keeps itself current."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from flask import Response, make_response, render_template, request, url_for

from webapp.domain.overlay_options import OverlayOptions, WrongOption, parse_options
from webapp.languages import DEFAULT, language
from webapp.services.live import rooms
from webapp.services.pages.overlay_reads import MOST_ROTATED, read_overlay, read_scoreboard_overlay
from webapp.services.pages.overlay_view import OverlayKind, OverlayView
from webapp.services.spine.clock import utc_now
from webapp.views import access, fragments
from webapp.views.htmx import wants_fragment
from webapp.views.locales import PARAMETER
from webapp.views.overlay.admission import brings_token, is_admitted, is_preview

DEFAULTS: Final = {
    "leaderboard": OverlayOptions(),
    "ticker": OverlayOptions(rows=25),
    "match-point": OverlayOptions(),
    "next-match": OverlayOptions(),
    "bracket": OverlayOptions(),
    "scoreboard": OverlayOptions(rows=8),
}
"""How each overlay looks unless its address says otherwise."""


class Asked(NamedTuple):
    """One overlay as it was asked for."""

    name: str
    options: OverlayOptions
    wrong: tuple[WrongOption, ...]
    is_admitted: bool
    is_preview: bool


@access.open_to(access.EVERYBODY)
def tournament(tournament_id: int, kind: str) -> Response:
    """An overlay of a tournament, for streaming software."""
    asked = _asked(kind, tournament_id)
    source = url_for("overlay.tournament_fragment", tournament_id=tournament_id, kind=kind, **_query(asked))
    return _page(asked, _read(tournament_id, asked), source, f"/ws/tournament/{tournament_id}/")


@access.open_to(access.EVERYBODY)
def tournament_fragment(tournament_id: int, kind: str) -> Response:
    """What that overlay shows, alone, for its script; the whole page for everybody else."""
    if not _wants_part():
        return tournament(tournament_id, kind)
    asked = _asked(kind, tournament_id)
    return _part(asked, lambda: _read(tournament_id, asked))


@access.open_to(access.EVERYBODY)
def scoreboard(match_id: int) -> Response:
    """The score of a match, for streaming software."""
    asked = _asked("scoreboard", rooms.tournament_of_match(match_id) or 0)
    source = url_for("overlay.scoreboard_fragment", match_id=match_id, **_query(asked))
    return _page(
        asked, read_scoreboard_overlay(match_id, is_admitted=asked.is_admitted), source, f"/ws/match/{match_id}/"
    )


@access.open_to(access.EVERYBODY)
def scoreboard_fragment(match_id: int) -> Response:
    """That score alone, for its script; the whole page for everybody else."""
    if not _wants_part():
        return scoreboard(match_id)
    asked = _asked("scoreboard", rooms.tournament_of_match(match_id) or 0)
    return _part(asked, lambda: read_scoreboard_overlay(match_id, is_admitted=asked.is_admitted))


def _asked(name: str, tournament_id: int) -> Asked:
    options, wrong = parse_options(request.args, DEFAULTS[name])
    return Asked(name, options, wrong, is_admitted(tournament_id), is_preview())


def _read(tournament_id: int, asked: Asked) -> OverlayView:
    rows = MOST_ROTATED if asked.options.rotate_s and asked.name == "leaderboard" else asked.options.rows
    return read_overlay(tournament_id, OverlayKind(asked.name), rows=rows, is_admitted=asked.is_admitted, now=utc_now())


def _query(asked: Asked) -> dict[str, Any]:
    """What the address of the part must say to look like this page; never the secret of a link."""
    options, defaults = asked.options, DEFAULTS[asked.name]
    values: dict[str, tuple[str | int, str | int]] = {
        "theme": (options.theme, defaults.theme),
        "rows": (options.rows, defaults.rows),
        "rotate": (options.rotate_s, defaults.rotate_s),
        "preview": (int(asked.is_preview), 0),
        PARAMETER: (language(), DEFAULT),
    }
    return {name: value for name, (value, default) in values.items() if value != default}


def _wants_part() -> bool:
    """A part that a link opens is asked for past the memory of what everybody may see."""
    return wants_fragment() or "Authorization" in request.headers


def _page(asked: Asked, view: OverlayView, source: str, socket: str) -> Response:
    response = make_response(render_template("overlay/page.html", asked=asked, view=view, source=source, socket=socket))
    # With a link's secret in its address nobody may keep it.
    response.headers["Cache-Control"] = "no-store" if brings_token() else "private, no-cache"
    return response


def _part(asked: Asked, read: Callable[[], OverlayView]) -> Response:
    def render(view: OverlayView) -> str:
        return render_template("overlay/_stage.html", asked=asked, view=view)

    if not asked.is_admitted:
        return fragments.respond(read, render)
    response = make_response(render(read()))
    response.headers["Cache-Control"] = "no-store"
    return response
