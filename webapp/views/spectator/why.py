"""Why a participant stands where it does: beside its row on the board, and as a page."""

from flask import Response, render_template

from webapp.services.pages.why_reads import read_why
from webapp.services.pages.why_view import WhyView
from webapp.services.spine.clock import utc_now
from webapp.views import access, fragments
from webapp.views.htmx import page, wants_fragment
from webapp.views.spectator.tournament import PUBLIC


@access.open_to(access.EVERYBODY)
def why(tournament_id: int, participant_id: int) -> Response:
    """The explanation alone for htmx, the whole page for everybody else."""

    def read() -> WhyView:
        return read_why(tournament_id, participant_id, audience=PUBLIC, now=utc_now())

    if wants_fragment():
        return fragments.respond(read, lambda view: render_template("spectator/_why.html", view=view))
    return page("spectator/why.html", view=read())
