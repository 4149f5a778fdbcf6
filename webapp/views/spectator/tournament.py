"""Following a tournament: the page, its board and its matches alone, one participant's matches."""

from typing import Final

from flask import Response, render_template, request

from webapp.services.pages.board_reads import read_board
from webapp.services.pages.participant_reads import read_participant
from webapp.services.pages.spectator_reads import read_matches, read_spectator_page
from webapp.services.spine.clock import utc_now
from webapp.views import access, fragments
from webapp.views.htmx import page, wants_fragment

PUBLIC: Final = "public"
"""Spectators see the public projection, whoever they are: these answers are the same for everybody."""


@access.open_to(access.EVERYBODY)
def tournament(tournament_id: int) -> Response:
    """Board, matches and rules of a tournament."""
    view = read_spectator_page(tournament_id, audience=PUBLIC, page=_page_number(), now=utc_now())
    return page("spectator/tournament.html", view=view)


@access.open_to(access.EVERYBODY)
def leaderboard(tournament_id: int) -> Response:
    """The board alone for htmx, the whole page for everybody else."""
    if not wants_fragment():
        return tournament(tournament_id)
    return fragments.respond(
        lambda: read_board(tournament_id, audience=PUBLIC, page=_page_number(), now=utc_now()),
        lambda board: render_template("shared/_leaderboard.html", board=board),
    )


@access.open_to(access.EVERYBODY)
def matches(tournament_id: int) -> Response:
    """The list of matches alone for htmx, the whole page for everybody else."""
    if not wants_fragment():
        return tournament(tournament_id)
    return fragments.respond(
        lambda: read_matches(tournament_id),
        lambda listed: render_template("shared/_matches.html", matches=listed),
    )


@access.open_to(access.EVERYBODY)
def participant(tournament_id: int, participant_id: int) -> Response:
    """Every match of one participant."""
    view = read_participant(tournament_id, participant_id, audience=PUBLIC, now=utc_now())
    return page("spectator/participant.html", view=view)


def _page_number() -> int:
    return request.args.get("page", 1, type=int)
