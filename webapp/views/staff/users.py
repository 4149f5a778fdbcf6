"""Accounts: found, given another role, shut and opened, logged out."""

from typing import Any

from flask import Response, flash, request, url_for

from webapp.domain.errors import Conflict
from webapp.domain.permissions import ROLES
from webapp.services.accounts import user_admin
from webapp.services.spine.clock import utc_now
from webapp.services.staff_pages.user_list import KINDS, read_users
from webapp.views import access
from webapp.views.htmx import page_or_fragment, see_other
from webapp.views.staff.addresses import page_number


@access.open_to(access.ADMIN)
def users() -> Response:
    """Accounts by handle."""
    found = read_users(
        text=request.args.get("q", ""),
        kind=request.args.get("kind", ""),
        page=page_number(),
        actor=access.actor(),
        now=utc_now(),
    )
    return page_or_fragment("staff/users.html", "staff/_users.html", found=found, roles=ROLES, kinds=KINDS)


@access.open_to(access.ADMIN)
def set_role(user_id: int) -> Response:
    """Give an account another role."""
    role = request.form.get("role", "")
    try:
        is_changed = user_admin.set_role(user_id, role, actor=access.actor(), now=utc_now())
    except Conflict as refusal:
        return _back(refusal.message, "refused")
    return _back(f"The role is {role} now." if is_changed else f"The role was {role} already.", "done")


@access.open_to(access.ADMIN)
def disable(user_id: int) -> Response:
    """Shut an account."""
    try:
        is_changed = user_admin.disable(user_id, actor=access.actor(), now=utc_now())
    except Conflict as refusal:
        return _back(refusal.message, "refused")
    return _back("The account is shut and logged out." if is_changed else "The account was shut already.", "done")


@access.open_to(access.ADMIN)
def enable(user_id: int) -> Response:
    """Open a shut account again."""
    is_changed = user_admin.enable(user_id, actor=access.actor(), now=utc_now())
    return _back("The account is open again." if is_changed else "The account was open already.", "done")


@access.open_to(access.ADMIN)
def end_sessions(user_id: int) -> Response:
    """Log an account out everywhere."""
    ended = user_admin.end_sessions(user_id, actor=access.actor(), now=utc_now())
    return _back(f"Logged out: {ended} open {'session' if ended == 1 else 'sessions'} ended.", "done")


def _back(said: str, kind: str) -> Response:
    """To the list as it was: what was looked for travels with the form's address."""
    flash(said, kind)
    looked_for: dict[str, Any] = {name: value for name, value in request.args.items() if name in {"q", "kind", "page"}}
    return see_other(url_for("staff.users", **looked_for))
