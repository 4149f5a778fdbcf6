"""Boards of seasons and of all time."""

from datetime import date

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.services.pages.season_reads import read_index, read_season
from webapp.services.pages.season_view import ALL_TIME_SLUG, SeasonQuery
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.htmx import page, page_or_fragment


@access.open_to(access.EVERYBODY)
def seasons() -> Response:
    """Every game with its boards."""
    return page("public/seasons.html", index=read_index())


@access.open_to(access.EVERYBODY)
def game_seasons(game: str) -> ResponseReturnValue:
    """A game's address leads to its board of all time."""
    return redirect(url_for("public.season", game=game, slug=ALL_TIME_SLUG), 302)


@access.open_to(access.EVERYBODY)
def season(game: str, slug: str) -> Response:
    """A page of one board; its address holds the whole query."""
    query = SeasonQuery(request.args.get("region") or None, _day("from"), _day("to"))
    view = read_season(game, slug, query, page=request.args.get("page", 1, type=int), now=utc_now())
    return page_or_fragment("public/season.html", "public/_season_board.html", view=view)


def _day(name: str) -> date | None:
    """A day of the query as `2026-11-21`; None for what is none."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
