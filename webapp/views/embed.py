"""A board inside somebody else's page. It reads no cookie and sets none: it is the same for everybody."""

from typing import Final

from flask import Blueprint, Flask, Response, make_response, render_template, request

from webapp.services.pages.overlay_reads import read_embed
from webapp.services.pages.overlay_view import OverlayView
from webapp.services.spine.clock import utc_now
from webapp.views import access, fragments
from webapp.views.htmx import wants_fragment

ROWS: Final = 10
THEMES: Final = ("light", "dark")
"""What `?theme=` may say; without it the embedded board looks as its reader's system does."""

bp = Blueprint("embed", __name__, url_prefix="/embed")


@access.open_to(access.EVERYBODY)
def tournament(tournament_id: int) -> Response:
    """The first rows of a board and the next match, for an iframe."""
    view = read_embed(tournament_id, rows=ROWS, now=utc_now())
    theme = request.args.get("theme")
    response = make_response(render_template("embed/page.html", view=view, theme=theme if theme in THEMES else None))
    response.headers["Cache-Control"] = "no-cache"
    return response


@access.open_to(access.EVERYBODY)
def tournament_fragment(tournament_id: int) -> Response:
    """That part of it which keeps itself current; the whole page for everybody but its script."""
    if not wants_fragment():
        return tournament(tournament_id)

    def read() -> OverlayView:
        return read_embed(tournament_id, rows=ROWS, now=utc_now())

    return fragments.respond(read, lambda view: render_template("embed/_board.html", view=view))


_TOURNAMENT: Final = "/tournaments/<int(max=2147483647):tournament_id>/"
bp.add_url_rule(_TOURNAMENT, "tournament", tournament)
bp.add_url_rule(_TOURNAMENT + "fragment/", "tournament_fragment", tournament_fragment)


def register(app: Flask) -> None:
    """Serve it."""
    app.register_blueprint(bp)
