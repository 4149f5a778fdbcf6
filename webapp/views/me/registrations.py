"""Registering for a tournament, and looking after one's registrations."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import FileField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound, ResultError, TransitionError
from webapp.domain.registration import LONGEST_REASON, LinedUp
from webapp.domain.uploads import RULES, UploadError
from webapp.services.files import uploads
from webapp.services.files.uploads import Received
from webapp.services.pages import own_entries
from webapp.services.pages.entry_reads import read_entry_page
from webapp.services.pages.entry_view import EntryPage, OwnEntryPage
from webapp.services.registration import checkins, entries, payments
from webapp.services.registration.entries import Entry
from webapp.services.spine.clock import utc_now
from webapp.views import access, files
from webapp.views.forms import ConfirmForm, Form, id_of, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.once import once

_ONE: Final = "/registrations/<int(max=2147483647):registration_id>/"
_POST: Final = ("POST",)
_SAID: Final = {
    "approved": "You are registered.",
    "submitted": "You are registered; an organizer has a look at it.",
    "pending": "Your place is kept; it is yours once the fee is paid.",
    "waitlisted": "You are on the waitlist.",
}


class PaymentForm(Form):
    """How the fee was paid."""

    method = SelectField("Paid by", validate_choice=False)
    reference = StringField(
        "Reference", description="The number by which the payment can be found.",
        render_kw={"maxlength": payments.LONGEST_REFERENCE, "autocomplete": "off"},
    )  # fmt: skip
    file = FileField(
        "Proof", description=f"A receipt or a picture of it: {RULES['proof'].words}.",
        render_kw={"accept": RULES["proof"].accept},
    )  # fmt: skip


class WithdrawForm(Form):
    """Why one gives the place back."""

    reason = TextAreaField(
        "Reason", description="If you like: the organizers read it.", render_kw={"rows": 2, "maxlength": LONGEST_REASON}
    )


def register_pages(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule(
        "/tournaments/<int(max=2147483647):tournament_id>/register/", "register", register, methods=("GET", "POST")
    )
    bp.add_url_rule("/registrations/", "registrations", registrations)
    bp.add_url_rule(_ONE, "registration", registration)
    bp.add_url_rule(_ONE + "withdraw/", "withdraw_registration", withdraw_registration, methods=_POST)
    bp.add_url_rule(_ONE + "check-in/", "check_in", check_in, methods=_POST)
    bp.add_url_rule(_ONE + "check-in/undo/", "undo_check_in", undo_check_in, methods=_POST)
    bp.add_url_rule(_ONE + "payment/", "pay", pay, methods=_POST)
    bp.add_url_rule(_ONE + "payment/proof/", "own_proof", own_proof)
    bp.add_url_rule(_ONE + "answers/<key>/", "own_answer", own_answer)


@access.open_to(access.PLAYER)
@files.takes_file("answer", most=3)
def register(tournament_id: int) -> Response | tuple[Response, int]:
    """The form; sent, it registers the player or the team that was chosen."""
    form = ConfirmForm()
    team_id = request.values.get("team_id", type=id_of)
    line_up_id = request.args.get("line_up", type=id_of)
    view = read_entry_page(tournament_id, user_id=_user_id(), team_id=team_id, line_up_id=line_up_id, now=utc_now())
    if not form.has_come() or "choose" in request.form:
        return _form(view, form, {}, 200)
    if not form.validate():
        return _form(view, form, {}, 422)
    try:
        return once(lambda: _registered(view, team_id))
    except (Conflict, NotFound) as error:
        form.form_errors.append(error.message)
        return _form(view, form, {}, 409)
    except Forbidden:
        raise
    except DomainError as error:
        return _form(view, form, beside(view, error, form), 422)


@access.open_to(access.PLAYER)
def registrations() -> Response:
    """All of one's own, those that ask for something marked."""
    listed = own_entries.read_own_entries(access.actor(), now=utc_now())
    return page("me/registrations.html", entries=listed)


@access.open_to(access.PLAYER)
def registration(registration_id: int) -> Response:
    """One of them: its state, the fee, check-in, the line-up."""
    return _page(registration_id)


@access.open_to(access.PLAYER)
def withdraw_registration(registration_id: int) -> Response | tuple[Response, int]:
    """Give the place back."""
    form = WithdrawForm()
    try:
        entries.withdraw(registration_id, reason=form.reason.data or "", actor=access.actor(), now=utc_now())
    except NotFound:
        raise
    except ResultError as error:
        take_errors(form, error)
        return _page(registration_id, withdrawing=form), 422
    except DomainError as error:
        flash(error.message, "refused")
        return _page(registration_id), 409
    flash("Withdrawn. Your place is free for others.", "done")
    return see_other(url_for("me.registration", registration_id=registration_id))


@access.open_to(access.PLAYER)
def check_in(registration_id: int) -> Response | tuple[Response, int]:
    """Say that one is there."""
    return _done(registration_id, checkins.check_in, "You are checked in.")


@access.open_to(access.PLAYER)
def undo_check_in(registration_id: int) -> Response | tuple[Response, int]:
    """Take that back."""
    return _done(registration_id, checkins.undo, "Your check-in is taken back.")


