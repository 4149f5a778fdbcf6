"""Who takes part: lists to add, withdrawals, points beside the results."""

from typing import Final

from flask import Response, flash, request, url_for

from webapp.domain.errors import Conflict, ResultError, TransitionError
from webapp.services.organizer_pages.managed import ensure_participant_of
from webapp.services.organizer_pages.participants import ParticipantsView, read_participants
from webapp.services.ranking import adjustments
from webapp.services.registration import participant_lists, registrations
from webapp.services.registration.participant_lists import ListPreview
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import take_errors
from webapp.views.htmx import page, see_other
from webapp.views.once import once
from webapp.views.organizer.forms import AdjustForm, ParticipantsForm, WithdrawForm
from webapp.views.organizer.undo import flash_undo

_LONGEST_SEARCH: Final = 80
ADD: Final = "add"


@access.open_to(access.ORGANIZER)
def participants(tournament_id: int) -> Response | tuple[Response, int]:
    """The list, and the form that adds to it: first looked at, then taken."""
    form = ParticipantsForm()
    if not form.has_come():
        return _page(tournament_id, form)
    names, actor = form.names.data or "", access.actor()
    seen = participant_lists.preview(tournament_id, names, actor=actor)
    if ADD not in request.form:
        return _page(tournament_id, form, preview=seen), 422 if seen.problems else 200
    try:
        joined = participant_lists.add(tournament_id, names, actor=actor, now=utc_now())
    except Conflict as error:
        # The form may be gone from the page with what made it a conflict.
        flash(error.message, "refused")
        return _page(tournament_id, form, preview=seen), 409
    except ResultError as error:
        if not seen.problems:
            take_errors(form, error)
        return _page(tournament_id, form, preview=seen), 422
    flash("One has joined." if joined == 1 else f"{joined} have joined.", "done")
    return see_other(url_for("organizer.participants", tournament_id=tournament_id))


@access.open_to(access.ORGANIZER)
def withdraw(tournament_id: int, participant_id: int) -> Response | tuple[Response, int]:
    """Take a participant out; its results stay on record."""
    ensure_participant_of(tournament_id, participant_id)
    form = WithdrawForm()
    try:
        undo_id = registrations.withdraw(
            participant_id, reason=form.reason.data or "", actor=access.actor(), now=utc_now()
        )  # fmt: skip
    except ResultError as error:
        take_errors(form, error)
        return _page(tournament_id, ParticipantsForm(formdata=None), withdrawing=form, open_id=participant_id), 422
    except (Conflict, TransitionError) as error:
        flash(error.message, "refused")
        return _page(tournament_id, ParticipantsForm(formdata=None)), 409
    home = url_for("organizer.participants", tournament_id=tournament_id)
    told = "Withdrawn. What was played stays on record; adding the name again brings it back."
    flash_undo(told, tournament_id, undo_id, back=home)
    return see_other(home)


@access.open_to(access.ORGANIZER)
def adjust(tournament_id: int, participant_id: int) -> Response | tuple[Response, int]:
    """Points beside the results, with a reason that everybody can read."""
    form = AdjustForm()
    status = 422
    if form.validate():
        try:
            return once(lambda: _adjusted(tournament_id, participant_id, form))
        except (Conflict, ResultError) as error:
            status = 409 if isinstance(error, Conflict) else 422
            take_errors(form, error)
    return _page(tournament_id, ParticipantsForm(formdata=None), adjusting=form, open_id=participant_id), status


def _adjusted(tournament_id: int, participant_id: int, form: AdjustForm) -> str:
    adjustments.adjust(
        tournament_id, participant_id, kind=form.kind.data, points=form.signed_points(),
        reason=form.reason.data or "", actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    flash("The points are on the board.", "done")
    return url_for("organizer.participants", tournament_id=tournament_id)


def _page(
    tournament_id: int,
    form: ParticipantsForm,
    *,
    preview: ListPreview | None = None,
    adjusting: AdjustForm | None = None,
    withdrawing: WithdrawForm | None = None,
    open_id: int | None = None,
) -> Response:
    view: ParticipantsView = read_participants(
        tournament_id,
        actor=access.actor(),
        search=request.args.get("q", "")[:_LONGEST_SEARCH],
        page=request.args.get("page", 1, type=int),
    )
    blank = AdjustForm(formdata=None)
    return page(
        "organizer/participants.html", view=view, managed=view.head, form=form, preview=preview, blank=blank,
        adjusting=adjusting, withdrawing=withdrawing, no_reason=WithdrawForm(formdata=None), open_id=open_id,
    )  # fmt: skip
