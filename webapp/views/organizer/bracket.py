"""The bracket of a tournament under its organizer's hands: seeded, looked at, drawn, locked, carried on."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import BracketError, Conflict
from webapp.services.bracketing import brackets
from webapp.services.organizer_pages.bracket import ManagedBracket, read_drawn, read_managed_bracket
from webapp.services.pages.bracket_view import BracketView
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import take_errors
from webapp.views.htmx import page, see_other
from webapp.views.once import once
from webapp.views.organizer.bracket_form import METHODS, SEED_FIELD, SeedingForm, SwapForm

DRAW: Final = "draw"
_LONGEST_PART: Final = 4


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    one = "/tournaments/<int(max=2147483647):tournament_id>/bracket/"
    stage = one + "stages/<int(max=2147483647):stage_number>/"
    bp.add_url_rule(one, "bracket", bracket, methods=("GET", "POST"))
    bp.add_url_rule(one + "swap/", "swap_seeds", swap_seeds, methods=("POST",))
    bp.add_url_rule(stage + "finalize/", "finalize_bracket", finalize_bracket, methods=("POST",))
    bp.add_url_rule(stage + "unfinalize/", "unfinalize_bracket", unfinalize_bracket, methods=("POST",))


@access.open_to(access.ORGANIZER)
def bracket(tournament_id: int) -> Response | tuple[Response, int]:
    """The stages as they are, and how the first one is seeded: first looked at, then drawn."""
    view, form = _view(tournament_id), SeedingForm()
    if not form.has_come():
        return _page(view, _as_drawn(view))
    actor, now = access.actor(), utc_now()
    try:
        wanted = form.wanted(view.lines)
        if DRAW in request.form:
            return once(lambda: _drawn(tournament_id, wanted))
        seen = brackets.preview(tournament_id, **wanted, actor=actor, now=now)
    except (BracketError, Conflict) as error:
        wrong = {problem.path: problem.message for problem in error.fields if problem.path.startswith(SEED_FIELD)}
        if view.fixed or view.refusal:
            # There is no form any more that could say it.
            flash(error.message, "refused")
        elif not wrong:
            form.form_errors.append(error.message)
        return _page(view, form, wrong=wrong, is_seeding=True), 409 if isinstance(error, Conflict) else 422
    names = {line.participant_id: line for line in view.lines}
    preview = read_drawn(seen.bracket, seen.seeds, format=view.format)
    order = [names[who] for who in seen.seeds if who in names]
    return _page(view, form, preview=preview, order=order, is_seeding=True)


@access.open_to(access.ORGANIZER)
def swap_seeds(tournament_id: int) -> Response | tuple[Response, int]:
    """Two seeds of the first stage change places."""
    form = SwapForm()
    view = _view(tournament_id)
    if form.validate():
        try:
            brackets.swap_seeds(tournament_id, form.first.data, form.second.data, actor=access.actor(), now=utc_now())
        except (BracketError, Conflict) as error:
            take_errors(form, error)
            return _page(view, _as_drawn(view), swap=form), 409 if isinstance(error, Conflict) else 422
        flash(f"Seeds {form.first.data} and {form.second.data} have changed places.", "done")
        return see_other(url_for("organizer.bracket", tournament_id=tournament_id))
    return _page(view, _as_drawn(view), swap=form), 422


@access.open_to(access.ORGANIZER)
def finalize_bracket(tournament_id: int, stage_number: int) -> Response | tuple[Response, int]:
    """Lock a stage against being drawn anew."""
    return _moved(tournament_id, brackets.finalize, "The bracket is finalized: it cannot be drawn anew.", stage_number)


@access.open_to(access.ORGANIZER)
def unfinalize_bracket(tournament_id: int, stage_number: int) -> Response | tuple[Response, int]:
    """Open a locked stage again."""
    return _moved(tournament_id, brackets.unfinalize, "The bracket is open again.", stage_number)


def _moved(
    tournament_id: int, move: Callable[..., Any], done: str, stage_number: int
) -> Response | tuple[Response, int]:
    try:
        move(tournament_id, stage_number=stage_number, actor=access.actor(), now=utc_now())
    except (BracketError, Conflict) as error:
        flash(error.message, "refused")
        view = _view(tournament_id)
        return _page(view, _as_drawn(view)), 409
    flash(done, "done")
    return see_other(url_for("organizer.bracket", tournament_id=tournament_id))


def _drawn(tournament_id: int, wanted: dict[str, Any]) -> str:
    brackets.generate(tournament_id, **wanted, actor=access.actor(), now=utc_now())
    flash("The bracket is drawn.", "done")
    return url_for("organizer.bracket", tournament_id=tournament_id)


def _view(tournament_id: int) -> ManagedBracket:
    part = request.args.get("part", "")[:_LONGEST_PART]
    return read_managed_bracket(tournament_id, part=part, actor=access.actor(), now=utc_now())


def _as_drawn(view: ManagedBracket) -> SeedingForm:
    """The form as the first stage was seeded."""
    drawn = view.first
    if drawn is None or drawn.seeding not in METHODS:
        return SeedingForm(formdata=None)
    return SeedingForm(formdata=None, data={"seeding": drawn.seeding, "random_seed": drawn.seeding_seed})


def _page(
    view: ManagedBracket,
    form: SeedingForm,
    *,
    wrong: dict[str, str] | None = None,
    preview: BracketView | None = None,
    order: list[Any] | None = None,
    swap: SwapForm | None = None,
    is_seeding: bool = False,
) -> Response:
    # Numbers that were written stay as they were written.
    written = {name: value for name, value in request.form.items() if name.startswith(SEED_FIELD)} if wrong else {}
    return page(
        "organizer/bracket.html", view=view, managed=view.head, form=form, wrong=wrong or {}, preview=preview,
        is_seeding=is_seeding, lines=order or view.lines, written=written, swap=swap or SwapForm(formdata=None),
        part=request.args.get("part", "")[:_LONGEST_PART],
    )  # fmt: skip
