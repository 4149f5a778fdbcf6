"""What search engines and the places where links are posted ask for."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from flask import Response, current_app, make_response, request, url_for

from webapp.domain.errors import NotFound
from webapp.domain.wording import worded
from webapp.services.boards import previews
from webapp.services.pages import sitemap_reads
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.presentation import iso

PUBLIC: Final = "public"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE: Final = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_FOR_AN_HOUR: Final = "public, max-age=3600"
_FOR_A_MINUTE: Final = "public, max-age=60, stale-while-revalidate=600"
_NOT_FOR_CRAWLERS: Final = ("/api/", "/me/", "/organizer/", "/overlay/", "/staff/")
_SLUG: Final = "slug-of-a-tournament"
_STATIC_PAGES: Final = ("public.home", "public.tournaments", "public.seasons", "teams.listing", "public.rules")


@access.open_to(access.EVERYBODY)
def preview(slug: str) -> Response:
    """The picture of a public tournament's board; its tag names what it says, so that the same is never sent twice."""
    picture = previews.read_picture(slug, audience=PUBLIC, now=utc_now())
    if request.if_none_match.contains_weak(picture.tag):
        response = make_response(b"", 304)
    else:
        response = Response(previews.file_of(picture), mimetype="image/png")
    response.set_etag(picture.tag)
    response.headers["Cache-Control"] = _FOR_A_MINUTE
    return response


@access.open_to(access.EVERYBODY)
def robots() -> Response:
    """Who may read what: everything for everybody but what needs a login."""
    refused = "".join(f"Disallow: {path}\n" for path in _NOT_FOR_CRAWLERS)
    text = f"User-agent: *\n{refused}\nSitemap: {_site()}{url_for('public.sitemap')}\n"
    return _lasting(Response(text, mimetype="text/plain"))


@access.open_to(access.EVERYBODY)
def sitemap() -> Response:
    """Every public page, or where they are too many for one file, where the files are."""
    count = sitemap_reads.count_files()
    if count == 1:
        return sitemap_part(1)
    parts = (url_for("public.sitemap_part", number=number) for number in range(1, count + 1))
    body = "".join(f"<sitemap><loc>{_site()}{path}</loc></sitemap>\n" for path in parts)
    return _lasting(
        Response(f"{_HEAD}<sitemapindex {_NAMESPACE}>\n{body}</sitemapindex>\n", mimetype="application/xml")
    )


@access.open_to(access.EVERYBODY)
def sitemap_part(number: int) -> Response:
    """One file of the pages, streamed."""
    if not 1 <= number <= sitemap_reads.count_files():
        raise NotFound(worded("There is no such part of the sitemap."), code="page_not_found")
    lines = _first_lines() if number == 1 else []
    tournaments = sitemap_reads.read_tournaments(number)
    samples = [
        _site() + url_for("public.tournament", slug=_SLUG),
        *(_site() + url_for(page, tournament_id=0) for page in ("spectator.tournament", "spectator.bracket")),
    ]
    return _lasting(Response(_file(lines, tournaments, samples), mimetype="application/xml"))


def _file(lines: list[str], tournaments: list[sitemap_reads.TournamentEntry], samples: list[str]) -> Iterator[str]:
    """The file in pieces; addresses are made of samples, since the router is slow for many thousands."""
    about, board, bracket = samples
    yield f"{_HEAD}<urlset {_NAMESPACE}>\n"
    yield "".join(lines)
    for entry in tournaments:
        yield _line(about.replace(_SLUG, quote(entry.slug)), entry.changed_at)
        yield _line(board.replace("/0/", f"/{entry.id}/"), entry.changed_at)
        if entry.has_bracket:
            yield _line(bracket.replace("/0/", f"/{entry.id}/"), entry.changed_at)
    yield "</urlset>\n"


def _first_lines() -> list[str]:
    static = [_line(_site() + url_for(endpoint), None) for endpoint in _STATIC_PAGES]
    seasons = [
        _line(_site() + url_for("public.season", game=season.game, slug=season.slug), season.changed_at)
        for season in sitemap_reads.read_seasons()
    ]
    return static + seasons


def _line(url: str, changed_at: datetime | None) -> str:
    changed = f"<lastmod>{iso(changed_at)}</lastmod>" if changed_at else ""
    return f"<url><loc>{escape(url)}</loc>{changed}</url>\n"


def _site() -> str:
    base_url: str = current_app.config["SETTINGS"].base_url
    return base_url


def _lasting(response: Response) -> Response:
    response.headers["Cache-Control"] = _FOR_AN_HOUR
    return response
