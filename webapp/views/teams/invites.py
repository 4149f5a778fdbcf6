"""Invitations: sent from the captain's page, answered from one's own."""

from flask import Response, flash, url_for

from webapp.domain.errors import Conflict, DomainError
from webapp.services.spine.clock import utc_now
from webapp.services.teams import team_invites
from webapp.views import access
from webapp.views.htmx import see_other
from webapp.views.limits import by_user, limiter
from webapp.views.teams.forms import InviteForm
from webapp.views.teams.managing import back_to, refused


@access.open_to(access.PLAYER)
@limiter.limit("100/hour", key_func=by_user)
def invite(team_id: int) -> Response | tuple[Response, int]:
    """Ask somebody in."""
    form = InviteForm()
    try:
        team_invites.invite(
            team_id, form.handle.data or "", role=form.role.data or "player", actor=access.actor(), now=utc_now()
        )
    except DomainError as error:
        return refused(team_id, error, asking=form)
    flash("The invitation stands for seven days; its answer shows here.", "done")
    return back_to(team_id)


@access.open_to(access.PLAYER)
def withdraw_invite(team_id: int, invite_id: int) -> Response | tuple[Response, int]:
    """Take an invitation back."""
    try:
        team_invites.withdraw(team_id, invite_id, actor=access.actor(), now=utc_now())
    except Conflict as error:
        return refused(team_id, error)
    flash("The invitation is taken back.", "done")
    return back_to(team_id)


@access.open_to(access.PLAYER)
def accept(invite_id: int) -> Response:
    """Join the team that asks."""
    try:
        team_id = team_invites.accept(invite_id, actor=access.actor(), now=utc_now())
    except Conflict as error:
        flash(error.message, "refused")
        return see_other(url_for("me.teams"))
    flash("You are in the team.", "done")
    return see_other(url_for("public.team", subject_id=team_id))


@access.open_to(access.PLAYER)
def decline(invite_id: int) -> Response:
    """Say no."""
    try:
        team_invites.decline(invite_id, actor=access.actor(), now=utc_now())
    except Conflict as error:
        flash(error.message, "refused")
    else:
        flash("The invitation is declined.", "done")
    return see_other(url_for("me.teams"))