@access.open_to(access.PLAYER)
@files.takes_file("proof")
def pay(registration_id: int) -> Response | tuple[Response, int]:
    """Say that the fee is paid, with a reference, a proof or both."""
    view = own_entries.read_own_entry(registration_id, actor=access.actor(), now=utc_now())
    form = _payment_form(view)
    if view.payment is None:
        raise NotFound("No fee is due here.", code="payment_not_found")
    if not form.validate():
        return _page(registration_id, form), 422
    payment_id = view.payment.id
    try:
        return once(lambda: _paid(registration_id, payment_id, form))
    except (Conflict, TransitionError) as error:
        # The form may be gone from the page with what made it a conflict.
        flash(error.message, "refused")
        return _page(registration_id, form), 409
    except DomainError as error:
        take_errors(form, error)
        return _page(registration_id, form), 422


@access.open_to(access.PLAYER)
def own_proof(registration_id: int) -> Response:
    """The proof that was sent."""
    view = own_entries.read_own_entry(registration_id, actor=access.actor(), now=utc_now())
    if view.payment is None:
        raise NotFound("There is no such file, or it is not for you.", code="file_not_found")
    found = payments.read_proof(view.payment.id, actor=access.actor())
    return files.give(found, called=f"proof-{view.payment.id}")


@access.open_to(access.PLAYER)
def own_answer(registration_id: int, key: str) -> Response:
    """A file that was the answer to a question; officials open it here as well."""
    found = own_entries.read_answer_file(registration_id, key, actor=access.actor())
    return files.give(found, called=f"answer-{registration_id}")


def _registered(view: EntryPage, team_id: int | None) -> str:
    fields = {rule.key: rule for rule in view.fields}
    entry = Entry(
        team_id=None if view.is_solo else team_id,
        players=chosen_line_up(view),
        answers={key: request.form.get(f"answer-{key}") for key, rule in fields.items() if rule.kind != "media"},
        files=_received([key for key, rule in fields.items() if rule.kind == "media"]),
        waitlist="waitlist" in request.form,
    )
    done = entries.register(view.tournament_id, entry, actor=access.actor(), now=utc_now())
    flash(_SAID[done.status], "done")
    return url_for("me.registration", registration_id=done.registration_id)


def chosen_line_up(view: EntryPage) -> list[LinedUp]:
    """Who plays, in the order of the page; who has no role on it stays at home."""
    return [
        LinedUp(member.user_id, role, request.form.get(f"player_id-{member.user_id}", ""))
        for member in view.members
        if (role := "player" if view.is_solo else request.form.get(f"role-{member.user_id}", ""))
    ]


def _received(keys: list[str]) -> dict[str, Received]:
    received = {}
    for key in keys:
        raw = files.sent_file(f"answer-{key}")
        if raw is not None:
            try:
                received[key] = uploads.receive(raw, "answer")
            except UploadError as error:
                error.fields = tuple(field._replace(path=f"answers.{key}") for field in error.fields)
                raise
    return received


def beside(view: EntryPage, error: DomainError, form: ConfirmForm) -> dict[str, list[str]]:
    """What is wrong, by the field of the page that it is about; what belongs to none is said above the form."""
    line_up, found = chosen_line_up(view), dict[str, list[str]]()
    for problem in error.fields:
        where, _, rest = problem.path.partition("]")
        if where.startswith("players["):
            what = "player_id" if rest == ".player_id" else "role"
            name = f"{what}-{line_up[int(where.removeprefix('players['))].user_id}"
        else:
            name = problem.path.replace("answers.", "answer-")
        found.setdefault(name, []).append(problem.message)
    if not error.fields:
        form.form_errors.append(error.message)
    return found


def _form(view: EntryPage, form: ConfirmForm, wrong: dict[str, list[str]], status: int) -> tuple[Response, int]:
    answer = page(
        "me/register.html", view=view, form=form, wrong=wrong, typed=typed_form(form), answer_words=RULES["answer"]
    )
    return answer, status


def typed_form(form: ConfirmForm) -> ImmutableMultiDict[str, str] | None:
    """What was sent, to be shown again; None where nothing was, or a team was only chosen."""
    return request.form if form.has_come() and "choose" not in request.form else None


def _payment_form(view: OwnEntryPage) -> PaymentForm:
    form = PaymentForm()
    names = [method.name for method in view.methods] or ["As agreed with the organizer"]
    form.method.choices = [SelectChoice(name, name) for name in names]
    return form


def _paid(registration_id: int, payment_id: int, form: PaymentForm) -> str:
    raw = files.sent_file("file")
    received = uploads.receive(raw, "proof") if raw is not None else None
    payments.submit_proof(
        payment_id, method=form.method.data or "", reference=form.reference.data or "", proof=received,
        actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    flash("The organizer has your payment to look at.", "done")
    return url_for("me.registration", registration_id=registration_id)


def _done(registration_id: int, act: Callable[..., object], said: str) -> Response | tuple[Response, int]:
    try:
        act(registration_id, actor=access.actor(), now=utc_now())
    except NotFound:
        raise
    except DomainError as error:
        flash(error.message, "refused")
        return _page(registration_id), 409
    flash(said, "done")
    return see_other(url_for("me.registration", registration_id=registration_id))


def _page(
    registration_id: int, form: PaymentForm | None = None, *, withdrawing: WithdrawForm | None = None
) -> Response:
    view = own_entries.read_own_entry(registration_id, actor=access.actor(), now=utc_now())
    return page(
        "me/registration.html", view=view, form=form or _payment_form(view),
        withdrawing=withdrawing or WithdrawForm(formdata=None), is_leaving=withdrawing is not None,
    )  # fmt: skip


def _user_id() -> int:
    return access.actor().user_id or 0
