"""How a tournament's board came to be: the leaders' ranks over time."""

from flask import Response, render_template

from webapp.services.pages.leaders_chart_reads import read_leaders_chart
from webapp.services.spine.clock import utc_now
from webapp.views import access, fragments
from webapp.views.htmx import wants_fragment
from webapp.views.spectator.tournament import PUBLIC, tournament


@access.open_to(access.EVERYBODY)
def chart(tournament_id: int) -> Response:
    """The chart of the leaders alone for htmx, the whole page of the tournament for everybody else."""
    if not wants_fragment():
        return tournament(tournament_id)
    return fragments.respond(
        lambda: read_leaders_chart(tournament_id, audience=PUBLIC, now=utc_now()),
        lambda view: render_template("spectator/_rank_over_time.html", chart=view),
    )
