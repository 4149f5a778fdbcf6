"""Disputes as the sides of a match see them: object, talk, show, and read what was decided."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound
from webapp.services.disputes import dispute_evidence, disputes
from webapp.services.pages.dispute_reads import read_dispute, read_objection, read_own_disputes
from webapp.services.pages.dispute_view import ObjectionView
from webapp.services.spine.clock import utc_now
from webapp.views import access, files
from webapp.views.dispute_forms import CommentForm, EvidenceForm, ObjectionForm, plain_games
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.once import once

_DISPUTE: Final = "/disputes/<int(max=2147483647):dispute_id>/"
_POST: Final = ("POST",)


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule("/disputes/", "disputes", own_disputes)
    bp.add_url_rule(
        "/matches/<int(max=2147483647):match_id>/dispute/", "open_dispute", open_dispute, methods=("GET", "POST")
    )
    bp.add_url_rule(_DISPUTE, "dispute", dispute)
    bp.add_url_rule(_DISPUTE + "comment/", "comment_on_dispute", comment, methods=_POST)
    bp.add_url_rule(_DISPUTE + "evidence/", "add_evidence", add_evidence, methods=_POST)
    bp.add_url_rule(_DISPUTE + "evidence/<int(max=2147483647):evidence_id>/", "evidence", evidence)


@access.open_to(access.LOGGED_IN)
def own_disputes() -> Response:
    """The disputes about one's own matches."""
    found = read_own_disputes(access.actor(), page=request.args.get("page", 1, type=int), now=utc_now())
    return page("me/disputes.html", found=found)


@access.open_to(access.LOGGED_IN)
def open_dispute(match_id: int) -> Response | tuple[Response, int]:
    """Object to the result of a match."""
    view = read_objection(match_id, actor=access.actor(), now=utc_now())
    form = ObjectionForm(view.best_of if view.is_series else 0)
    if form.validate_on_submit():
        try:
            return once(lambda: _opened(view, form))
        except (NotFound, Forbidden):
            raise
        except DomainError as error:
            form.take_game_errors(error)
            view = read_objection(match_id, actor=access.actor(), now=utc_now())
            return page("me/dispute_open.html", view=view, form=form), 409 if isinstance(error, Conflict) else 422
    return page("me/dispute_open.html", view=view, form=form), 422 if form.has_come() else 200


@access.open_to(access.LOGGED_IN)
def dispute(dispute_id: int) -> Response:
    """One dispute."""
    return _page(dispute_id)


@access.open_to(access.LOGGED_IN)
def comment(dispute_id: int) -> Response | tuple[Response, int]:
    """Say something about it."""
    form = CommentForm()
    return _done(
        dispute_id, form,
        lambda: disputes.comment(dispute_id, form.text.data or "", actor=access.actor(), now=utc_now()),
        "Said.",
    )  # fmt: skip


@access.open_to(access.LOGGED_IN)
@files.takes_file("evidence")
def add_evidence(dispute_id: int) -> Response | tuple[Response, int]:
    """Show something."""
    form = EvidenceForm()
    return _done(dispute_id, form, lambda: shown(dispute_id, form), "Added.")


@access.open_to(access.LOGGED_IN)
def evidence(dispute_id: int, evidence_id: int) -> Response:
    """A picture, for the sides and officials."""
    content = dispute_evidence.picture(dispute_id, evidence_id, actor=access.actor())
    return files.give(content, called=f"evidence-{evidence_id}")


def shown(dispute_id: int, form: EvidenceForm) -> None:
    """Add what the form brings: a picture, or else a link."""
    raw = files.sent_file("file")
    if raw is not None:
        dispute_evidence.add_file(dispute_id, raw, actor=access.actor(), now=utc_now())
    else:
        dispute_evidence.add_link(dispute_id, form.url.data or "", actor=access.actor(), now=utc_now())


def _opened(view: ObjectionView, form: ObjectionForm) -> str:
    claim = plain_games(form) if view.is_series else []
    dispute_id = disputes.open_dispute(
        view.match_id, reason_code=form.reason_code.data or "", text=form.text.data or "", claim=claim or None,
        report_revision=request.form.get("report_revision", type=int),
        expected_revision=request.form.get("revision", type=int), actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    flash("Your objection is with the officials. Show them what you have.", "done")
    return url_for("me.dispute", dispute_id=dispute_id)


def _done(dispute_id: int, form: Form, change: Callable[[], object], told: str) -> Response | tuple[Response, int]:
    try:
        change()
    except (NotFound, Forbidden):
        raise
    except Conflict as error:
        # The form may be gone from the page with what made it a conflict.
        flash(error.message, "refused")
        return _page(dispute_id, form), 409
    except DomainError as error:
        take_errors(form, error)
        return _page(dispute_id, form), 422
    flash(told, "done")
    return see_other(url_for("me.dispute", dispute_id=dispute_id))


def _page(dispute_id: int, sent: Form | None = None) -> Response:
    view = read_dispute(dispute_id, actor=access.actor(), now=utc_now())
    said = sent if isinstance(sent, CommentForm) else CommentForm(formdata=None)
    added = sent if isinstance(sent, EvidenceForm) else EvidenceForm(formdata=None)
    return page("me/dispute.html", dispute=view, comment=said, evidence=added)
