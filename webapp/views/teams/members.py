"""Members: roles, handing over, removing, leaving."""

from collections.abc import Callable

from flask import Response, flash, request, url_for

from webapp.domain.errors import Conflict
from webapp.services.spine.clock import utc_now
from webapp.services.teams import team_members
from webapp.views import access
from webapp.views.htmx import see_other
from webapp.views.teams.managing import back_to, refused


@access.open_to(access.PLAYER)
def set_role(team_id: int, user_id: int) -> Response | tuple[Response, int]:
    """Make a member something else."""
    role = request.form.get("role", "")
    return _done(
        team_id,
        lambda: team_members.set_role(team_id, user_id, role or "player", actor=access.actor(), now=utc_now()),
        "The role is set.",
    )


@access.open_to(access.PLAYER)
def hand_over(team_id: int, user_id: int) -> Response | tuple[Response, int]:
    """Make a member the captain; the page is theirs from then on."""
    actor = access.actor()
    answer = _done(
        team_id,
        lambda: team_members.hand_over(team_id, user_id, actor=actor, now=utc_now()),
        "The team is handed over.",
    )
    return answer if isinstance(answer, tuple) else see_other(url_for("public.team", subject_id=team_id))


@access.open_to(access.PLAYER)
def remove_member(team_id: int, user_id: int) -> Response | tuple[Response, int]:
    """Take somebody out."""
    return _done(
        team_id,
        lambda: team_members.remove(team_id, user_id, actor=access.actor(), now=utc_now()),
        "Out of the team; they may be invited again.",
    )


@access.open_to(access.PLAYER)
def leave(team_id: int) -> Response:
    """Go."""
    try:
        team_members.leave(team_id, actor=access.actor(), now=utc_now())
    except Conflict as error:
        flash(error.message, "refused")
    else:
        flash("You have left the team.", "done")
    return see_other(url_for("public.team", subject_id=team_id))


def _done(team_id: int, work: Callable[[], object], said: str) -> Response | tuple[Response, int]:
    try:
        work()
    except Conflict as error:
        return refused(team_id, error)
    flash(said, "done")
    return back_to(team_id)
