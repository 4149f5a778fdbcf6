"""The captain's page: what the team is called, its logo, its line-ups, its end."""

from typing import Any, Final

from flask import Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound
from webapp.services.pages.team_reads import read_managed
from webapp.services.spine.clock import utc_now
from webapp.services.teams import line_ups, teams
from webapp.views import access, files
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.teams.forms import IN_LINE_UP, ROLES, InviteForm, LineUpForm, LogoForm, TeamForm

_MEMBER_FIELD: Final = "member-"


@access.open_to(access.PLAYER)
def manage(team_id: int) -> Response | tuple[Response, int]:
    """Everything that a captain can do, on one page; its form changes what the team is called."""
    if request.method != "POST":
        return managed_page(team_id)
    form = TeamForm()
    changes = {"name": form.name.data or "", "tag": form.tag.data, "description": form.description.data or ""}
    try:
        is_new = teams.change(team_id, changes, actor=access.actor(), now=utc_now())
    except DomainError as error:
        return refused(team_id, error, details=form)
    flash("Saved." if is_new else "Nothing was different; nothing is changed.", "done")
    return back_to(team_id)


@access.open_to(access.PLAYER)
@files.takes_file("logo")
def set_logo(team_id: int) -> Response | tuple[Response, int]:
    """Another logo, or none."""
    form = LogoForm()
    raw = None if "remove" in request.form else files.sent_file()
    try:
        if raw is None and "remove" not in request.form:
            raw = b""
        teams.set_logo(team_id, raw, actor=access.actor(), now=utc_now())
    except DomainError as error:
        return refused(team_id, error, logo=form)
    flash("The logo is gone." if raw is None else "The logo is set.", "done")
    return back_to(team_id)


@access.open_to(access.PLAYER)
def disband(team_id: int) -> Response | tuple[Response, int]:
    """The end of the team."""
    try:
        teams.disband(team_id, actor=access.actor(), now=utc_now())
    except DomainError as error:
        return refused(team_id, error, details=None)
    flash("The team is disbanded. What it played stays on record.", "done")
    return see_other(url_for("me.teams"))


@access.open_to(access.PLAYER)
def save_line_up(team_id: int) -> Response | tuple[Response, int]:
    """Keep who plays."""
    form = LineUpForm()
    chosen = {
        int(name.removeprefix(_MEMBER_FIELD)): role
        for name, role in request.form.items()
        if role and name.removeprefix(_MEMBER_FIELD).isdecimal() and name.startswith(_MEMBER_FIELD)
    }
    try:
        line_ups.save(team_id, form.name.data or "", chosen, actor=access.actor(), now=utc_now())
    except DomainError as error:
        return refused(team_id, error, line_up=form, chosen=chosen)
    flash("The line-up is kept.", "done")
    return back_to(team_id)


@access.open_to(access.PLAYER)
def delete_line_up(team_id: int, line_up_id: int) -> Response:
    """Forget a line-up."""
    line_ups.delete(team_id, line_up_id, actor=access.actor(), now=utc_now())
    flash("The line-up is deleted.", "done")
    return back_to(team_id)


def back_to(team_id: int) -> Response:
    """The way to the captain's page."""
    return see_other(url_for("teams.manage", team_id=team_id))


def refused(team_id: int, error: DomainError, **sent: Any) -> tuple[Response, int]:
    """The page with what was typed and the message beside it; what is not for the asker at all is raised."""
    if isinstance(error, NotFound | Forbidden):
        raise error
    form = next((given for given in sent.values() if isinstance(given, Form)), None)
    if form is None:
        flash(error.message, "refused")
    else:
        take_errors(form, error)
    return managed_page(team_id, **sent), 409 if isinstance(error, Conflict) else 422


def managed_page(team_id: int, **sent: Any) -> Response:
    """The page; forms that were not sent hold what is there."""
    view = read_managed(team_id, actor=access.actor(), now=utc_now())
    forms = {
        "details": sent.get("details") or TeamForm(formdata=None, data=view.values),
        "logo": sent.get("logo") or LogoForm(formdata=None),
        "asking": sent.get("asking") or InviteForm(formdata=None),
        "line_up": sent.get("line_up") or LineUpForm(formdata=None),
    }
    chosen = sent.get("chosen", {})
    return page("teams/manage.html", view=view, roles=ROLES, in_line_up=IN_LINE_UP, chosen=chosen, **forms)
