"""How the winners of a tournament were found."""

from flask import Response

from webapp.services.pages.outcome_reads import read_winners
from webapp.views import access
from webapp.views.htmx import page


@access.open_to(access.EVERYBODY)
def winners(tournament_id: int) -> Response:
    """The first three, and the rules that were applied in their order; says so while they are not known."""
    return page("spectator/winners.html", view=read_winners(tournament_id))
