"""The stuck-match radar as a part of pages, which asks for itself anew."""

from typing import Final

from flask import Blueprint, Response

from webapp.services.organizer_pages.radar import RadarView, read_own, read_radar
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.htmx import page_or_fragment

_ONE: Final = "/tournaments/<int(max=2147483647):tournament_id>/stuck/"


def register(bp: Blueprint) -> None:
    """Serve it, of everything that somebody runs and of one tournament."""
    bp.add_url_rule("/stuck/", "stuck", stuck)
    bp.add_url_rule(_ONE, "stuck_of", stuck_of)


@access.open_to(access.ORGANIZER)
def stuck() -> Response:
    """What is stuck in all the tournaments of the reader's."""
    return _page(read_own(access.actor(), now=utc_now()))


@access.open_to(access.ORGANIZER)
def stuck_of(tournament_id: int) -> Response:
    """What is stuck in one tournament."""
    return _page(read_radar(tournament_id, actor=access.actor(), now=utc_now()))


def _page(radar: RadarView) -> Response:
    return page_or_fragment("organizer/stuck.html", "organizer/_stuck.html", radar=radar)
