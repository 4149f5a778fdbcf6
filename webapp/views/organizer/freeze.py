"""The freeze of a board, and the presenter's page by which it is revealed."""

from collections.abc import Callable

from flask import Response, flash, request, url_for

from webapp.domain.errors import Conflict, ResultError, TransitionError
from webapp.domain.freezes import RevealBy
from webapp.services.live import freezes, reveals
from webapp.services.organizer_pages.freeze import read_freeze, read_reveal
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import take_errors
from webapp.views.htmx import page, see_other
from webapp.views.organizer.freeze_forms import PlanForm

_STEPS = {
    "next": reveals.show_next,
    "back": reveals.show_previous,
}
_HOLDS = {
    "pause": reveals.pause,
    "resume": reveals.resume,
}


@access.open_to(access.ORGANIZER)
def freeze(tournament_id: int) -> Response | tuple[Response, int]:
    """Where the freeze stands, and the form that plans one."""
    form = PlanForm()
    if form.validate_on_submit():
        try:
            freezes.plan(tournament_id, **form.plan(), actor=access.actor(), now=utc_now())
        except Conflict as error:
            # The form is gone from the page with what made it a conflict.
            flash(error.message, "refused")
            return _page(tournament_id, form), 409
        except ResultError as error:
            take_errors(form, error)
        else:
            flash("The freeze is planned.", "done")
            return see_other(_home(tournament_id))
    return _page(tournament_id, form), 422 if form.has_come() else 200


@access.open_to(access.ORGANIZER)
def freeze_now(tournament_id: int) -> Response | tuple[Response, int]:
    """Freeze the board at this moment."""
    return _done(tournament_id, freezes.freeze_now, "The board is frozen. Results go on arriving for officials.")


@access.open_to(access.ORGANIZER)
def call_off_freeze(tournament_id: int) -> Response | tuple[Response, int]:
    """Drop the plan."""
    return _done(tournament_id, freezes.call_off, "The freeze is called off.")


@access.open_to(access.ORGANIZER)
def unfreeze(tournament_id: int) -> Response | tuple[Response, int]:
    """Show everybody everything."""
    return _done(tournament_id, freezes.unfreeze, "Everybody sees everything now.")


@access.open_to(access.ORGANIZER)
def reveal(tournament_id: int) -> Response:
    """The presenter's page."""
    view = read_reveal(tournament_id, actor=access.actor(), now=utc_now())
    return page("organizer/reveal.html", view=view, managed=view.head)


@access.open_to(access.ORGANIZER)
def start_reveal(tournament_id: int) -> Response:
    """Begin to reveal, row by row or match by match."""
    by = RevealBy.MATCH if request.form.get("by") == RevealBy.MATCH else RevealBy.ROW
    try:
        reveals.start(tournament_id, by, actor=access.actor(), now=utc_now())
    except (Conflict, TransitionError) as error:
        flash(error.message, "refused")
    return see_other(url_for("organizer.reveal", tournament_id=tournament_id))


@access.open_to(access.ORGANIZER)
def step_reveal(tournament_id: int) -> Response:
    """One step on or back, a pause or its end. The form says which step it saw, so that two presses are one step."""
    move, seen = request.form.get("do", ""), request.form.get("seen", -1, type=int)
    try:
        if move in _STEPS:
            _STEPS[move](tournament_id, seen=seen, actor=access.actor(), now=utc_now())
        elif move in _HOLDS:
            _HOLDS[move](tournament_id, actor=access.actor(), now=utc_now())
        else:
            # Nothing that can be asked for; whose it is counts all the same.
            read_reveal(tournament_id, actor=access.actor(), now=utc_now())
    except (Conflict, TransitionError) as error:
        flash(error.message, "refused")
    return see_other(url_for("organizer.reveal", tournament_id=tournament_id))


def _done(tournament_id: int, change: Callable[..., object], told: str) -> Response | tuple[Response, int]:
    """The page of the freeze once it is changed, or with why it is not."""
    try:
        change(tournament_id, actor=access.actor(), now=utc_now())
    except (Conflict, TransitionError) as error:
        flash(error.message, "refused")
        return _page(tournament_id, PlanForm(formdata=None)), 409
    flash(told, "done")
    return see_other(_home(tournament_id))


def _page(tournament_id: int, form: PlanForm) -> Response:
    view = read_freeze(tournament_id, actor=access.actor(), now=utc_now())
    return page("organizer/freeze.html", view=view, managed=view.head, form=form)


def _home(tournament_id: int) -> str:
    return url_for("organizer.freeze", tournament_id=tournament_id)
