"""What everybody may see of teams beside the page of each."""

from typing import Final

from flask import Response, request

from webapp.services.pages.team_reads import read_logo, read_teams
from webapp.views import access, files
from webapp.views.htmx import page

_LONGEST_SEARCH: Final = 80


@access.open_to(access.EVERYBODY)
def listing() -> Response:
    """The teams by ranking points; the address holds the whole query."""
    text = request.args.get("q", "").strip()[:_LONGEST_SEARCH]
    view = read_teams(text, request.args.get("game", ""), page=request.args.get("page", 1, type=int))
    return page("teams/listing.html", view=view)


@access.open_to(access.EVERYBODY)
def logo(team_id: int, logo_id: int) -> Response:
    """The team's logo; another one has another address."""
    return files.give(read_logo(team_id, logo_id), called=f"team-{team_id}", is_public=True)
