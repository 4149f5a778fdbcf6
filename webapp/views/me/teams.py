"""One's own teams, and who asks one in."""

from flask import Response

from webapp.services.pages.team_reads import read_own
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.htmx import page


@access.open_to(access.LOGGED_IN)
def teams() -> Response:
    """The teams that one is in, and the invitations that wait."""
    return page("me/teams.html", view=read_own(access.actor().user_id or 0, now=utc_now()))
