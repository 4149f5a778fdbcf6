"""The dashboard, and one tournament: where it stands and how it goes on."""

from collections.abc import Callable
from datetime import datetime

from flask import Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError, ResultError, TransitionError
from webapp.services.matches import pauses
from webapp.services.organizer_pages.dashboard import read_dashboard
from webapp.services.organizer_pages.overview import STEPS, read_overview
from webapp.services.spine.actors import Actor
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import tournaments
from webapp.views import access
from webapp.views.forms import take_errors
from webapp.views.htmx import page, see_other
from webapp.views.organizer.forms import ReasonForm


@access.open_to(access.ORGANIZER)
def dashboard() -> Response:
    """All that somebody runs, and what needs them."""
    view = read_dashboard(access.actor(), page=request.args.get("page", 1, type=int), now=utc_now())
    return page("organizer/dashboard.html", view=view)


@access.open_to(access.ORGANIZER)
def tournament(tournament_id: int) -> Response:
    """Where a tournament stands, and what comes next."""
    return _page(tournament_id, ReasonForm())


@access.open_to(access.ORGANIZER)
def open_registration(tournament_id: int) -> Response | tuple[Response, int]:
    """Open a draft: from now on its rules stand, and the public may see it."""
    return _moved(tournament_id, tournaments.open_registration, "Registration is open. From now on the rules stand.")


@access.open_to(access.ORGANIZER)
def start(tournament_id: int) -> Response | tuple[Response, int]:
    """Begin to play."""
    return _moved(tournament_id, tournaments.start_opened, "The tournament is live.")


@access.open_to(access.ORGANIZER)
def complete(tournament_id: int) -> Response | tuple[Response, int]:
    """Declare the winners."""
    return _moved(tournament_id, tournaments.complete, "The tournament is completed; its final board is stored.")


@access.open_to(access.ORGANIZER)
def archive(tournament_id: int) -> Response | tuple[Response, int]:
    """Close the book."""
    return _moved(tournament_id, tournaments.archive, "The tournament is archived.")


@access.open_to(access.ORGANIZER)
def cancel(tournament_id: int) -> Response | tuple[Response, int]:
    """Call a tournament off, with a reason."""
    form = ReasonForm()
    try:
        tournaments.cancel(tournament_id, reason=form.reason.data or "", actor=access.actor(), now=utc_now())
    except (Conflict, TransitionError) as error:
        # The form may be gone from the page with what made it a conflict.
        flash(_sentence(error), "refused")
        return _page(tournament_id, ReasonForm(formdata=None)), 409
    except ResultError as error:
        take_errors(form, error)
        return _page(tournament_id, form), 422
    flash("The tournament is cancelled.", "done")
    return see_other(url_for("organizer.tournament", tournament_id=tournament_id))


@access.open_to(access.ORGANIZER)
def emergency_stop(tournament_id: int) -> Response | tuple[Response, int]:
    """Let everything stand still, with a reason."""
    form = ReasonForm()
    try:
        pauses.stop(tournament_id, reason=form.reason.data or "", actor=access.actor(), now=utc_now())
    except Conflict as error:
        flash(error.message, "refused")
        return _page(tournament_id, ReasonForm(formdata=None)), 409
    except ResultError as error:
        take_errors(form, error)
        return _page(tournament_id, ReasonForm(formdata=None), stop_form=form), 422
    flash("Everything stands still. Officials can go on entering results.", "done")
    return see_other(url_for("organizer.tournament", tournament_id=tournament_id))


@access.open_to(access.ORGANIZER)
def resume_play(tournament_id: int) -> Response:
    """Let everything go on."""
    if pauses.resume(tournament_id, actor=access.actor(), now=utc_now()):
        flash("Play goes on.", "done")
    return see_other(url_for("organizer.tournament", tournament_id=tournament_id))


def _moved(tournament_id: int, move: Callable[..., None], done: str) -> Response | tuple[Response, int]:
    """The state changed, or the page again with why it did not."""
    actor: Actor = access.actor()
    now: datetime = utc_now()
    try:
        move(tournament_id, actor=actor, now=now)
    except (Conflict, TransitionError) as error:
        flash(_sentence(error), "refused")
        return _page(tournament_id, ReasonForm()), 409
    flash(done, "done")
    return see_other(url_for("organizer.tournament", tournament_id=tournament_id))


def _page(tournament_id: int, form: ReasonForm, *, stop_form: ReasonForm | None = None) -> Response:
    view = read_overview(tournament_id, actor=access.actor(), now=utc_now())
    return page(
        "organizer/tournament.html", view=view, managed=view.head, form=form, steps=STEPS,
        stop_form=stop_form or ReasonForm(formdata=None),
    )  # fmt: skip


def _sentence(error: DomainError) -> str:
    return error.message if error.message.endswith(".") else f"{error.message}."
