"""Entry fees for organizers: the queue, proofs, verifying, rejecting, refunding."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError, NotFound, TransitionError
from webapp.services.organizer_pages.managed import ensure_payment_of
from webapp.services.organizer_pages.registrations import read_payments
from webapp.services.registration import payments as fees
from webapp.services.spine.clock import utc_now
from webapp.views import access, files
from webapp.views.forms import ConfirmForm, Form, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.once import once
from webapp.views.organizer.forms import ReasonForm

_ALL: Final = "/tournaments/<int(max=2147483647):tournament_id>/payments/"
_ONE: Final = _ALL + "<int(max=2147483647):payment_id>/"


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule(_ALL, "payments", payments)
    bp.add_url_rule(_ALL + "verify/", "verify_payments", verify_payments, methods=("POST",))
    bp.add_url_rule(_ONE + "proof/", "payment_proof", payment_proof)
    bp.add_url_rule(_ONE + "verify/", "verify_payment", verify_payment, methods=("POST",))
    bp.add_url_rule(_ONE + "reject/", "reject_payment", reject_payment, methods=("POST",))
    bp.add_url_rule(_ONE + "refund/", "refund_payment", refund_payment, methods=("POST",))


@access.open_to(access.ORGANIZER)
def payments(tournament_id: int) -> Response:
    """The payments of a state; at first those that wait to be verified."""
    return _page(tournament_id)


@access.open_to(access.ORGANIZER)
def verify_payments(tournament_id: int) -> Response | tuple[Response, int]:
    """The money of all that are ticked is there."""
    try:
        return once(lambda: _verified(tournament_id))
    except NotFound:
        raise
    except DomainError as error:
        flash(error.message, "refused")
        return _page(tournament_id), 409 if isinstance(error, Conflict | TransitionError) else 422


@access.open_to(access.ORGANIZER)
def payment_proof(tournament_id: int, payment_id: int) -> Response:
    """What the payer sent."""
    ensure_payment_of(tournament_id, payment_id)
    return files.give(fees.read_proof(payment_id, actor=access.actor()), called=f"proof-{payment_id}")


@access.open_to(access.ORGANIZER)
def verify_payment(tournament_id: int, payment_id: int) -> Response | tuple[Response, int]:
    """The money is there; the registration is admitted."""
    return _done(tournament_id, payment_id, ConfirmForm(), fees.verify, "Verified: the registration is admitted.")


@access.open_to(access.ORGANIZER)
def reject_payment(tournament_id: int, payment_id: int) -> Response | tuple[Response, int]:
    """It is not; the payer reads why."""
    return _done(tournament_id, payment_id, ReasonForm(), fees.reject, "Rejected. The payer may submit it again.")


@access.open_to(access.ORGANIZER)
def refund_payment(tournament_id: int, payment_id: int) -> Response | tuple[Response, int]:
    """It went back."""
    return _done(tournament_id, payment_id, ReasonForm(), fees.refund, "Refunded.")


def _verified(tournament_id: int) -> str:
    done = fees.verify_many(tournament_id, _ticked(), actor=access.actor(), now=utc_now())
    if done.verified:
        flash(f"{len(done.verified)} verified, {len(done.admitted)} admitted by it.", "done")
    for each in done.refused[:3]:
        flash(f"One stays as it is: {each.message}", "refused")
    if not done.verified and not done.refused:
        flash("Nothing to change: they are verified already.", "done")
    return _list_of(tournament_id)


def _ticked() -> dict[int, int | None]:
    """The ticked payments; each tick says the revision that was on the page."""
    found: dict[int, int | None] = {}
    for tick in request.form.getlist("payment"):
        payment_id, _, revision = tick.partition(":")
        if payment_id.isdecimal() and revision.isdecimal():
            found[int(payment_id)] = int(revision)
    return found


def _list_of(tournament_id: int) -> str:
    return url_for("organizer.payments", tournament_id=tournament_id, state=request.form.get("state") or None)


def _done(
    tournament_id: int, payment_id: int, form: Form, act: Callable[..., object], said: str
) -> Response | tuple[Response, int]:
    ensure_payment_of(tournament_id, payment_id)
    reason = {"reason": form.reason.data or ""} if isinstance(form, ReasonForm) else {}
    seen = request.form.get("revision", type=int)
    try:
        act(payment_id, revision=seen, actor=access.actor(), now=utc_now(), **reason)
    except NotFound:
        raise
    except DomainError as error:
        is_late = isinstance(error, Conflict | TransitionError)
        if is_late or not isinstance(form, ReasonForm):
            flash(error.message, "refused")
            return _page(tournament_id), 409
        take_errors(form, error)
        return _page(tournament_id, form, payment_id), 422
    flash(said, "done")
    return see_other(_list_of(tournament_id))


def _page(tournament_id: int, form: ReasonForm | None = None, open_id: int | None = None) -> Response:
    view = read_payments(
        tournament_id, actor=access.actor(), state=request.values.get("state", ""),
        page=request.args.get("page", 1, type=int),
    )  # fmt: skip
    blank = ReasonForm(formdata=None)
    return page(
        "organizer/payments.html", view=view, managed=view.head, form=form or blank, blank=blank, open_id=open_id,
        ticked=frozenset(_ticked()),
    )  # fmt: skip
