"""Sponsors and promotions of teams: staff approve them, or say no and why."""

from flask import Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError, ResultError
from webapp.domain.sponsorship import COURSES
from webapp.services.spine.clock import utc_now
from webapp.services.staff_pages.sponsorship_list import read_list
from webapp.services.teams import sponsorship
from webapp.views import access
from webapp.views.forms import take_errors
from webapp.views.htmx import page, see_other
from webapp.views.staff.addresses import page_number
from webapp.views.staff.forms import RejectForm


@access.open_to(access.ADMIN)
def sponsors(shown: str) -> Response:
    """All of a kind, what waits first."""
    return _page(shown)


@access.open_to(access.ADMIN)
def approve_sponsor(shown: str, item_id: int) -> Response:
    """Let one be shown."""
    try:
        sponsorship.approve(COURSES[shown], item_id, revision=_revision(), actor=access.actor(), now=utc_now())
    except Conflict as error:
        flash(error.message, "refused")
    else:
        flash("Approved; it is shown in its time.", "done")
    return see_other(url_for("staff.sponsors", shown=shown))


@access.open_to(access.ADMIN)
def reject_sponsor(shown: str, item_id: int) -> Response | tuple[Response, int]:
    """Say no, with the reason that the captain reads."""
    form = RejectForm()
    try:
        sponsorship.reject(
            COURSES[shown], item_id, revision=_revision(), reason=form.reason.data or "", actor=access.actor(),
            now=utc_now(),
        )  # fmt: skip
    except (Conflict, ResultError) as error:
        return _refused(shown, item_id, form, error)
    flash("Rejected; the captain reads why.", "done")
    return see_other(url_for("staff.sponsors", shown=shown))


def _revision() -> int:
    """Which writing of it was read."""
    return request.args.get("revision", 0, type=int)


def _refused(kind: str, item_id: int, form: RejectForm, error: DomainError) -> tuple[Response, int]:
    take_errors(form, error)
    return _page(kind, item_id, form), 409 if isinstance(error, Conflict) else 422


def _page(kind: str, sent_id: int | None = None, sent: RejectForm | None = None) -> Response:
    """The list; the form that was sent, open with what was typed and what is wrong with it."""
    found = read_list(kind, page=page_number(), actor=access.actor())
    blank = RejectForm(formdata=None)
    return page("staff/sponsors.html", found=found, sent_id=sent_id, sent=sent, blank=blank)
