"""Following a bracket: its page, and the bracket alone."""

from flask import Response, render_template, request

from webapp.services.pages.bracket_reads import read_bracket, read_bracket_page
from webapp.views import access, fragments
from webapp.views.htmx import page, wants_fragment

_LONGEST_PART = 4


@access.open_to(access.EVERYBODY)
def bracket(tournament_id: int) -> Response:
    """The bracket of a tournament: all its stages, a large one in parts."""
    part = _part()
    return page("spectator/bracket.html", view=read_bracket_page(tournament_id, part=part), part=part)


@access.open_to(access.EVERYBODY)
def bracket_fragment(tournament_id: int) -> Response:
    """The bracket alone for htmx, the whole page for everybody else."""
    if not wants_fragment():
        return bracket(tournament_id)
    part = _part()
    return fragments.respond(
        lambda: read_bracket(tournament_id, part=part),
        lambda view: render_template("shared/_bracket.html", bracket=view, part=part),
    )


def _part() -> str:
    return request.args.get("part", "")[:_LONGEST_PART]
