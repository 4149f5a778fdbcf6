"""The public pages."""

from datetime import date

from flask import Response, request

from webapp.services.pages.listing_reads import read_home, read_listing
from webapp.services.pages.tournament_reads import read_tournament
from webapp.services.pages.tournament_view import Span, TournamentQuery
from webapp.views import access
from webapp.views.htmx import page, page_or_fragment

_LONGEST_SEARCH = 80
_LONGEST_AMOUNT = 9


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
        is_free=given.get("free") == "1",
        is_official=given.get("official") == "1",
        fee=Span(_amount("fee_min"), _amount("fee_max")),
        prize=Span(_amount("prize_min"), _amount("prize_max")),
        starts_from=given.get("from", type=date.fromisoformat),
        starts_to=given.get("to", type=date.fromisoformat),
        organizer=given.get("organizer", "").strip()[:_LONGEST_SEARCH],
    )
    listing = read_listing(query, page=given.get("page", 1, type=int))
    return page_or_fragment("public/tournaments.html", "shared/_tournament_list.html", listing=listing)


def _amount(name: str) -> int | None:
    """A whole amount of the address; what is none leaves the filter out."""
    text = request.args.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_AMOUNT else None


@access.open_to(access.EVERYBODY)
def tournament(slug: str) -> Response:
    """About one tournament: rules, schedule, participants."""
    return page("public/tournament.html", view=read_tournament(slug))
