"""Registrations for organizers: the list by state, decisions about many at once, the table to take away."""

from typing import Final

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError, NotFound, TransitionError
from webapp.domain.exports import csv_lines
from webapp.services.organizer_pages.registrations import export_registrations, read_registrations
from webapp.services.registration import entry_decisions
from webapp.services.registration.entry_decisions import Decided
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import id_of, take_errors
from webapp.views.htmx import page
from webapp.views.once import once
from webapp.views.organizer.forms import ReasonForm

_ONE: Final = "/tournaments/<int(max=2147483647):tournament_id>/registrations/"
_SAID: Final = {
    "approve": "admitted", "reject": "turned down", "waitlist": "put on the waitlist", "override": "admitted",
}  # fmt: skip


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule(_ONE, "registrations", registrations)
    bp.add_url_rule(_ONE + "decide/", "decide_registrations", decide_registrations, methods=("POST",))
    bp.add_url_rule(_ONE + "registrations.csv", "registrations_table", registrations_table)


@access.open_to(access.ORGANIZER)
def registrations(tournament_id: int) -> Response:
    """Who registered, with line-up, answers and fee; those who wait for a decision first."""
    return _page(tournament_id, ReasonForm(formdata=None))


@access.open_to(access.ORGANIZER)
def decide_registrations(tournament_id: int) -> Response | tuple[Response, int]:
    """Admit, turn down, put on the waitlist: all that are ticked."""
    form = ReasonForm()
    if not form.validate():
        return _page(tournament_id, form), 422
    try:
        return once(lambda: _decided(tournament_id, form))
    except NotFound:
        raise
    except DomainError as error:
        take_errors(form, error)
        return _page(tournament_id, form), 409 if isinstance(error, Conflict | TransitionError) else 422


@access.open_to(access.ORGANIZER)
def registrations_table(tournament_id: int) -> Response:
    """All of it as CSV."""
    head, rows = export_registrations(tournament_id, actor=access.actor())
    answer = Response(csv_lines(head, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="registrations-{tournament_id}.csv"'
    return answer


def _decided(tournament_id: int, form: ReasonForm) -> str:
    decision = request.form.get("decision", "")
    done = entry_decisions.decide_many(
        tournament_id, request.form.getlist("registration", type=id_of), decision, reason=form.reason.data or "",
        actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    _tell(done, decision)
    return url_for("organizer.registrations", tournament_id=tournament_id, status=request.form.get("status") or None)


def _tell(done: Decided, decision: str) -> None:
    if done.changed:
        flash(f"{len(done.changed)} {_SAID[decision]}.", "done")
    for _, why in done.refused[:3]:
        flash(f"One stays as it is: {why}", "refused")
    if not done.changed and not done.refused:
        flash("Nothing to change: they are so already.", "done")


def _page(tournament_id: int, form: ReasonForm) -> Response:
    view = read_registrations(
        tournament_id, actor=access.actor(), status=request.values.get("status", ""),
        page=request.args.get("page", 1, type=int),
    )  # fmt: skip
    ticked = frozenset(request.form.getlist("registration", type=id_of))
    return page("organizer/registrations.html", view=view, managed=view.head, form=form, ticked=ticked)
