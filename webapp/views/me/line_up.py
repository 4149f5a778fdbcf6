"""Another line-up for a registration, until registration closes."""

from typing import Final

from flask import Blueprint, Response, flash, url_for

from webapp.domain.errors import Conflict
from webapp.domain.registration import RegistrationError
from webapp.services.pages.entry_view import EntryPage
from webapp.services.pages.line_up_reads import read_line_up
from webapp.services.registration import entry_line_ups
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import ConfirmForm
from webapp.views.htmx import page, see_other
from webapp.views.me.registrations import beside, chosen_line_up, typed_form

_LINE_UP: Final = "/registrations/<int(max=2147483647):registration_id>/line-up/"


def register(bp: Blueprint) -> None:
    """Serve this page."""
    bp.add_url_rule(_LINE_UP, "line_up", line_up, methods=("GET", "POST"))


@access.open_to(access.PLAYER)
def line_up(registration_id: int) -> Response | tuple[Response, int]:
    """The line-up as it is registered, to be changed."""
    form = ConfirmForm()
    view = read_line_up(registration_id, actor=access.actor(), now=utc_now())
    if not form.has_come():
        return _form(registration_id, view, form, {}, 200)
    if not form.validate():
        return _form(registration_id, view, form, {}, 422)
    try:
        is_changed = entry_line_ups.change(registration_id, chosen_line_up(view), actor=access.actor(), now=utc_now())
    except Conflict as error:
        form.form_errors.append(error.message)
        return _form(registration_id, view, form, {}, 409)
    except RegistrationError as error:
        return _form(registration_id, view, form, beside(view, error, form), 422)
    flash("The line-up is changed." if is_changed else "It was so already.", "done")
    return see_other(url_for("me.registration", registration_id=registration_id))


def _form(
    registration_id: int, view: EntryPage, form: ConfirmForm, wrong: dict[str, list[str]], status: int
) -> tuple[Response, int]:
    answer = page(
        "me/line_up.html", view=view, form=form, wrong=wrong, typed=typed_form(form), registration_id=registration_id
    )
    return answer, status
