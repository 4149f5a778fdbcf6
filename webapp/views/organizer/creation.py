"""Making a tournament, in steps: every step keeps what the others say, and nothing is saved before the last one."""

from collections.abc import Mapping
from typing import Any, Final, cast

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import DomainError, FieldError, RulesError
from webapp.domain.rules_draft import RulesDraft
from webapp.services.organizer_pages.rules_editor import any_editor
from webapp.services.organizer_pages.settings_preview import preview_of
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import tournament_templates, tournaments
from webapp.services.tournaments.tournament_details import Details, checked
from webapp.views import access
from webapp.views.forms import id_of, take_errors
from webapp.views.htmx import fragment, page_or_fragment
from webapp.views.once import once
from webapp.views.organizer import rules_input
from webapp.views.organizer.rules_input import AnyDraft
from webapp.views.organizer.tournament_form import DetailsForm, NewTournamentForm

STEPS: Final = {
    "about": "Details",
    "format": "Format",
    "points": "Points",
    "dates": "Dates",
    "money": "Fee and prizes",
    "check": "Check",
}
GO: Final = "go"
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "about": ("name", "game", "region", "season", "visibility", "description", "rules", "is_official", "is_featured"),
    "format": (
        "format", "places", "team_size", "third_place", "reset", "legs", "groups", "rounds", "advance", "then_format",
        "best_of_default", "best_of_final",
    ),
    "points": (),
    "dates": (
        "starts_at", "zone", "registration_opens_at", "registration_closes_at", "checkin_opens_at", "lobbies",
        "every_minutes",
    ),
    "money": ("entry_fee", "currency", "payment_methods", "prize_pool", "prize_distribution"),
    "check": (),
}  # fmt: skip


@access.open_to(access.ORGANIZER)
def new() -> Response | tuple[Response, int]:
    """Make a tournament: what it is, how it is played, its points, its dates, its money; then look at it all."""
    template = _template()
    form = NewTournamentForm(kept=template)
    if not form.has_come():
        rules = (template or {}).get("ruleset")
        draft = rules_input.draft_of(rules, is_royale=form.is_royale) if rules else _blank(form)
        return _page(form, draft, "about")
    if GO in request.form:
        return _gone(form)
    draft = rules_input.sent(is_royale=form.is_royale)
    if rules_input.sent_step():
        return _page(form, draft, "points")
    problem = None
    if form.validate():
        try:
            return once(lambda: _created(form, draft))
        except DomainError as error:
            problem = error
    take(form, problem)
    return _page(form, draft, _first_wrong(form, draft), is_refused=True), 422


@access.open_to(access.ORGANIZER)
def preview() -> Response:
    """What the settings come to while somebody types them."""
    form = NewTournamentForm()
    form.validate()
    return fragment("organizer/_settings_preview.html", shown=preview_of(form.details(), str(form.format.data)))


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule("/tournaments/new/", "new", new, methods=("GET", "POST"))
    bp.add_url_rule("/tournaments/preview/", "preview_settings", preview, methods=("POST",))


def take(form: DetailsForm, error: DomainError | None) -> None:
    """What is wrong with points stands in their editor, which checks them itself; the rest stands beside its field."""
    if error is None:
        return
    if isinstance(error, RulesError):
        form.form_errors.append("The rules need another look; nothing is saved yet.")
        _take_others(form)
        return
    error.fields = tuple(problem._replace(path=_field_of(problem)) for problem in error.fields)
    take_errors(form, error)


def _take_others(form: DetailsForm) -> None:
    details = form.details()
    try:
        checked(details.pop("name"), details.pop("game"), str(form.format.data), cast("Details", details))
    except RulesError:
        return
    except DomainError as more:
        take(form, more)


def _field_of(problem: FieldError) -> str:
    """The field of the form that shows a setting."""
    path = problem.path
    if path.startswith("bracket.then"):
        return "then_format"
    if path.startswith("best_of_by_round."):
        return "best_of_final" if path.endswith(".final") else "best_of_default"
    return path.removeprefix("bracket.")


def _gone(form: NewTournamentForm) -> Response | tuple[Response, int]:
    """Another step; forwards only once what is left behind can be used."""
    form.fit_format()
    draft = rules_input.sent(is_royale=form.is_royale)
    here, to = request.form.get("at", "about"), request.form[GO]
    order = tuple(STEPS)
    if to not in order or here not in order:
        return _page(form, draft, "about")
    if order.index(to) > order.index(here) and not _is_usable(form, draft, here):
        return _page(form, draft, here, is_refused=True), 422
    for field in form:
        field.errors = []
    form.form_errors.clear()
    return _page(form, draft, to)


def _is_usable(form: NewTournamentForm, draft: AnyDraft, step: str) -> bool:
    if step == "points":
        return not any_editor(draft).errors
    form.validate()
    _take_others(form)
    own = _FIELDS[step]
    for field in form:
        if field.name not in own:
            field.errors = []
    form.form_errors.clear()
    return not any(field.errors for field in form)


def _first_wrong(form: NewTournamentForm, draft: AnyDraft) -> str:
    """The step in which the first wrong value stands."""
    wrong = {field.name for field in form if field.errors}
    for step, names in _FIELDS.items():
        if not wrong.isdisjoint(names) or (step == "points" and any_editor(draft).errors):
            return step
    return "check"


def _created(form: NewTournamentForm, draft: AnyDraft) -> str:
    tournament_id = tournaments.create(
        format=str(form.format.data), ruleset=draft.settings(), fixtures=form.fixtures(), actor=access.actor(),
        now=utc_now(), **form.details(),
    )  # fmt: skip
    flash("The tournament is there, as a draft that only its officials see.", "done")
    return url_for("organizer.tournament", tournament_id=tournament_id)


def _blank(form: NewTournamentForm) -> AnyDraft:
    return rules_input.blank(is_royale=form.is_royale)


def _template() -> dict[str, Any] | None:
    """The settings of the template that the form began with."""
    template_id = request.values.get("template", type=id_of)
    if template_id is None:
        return None
    return tournament_templates.settings_of(template_id, actor=access.actor())


def _page(form: NewTournamentForm, draft: AnyDraft, step: str, *, is_refused: bool = False) -> Response:
    details = form.details()
    return page_or_fragment(
        "organizer/new.html", "organizer/_new_form.html", form=form, editor=any_editor(draft, checked=is_refused),
        step=step, steps=STEPS, frozen={}, is_royale=isinstance(draft, RulesDraft),
        shown=preview_of(details, str(form.format.data)), template_id=request.values.get("template", type=id_of),
        is_staff=access.actor().role == "admin",
    )  # fmt: skip
