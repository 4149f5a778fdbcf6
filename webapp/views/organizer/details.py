"""Making a tournament and changing what is said of it."""

from collections.abc import Mapping
from typing import cast

from flask import Response, flash, request, url_for

from webapp.domain.errors import DomainError, RulesError
from webapp.domain.rules_draft import RulesDraft
from webapp.services import tournaments
from webapp.services.clock import utc_now
from webapp.services.organizer_pages.details import DetailsView, read_details
from webapp.services.organizer_pages.rules_editor import editor_of, preview_of
from webapp.services.tournament_details import Changes, Details, checked
from webapp.views import access
from webapp.views.forms import take_errors
from webapp.views.htmx import fragment, page, see_other
from webapp.views.once import once
from webapp.views.organizer import rules_input
from webapp.views.organizer.forms import DetailsForm, NewTournamentForm, on_the_wall, to_the_minute

BATTLE_ROYALE = "battle-royale"


@access.open_to(access.ORGANIZER)
def new() -> Response | tuple[Response, int]:
    """Make a tournament: what it is, its rules, its first matches."""
    form = NewTournamentForm()
    draft = rules_input.sent_draft() if form.has_come() else RulesDraft()
    if not form.has_come() or rules_input.sent_step():
        return _new_page(form, draft, is_refused=False)
    if form.validate():
        try:
            return once(lambda: _created(form, draft))
        except DomainError as error:
            _take(form, error)
    return _new_page(form, draft, is_refused=True), 422


@access.open_to(access.ORGANIZER)
def edit(tournament_id: int) -> Response | tuple[Response, int]:
    """Change a tournament; once it is open its rules stand."""
    view = read_details(tournament_id, actor=access.actor())
    form = DetailsForm(data={**view.values, "starts_at": on_the_wall(view.values["starts_at"])})
    if not form.has_come():
        return _edit_page(view, form, RulesDraft.of(view.ruleset), is_refused=False)
    draft = RulesDraft.of(view.ruleset) if view.is_frozen else rules_input.sent_draft()
    if rules_input.sent_step():
        return _edit_page(view, form, draft, is_refused=False)
    if request.form.get("seen", view.digest) != view.digest:
        flash("Somebody else saved meanwhile. What you typed is kept; saving again replaces theirs.", "refused")
        return _edit_page(view, form, draft, is_refused=True), 409
    if form.validate():
        try:
            return _saved(view, form, draft)
        except DomainError as error:
            _take(form, error)
    return _edit_page(view, form, draft, is_refused=True), 422


@access.open_to(access.ORGANIZER)
def rules() -> Response:
    """The editor after one of its steps, or, while somebody types, only what the rules come to."""
    draft = rules_input.sent_draft()
    if rules_input.sent_step():
        return fragment("organizer/_rules_step.html", editor=editor_of(draft, checked=False))
    return fragment("organizer/_rules_preview.html", preview=preview_of(draft))


def _created(form: NewTournamentForm, draft: RulesDraft) -> str:
    tournament_id = tournaments.create(
        format=BATTLE_ROYALE, ruleset=draft.settings(), fixtures=form.fixtures(), actor=access.actor(), now=utc_now(),
        **form.details(),
    )  # fmt: skip
    flash("The tournament is there, as a draft that only its officials see.", "done")
    return url_for("organizer.tournament", tournament_id=tournament_id)


def _new_page(form: NewTournamentForm, draft: RulesDraft, *, is_refused: bool) -> Response:
    return page("organizer/new.html", form=form, editor=editor_of(draft, checked=is_refused))


def _saved(view: DetailsView, form: DetailsForm, draft: RulesDraft) -> Response:
    changes = _changes(form, view.frozen_fields)
    if "starts_at" in changes:
        changes["starts_at"] = to_the_minute(changes["starts_at"], view.values["starts_at"])
    if not view.is_frozen:
        changes["ruleset"] = draft.settings(kept=view.ruleset)
    changed = tournaments.update(view.head.id, actor=access.actor(), now=utc_now(), **changes)
    flash("Saved." if changed else "Nothing was different; nothing is changed.", "done")
    return see_other(url_for("organizer.tournament", tournament_id=view.head.id))


def _edit_page(view: DetailsView, form: DetailsForm, draft: RulesDraft, *, is_refused: bool) -> Response:
    editor = None if view.is_frozen else editor_of(draft, kept=view.ruleset, checked=is_refused)
    return page("organizer/edit.html", form=form, managed=view.head, view=view, editor=editor)


def _changes(form: DetailsForm, frozen: Mapping[str, str]) -> Changes:
    """What the form says, but for what it does not ask for any more."""
    said = {name: value for name, value in form.details().items() if name not in frozen or name in request.form}
    return cast("Changes", said)


def _take(form: DetailsForm, error: DomainError) -> None:
    """What is wrong with rules stands in their editor, which checks them itself; the rest is checked all the same."""
    if not isinstance(error, RulesError):
        take_errors(form, error)
        return
    form.form_errors.append("The rules need another look; nothing is saved yet.")
    details = form.details()
    try:
        checked(details.pop("name"), details.pop("game"), BATTLE_ROYALE, cast("Details", details))
    except DomainError as more:
        take_errors(form, more)
