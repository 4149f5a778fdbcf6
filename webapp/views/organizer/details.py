"""Changing what is said of a tournament."""

from collections.abc import Mapping
from typing import cast

from flask import Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound
from webapp.services.organizer_pages.details import DetailsView, read_details
from webapp.services.organizer_pages.rules_editor import any_editor
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import tournaments
from webapp.services.tournaments.tournament_details import Changes
from webapp.views import access
from webapp.views.htmx import fragment, page, see_other
from webapp.views.organizer import rules_input
from webapp.views.organizer.creation import take
from webapp.views.organizer.rules_input import AnyDraft
from webapp.views.organizer.tournament_form import ROYALE, DetailsForm


@access.open_to(access.ORGANIZER)
def edit(tournament_id: int) -> Response | tuple[Response, int]:
    """Change a tournament; once it is open its points stand."""
    view = read_details(tournament_id, actor=access.actor())
    form = DetailsForm(kept=view.values)
    if not form.has_come():
        return _page(view, form, _stored(view, form), is_refused=False)
    draft = _sent(view, form)
    if rules_input.sent_step():
        return _page(view, form, draft, is_refused=False)
    if request.form.get("seen", view.digest) != view.digest:
        flash("Somebody else saved meanwhile. What you typed is kept; saving again replaces theirs.", "refused")
        return _page(view, form, draft, is_refused=True), 409
    if form.validate():
        try:
            return _saved(view, form, draft)
        except (Forbidden, NotFound):
            raise
        except Conflict as error:
            # What is fixed by now has no field any more that could say it.
            flash(error.message, "refused")
            return _page(view, form, draft, is_refused=True), 409
        except DomainError as error:
            take(form, error)
    return _page(view, form, draft, is_refused=True), 422


@access.open_to(access.ORGANIZER)
def rules() -> Response:
    """The editor after one of its steps, or, while somebody types, only what the rules come to."""
    is_royale = request.form.get("format", ROYALE) == ROYALE and "win_points" not in request.form
    editor = any_editor(rules_input.sent(is_royale=is_royale), checked=False)
    if rules_input.sent_step():
        return fragment("organizer/_rules_step.html", editor=editor, is_royale=is_royale)
    return fragment("organizer/_rules_preview.html", preview=editor.preview)


def _sent(view: DetailsView, form: DetailsForm) -> AnyDraft:
    """The points that the form says, or those that stand where it does not ask about them."""
    is_unasked = not form.is_royale and "win_points" not in request.form and view.values["format"] != ROYALE
    return _stored(view, form) if view.is_frozen or is_unasked else rules_input.sent(is_royale=form.is_royale)


def _stored(view: DetailsView, form: DetailsForm) -> AnyDraft:
    if form.is_royale != (view.values["format"] == ROYALE):
        return rules_input.blank(is_royale=form.is_royale)
    return rules_input.draft_of(view.ruleset, is_royale=form.is_royale)


def _saved(view: DetailsView, form: DetailsForm, draft: AnyDraft) -> Response:
    changes = _changes(form, view.frozen_fields)
    if not view.is_frozen:
        changes["ruleset"] = draft.settings(kept=view.ruleset)
    changed = tournaments.update(view.head.id, actor=access.actor(), now=utc_now(), **changes)
    flash("Saved." if changed else "Nothing was different; nothing is changed.", "done")
    return see_other(url_for("organizer.tournament", tournament_id=view.head.id))


def _page(view: DetailsView, form: DetailsForm, draft: AnyDraft, *, is_refused: bool) -> Response:
    editor = None if view.is_frozen else any_editor(draft, kept=view.ruleset, checked=is_refused)
    return page(
        "organizer/edit.html", form=form, managed=view.head, view=view, editor=editor, frozen=view.frozen_fields,
        is_royale=form.is_royale, is_staff=access.actor().role == "admin",
    )  # fmt: skip


def _changes(form: DetailsForm, frozen: Mapping[str, str]) -> Changes:
    """What the form says, but for what it does not ask for any more."""
    said = form.details()
    if form.asks_about("format"):
        said["format"] = form.format.data
    kept = {name: value for name, value in said.items() if name not in frozen or name in request.form}
    return cast("Changes", kept)
