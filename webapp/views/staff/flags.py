"""Feature flags, switched while everything runs."""

from flask import Response, flash, request, url_for

from webapp.domain.errors import NotFound
from webapp.services.operations import flags
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.htmx import page, see_other


@access.open_to(access.ADMIN)
def list_flags() -> Response:
    """Every flag, what off means, and whether the environment has the last word."""
    return page("staff/flags.html", flags=flags.list_all(), board_flags=flags.BOARD_FLAGS)


@access.open_to(access.ADMIN)
def set_flag(name: str) -> Response:
    """Turn a flag on or off; every process follows within a second."""
    wanted = request.form.get("state")
    if wanted not in {"on", "off"}:
        raise NotFound("A flag is on or off.", code="flag_state_unknown")
    state = flags.set_flag(name, is_on=wanted == "on", actor=access.actor(), now=utc_now())
    if state.from_environment:
        flash(f"{name} is stored as {wanted}, but an environment variable holds it {_word(state.is_on)}.", "refused")
    else:
        flash(f"{name} is {_word(state.is_on)}.", "done")
    return see_other(url_for("staff.flags"))


def _word(is_on: bool) -> str:
    return "on" if is_on else "off"
