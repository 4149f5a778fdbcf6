"""The public pages."""

from flask import Response, request

from webapp.services.pages.listing_reads import read_home, read_listing
from webapp.services.pages.tournament_reads import read_tournament
from webapp.services.pages.tournament_view import TournamentQuery
from webapp.views import access
from webapp.views.htmx import page, page_or_fragment

_LONGEST_SEARCH = 80


@access.open_to(access.EVERYBODY)
def home() -> Response:
    """What is live, what comes, who won."""
    return page("public/home.html", home=read_home())


@access.open_to(access.EVERYBODY)
def tournaments() -> Response:
    """The list; its address holds the whole query."""
    given = request.args
    query = TournamentQuery(
        text=given.get("q", "").strip()[:_LONGEST_SEARCH],
        game=given.get("game", ""),
        status=given.get("status", ""),
        format=given.get("format", ""),
        order=given.get("order", "") or "newest",
    )
    listing = read_listing(query, page=given.get("page", 1, type=int))
    return page_or_fragment("public/tournaments.html", "shared/_tournament_list.html", listing=listing)


@access.open_to(access.EVERYBODY)
def tournament(slug: str) -> Response:
    """About one tournament: rules, schedule, participants."""
    return page("public/tournament.html", view=read_tournament(slug))
