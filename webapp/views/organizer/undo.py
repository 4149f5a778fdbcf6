"""Taking back what was done within the last ten minutes: a button on the message that says what was done."""

from typing import Final

from flask import Blueprint, Response, flash, render_template, request, url_for
from markupsafe import Markup

from webapp.domain.errors import Conflict
from webapp.services.spine import undo
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.htmx import see_other
from webapp.views.local_paths import is_local

UNDO: Final = "/tournaments/<int(max=2147483647):tournament_id>/undo/<int(max=2147483647):action_id>/"


def register(bp: Blueprint) -> None:
    """Serve the button."""
    bp.add_url_rule(UNDO, "undo", undo_action, methods=("POST",))


def flash_undo(text: str, tournament_id: int, undo_id: int | None, *, back: str = "") -> None:
    """Say on the next page what was done, with a button that takes it back where there is an undo for it.

    `back` is the page to go to after that; without it the tournament's.
    """
    if undo_id is None:
        flash(text, "done")
        return
    toast = render_template("organizer/_undo.html", text=text, tournament_id=tournament_id, undo_id=undo_id, back=back)
    flash(Markup(toast), "done")  # noqa: S704  (rendered by a template of ours, which escapes)


def flash_newest(text: str, tournament_id: int, *, back: str = "") -> None:
    """The same, for what this request has just done."""
    flash_undo(text, tournament_id, undo.newest_of(tournament_id, actor=access.actor(), now=utc_now()), back=back)


@access.open_to(access.ORGANIZER)
def undo_action(tournament_id: int, action_id: int) -> Response:
    """Take it back; where that cannot be any more the message says why."""
    try:
        undone = undo.undo(action_id, tournament_id=tournament_id, actor=access.actor(), now=utc_now())
    except Conflict as refusal:
        flash(refusal.message, "refused")
    else:
        flash(f"You have undone {undone.words}." if undone.changed else "It was undone already.", "done")
    came_from = request.form.get("back", "")
    return see_other(came_from if is_local(came_from) else url_for("organizer.tournament", tournament_id=tournament_id))
