"""The pages of teams and players."""

from typing import Final

from flask import Response, request

from webapp.services.boards.subject_results import Subject
from webapp.services.pages.subject_reads import read_subject
from webapp.services.pages.team_reads import read_team
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.htmx import page

PUBLIC: Final = "public"


@access.open_to(access.EVERYBODY)
def team(subject_id: int) -> Response:
    """A team: who is in it, its ranking points, its public results."""
    who = access.person()
    number = request.args.get("page", 1, type=int)
    viewer = who.actor if who else None
    view = read_team(subject_id, viewer=viewer, audience=PUBLIC, page=number, now=utc_now())
    return page("public/team.html", shown=view, view=view.results)


@access.open_to(access.EVERYBODY)
def player(subject_id: int) -> Response:
    """A player by public results."""
    return _subject_page(Subject("player", subject_id))


def _subject_page(subject: Subject) -> Response:
    view = read_subject(subject, audience=PUBLIC, page=request.args.get("page", 1, type=int))
    return page("public/subject.html", view=view)
