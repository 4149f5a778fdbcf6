"""Founding a team."""

from flask import Response, flash, url_for

from webapp.domain.errors import Conflict, DomainError
from webapp.services.spine.clock import utc_now
from webapp.services.teams import teams
from webapp.views import access
from webapp.views.forms import take_errors
from webapp.views.htmx import page
from webapp.views.once import once
from webapp.views.teams.forms import NewTeamForm


@access.open_to(access.PLAYER)
def new() -> Response | tuple[Response, int]:
    """Name, tag and game; whoever founds a team is its captain."""
    form = NewTeamForm()
    if not form.has_come():
        return page("teams/new.html", form=form)
    try:
        return once(lambda: _founded(form))
    except DomainError as error:
        take_errors(form, error)
        return page("teams/new.html", form=form), 409 if isinstance(error, Conflict) else 422


def _founded(form: NewTeamForm) -> str:
    team_id = teams.create(
        name=form.name.data or "", tag=form.tag.data or None, game=form.game.data or "",
        description=form.description.data or "", actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    flash("The team is there, and you lead it. Invite the others by their handles.", "done")
    return url_for("teams.manage", team_id=team_id)
