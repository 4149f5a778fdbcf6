"""Following one match: its page and its scoreboard alone."""

from flask import Response, render_template

from webapp.services.pages.scoreboard_reads import read_match_page, read_scoreboard
from webapp.views import access, fragments
from webapp.views.htmx import page, wants_fragment


@access.open_to(access.EVERYBODY)
def match(match_id: int) -> Response:
    """The page of a match."""
    return page("spectator/match.html", view=read_match_page(match_id))


@access.open_to(access.EVERYBODY)
def scoreboard(match_id: int) -> Response:
    """The scoreboard alone for htmx, the whole page for everybody else."""
    if not wants_fragment():
        return match(match_id)
    return fragments.respond(
        lambda: read_scoreboard(match_id),
        lambda score: render_template("shared/_scoreboard.html", scoreboard=score),
    )
