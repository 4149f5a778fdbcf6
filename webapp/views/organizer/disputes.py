"""Disputes as officials see them: take one, talk, note, look at what a decision would change, decide, escalate."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound, TransitionError
from webapp.services.disputes import change_previews, dispute_decisions, disputes
from webapp.services.disputes.corrections import ChoicesNeeded
from webapp.services.pages.dispute_reads import read_disputes, read_managed_dispute
from webapp.services.pages.dispute_view import DisputeView
from webapp.services.pages.impact_reads import ImpactView, named
from webapp.services.spine.clock import utc_now
from webapp.views import access, files
from webapp.views.dispute_forms import CommentForm, DecisionForm, EvidenceForm, filled
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import fragment, page, see_other, wants_fragment
from webapp.views.me.disputes import shown
from webapp.views.organizer.forms import ReasonForm
from webapp.views.organizer.undo import flash_undo

_DISPUTES: Final = "/tournaments/<int(max=2147483647):tournament_id>/disputes/"
_DISPUTE: Final = _DISPUTES + "<int(max=2147483647):dispute_id>/"
_POST: Final = ("POST",)


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule(_DISPUTES, "disputes", all_disputes)
    bp.add_url_rule(_DISPUTE, "dispute", dispute)
    bp.add_url_rule(_DISPUTE + "comment/", "comment_on_dispute", comment, methods=_POST)
    bp.add_url_rule(_DISPUTE + "evidence/", "add_evidence", add_evidence, methods=_POST)
    bp.add_url_rule(_DISPUTE + "take/", "take_dispute", take, methods=_POST)
    bp.add_url_rule(_DISPUTE + "escalate/", "escalate_dispute", escalate, methods=_POST)
    bp.add_url_rule(_DISPUTE + "preview/", "preview_decision", preview, methods=_POST)
    bp.add_url_rule(_DISPUTE + "decide/", "decide_dispute", decide, methods=_POST)


@access.open_to(access.ORGANIZER)
def all_disputes(tournament_id: int) -> Response:
    """Every dispute of the tournament, those that wait first."""
    head, found = read_disputes(
        tournament_id, actor=access.actor(), page=request.args.get("page", 1, type=int), now=utc_now()
    )
    return page("organizer/disputes.html", managed=head, found=found)


@access.open_to(access.ORGANIZER)
def dispute(tournament_id: int, dispute_id: int) -> Response:
    """One dispute: what each side says, and the decision."""
    return _page(tournament_id, dispute_id)


@access.open_to(access.ORGANIZER)
def comment(tournament_id: int, dispute_id: int) -> Response | tuple[Response, int]:
    """Say something to both sides, or note something for officials."""
    form = CommentForm()
    return _done(
        tournament_id, dispute_id, form,
        lambda: disputes.comment(
            dispute_id, form.text.data or "", is_internal=bool(form.is_internal.data), actor=access.actor(),
            now=utc_now(),
        ),
        "Noted." if form.is_internal.data else "Said.",
    )  # fmt: skip


@access.open_to(access.ORGANIZER)
@files.takes_file("evidence")
def add_evidence(tournament_id: int, dispute_id: int) -> Response | tuple[Response, int]:
    """Show something."""
    form = EvidenceForm()
    return _done(tournament_id, dispute_id, form, lambda: shown(dispute_id, form), "Added.")


@access.open_to(access.ORGANIZER)
def take(tournament_id: int, dispute_id: int) -> Response | tuple[Response, int]:
    """Look after it oneself."""
    return _done(
        tournament_id, dispute_id, ReasonForm(),
        lambda: disputes.take(dispute_id, expected_revision=_revision(), actor=access.actor(), now=utc_now()),
        "You look after this dispute now.",
    )  # fmt: skip


@access.open_to(access.ORGANIZER)
def escalate(tournament_id: int, dispute_id: int) -> Response | tuple[Response, int]:
    """Give it to the staff."""
    form = ReasonForm()
    return _done(
        tournament_id, dispute_id, form,
        lambda: disputes.escalate(
            dispute_id, reason=form.reason.data or "", expected_revision=_revision(), actor=access.actor(),
            now=utc_now(),
        ),
        "The staff decide it now.",
    )  # fmt: skip


@access.open_to(access.ORGANIZER)
def preview(tournament_id: int, dispute_id: int) -> Response | tuple[Response, int]:
    """What the decision would change: alone for htmx, on the page for everybody else."""
    _, view = read_managed_dispute(tournament_id, dispute_id, actor=access.actor(), now=utc_now())
    form = _decision_form(view)
    impact = None
    try:
        impact = _impact(view, form) if form.validate() else None
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        form.take_game_errors(error)
    if wants_fragment():
        return fragment("organizer/_impact.html", impact=impact, problems=_problems(form))
    return _page(tournament_id, dispute_id, form, impact), 200 if impact else 422


@access.open_to(access.ORGANIZER)
def decide(tournament_id: int, dispute_id: int) -> Response | tuple[Response, int]:
    """Decide it for good."""
    _, view = read_managed_dispute(tournament_id, dispute_id, actor=access.actor(), now=utc_now())
    form = _decision_form(view)
    if not form.validate():
        return _page(tournament_id, dispute_id, form), 422
    try:
        done = dispute_decisions.decide(
            dispute_id, form.decision(view), reason=form.reason.data or "", expected_revision=_revision(),
            actor=access.actor(), now=utc_now(),
        )  # fmt: skip
    except (NotFound, Forbidden):
        raise
    except ChoicesNeeded as error:
        form.form_errors.append(error.message)
        return _page(tournament_id, dispute_id, form, _impact(view, form)), 409
    except (Conflict, TransitionError) as error:
        flash(error.message, "refused")
        return _page(tournament_id, dispute_id, form), 409
    except DomainError as error:
        form.take_game_errors(error)
        return _page(tournament_id, dispute_id, form), 422
    home = url_for("organizer.dispute", tournament_id=tournament_id, dispute_id=dispute_id)
    told = f"The dispute is {done.state}; the match is {done.match_state.replace('_', ' ')}."
    flash_undo(told, tournament_id, done.undo_id, back=home)
    return see_other(home)


def _impact(view: DisputeView, form: DecisionForm) -> ImpactView:
    decision = form.decision(view)
    return named(change_previews.of_decision(view.id, decision, actor=access.actor(), now=utc_now()))


def _decision_form(view: DisputeView, *, is_sent: bool = True) -> DecisionForm:
    options: dict[str, Any] = {} if is_sent else {"formdata": None}
    known = view.claimed or view.stood or (view.reports[0].games if view.reports else ())
    form = DecisionForm(view.best_of if view.is_series else 0, **options)
    if not is_sent:
        for row, kept in zip(form.games, filled(known, view.best_of), strict=False):
            row.form.process(data=kept)
    both = zip(view.side_ids, view.names, strict=True)
    form.lost_by.choices = {side: name for side, name in both if side is not None}
    return form


def _problems(form: DecisionForm) -> list[str]:
    rows = [message for row in form.games for field in row.form for message in field.errors]
    return [*form.base_errors, *form.resolution.errors, *form.lost_by.errors, *form.reason.errors, *rows]


def _revision() -> int | None:
    return request.form.get("revision", type=int)


def _done(
    tournament_id: int, dispute_id: int, form: Form, change: Callable[[], object], told: str
) -> Response | tuple[Response, int]:
    read_managed_dispute(tournament_id, dispute_id, actor=access.actor(), now=utc_now())
    try:
        change()
    except (NotFound, Forbidden):
        raise
    except (Conflict, TransitionError) as error:
        # The form may be gone from the page with what made it a conflict.
        flash(error.message, "refused")
        return _page(tournament_id, dispute_id, form), 409
    except DomainError as error:
        take_errors(form, error)
        return _page(tournament_id, dispute_id, form), 422
    flash(told, "done")
    return see_other(url_for("organizer.dispute", tournament_id=tournament_id, dispute_id=dispute_id))


def _page(tournament_id: int, dispute_id: int, sent: Form | None = None, impact: ImpactView | None = None) -> Response:
    head, view = read_managed_dispute(tournament_id, dispute_id, actor=access.actor(), now=utc_now())
    shown_forms = {
        "comment": sent if isinstance(sent, CommentForm) else CommentForm(formdata=None),
        "evidence": sent if isinstance(sent, EvidenceForm) else EvidenceForm(formdata=None),
        "escalation": sent if isinstance(sent, ReasonForm) else ReasonForm(formdata=None),
        "decision": sent if isinstance(sent, DecisionForm) else _decision_form(view, is_sent=False),
    }
    return page(
        "organizer/dispute.html", managed=head, dispute=view, impact=impact,
        is_escalating=isinstance(sent, ReasonForm), **shown_forms,
    )  # fmt: skip
