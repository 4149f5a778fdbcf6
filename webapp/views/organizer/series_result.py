"""An official enters the games of a series, and the drafts of its games."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Response, flash, request, url_for
from wtforms import RadioField

from webapp.domain.drafts import DraftAction
from webapp.domain.errors import Conflict, DomainError, DraftError, Forbidden, NotFound, ResultError
from webapp.services.matches import match_drafts, series
from webapp.services.organizer_pages.managed import ensure_match_of
from webapp.services.organizer_pages.match_desk import DeskView, DraftDesk, read_desk, read_draft_desk
from webapp.services.pages.report_views import ReportedGame
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.local_paths import is_local
from webapp.views.organizer.undo import flash_newest
from webapp.views.series_form import GamesForm

_MATCH: Final = "/tournaments/<int(max=2147483647):tournament_id>/matches/<int(max=2147483647):match_id>/"
_FORM: Final = ("GET", "POST")


class DraftForm(Form):
    """Who picks first; the heroes stand in fields of their own, `hero-1` and on."""

    first_id = RadioField("Picks first", coerce=int, validate_choice=False)

    def heroes(self, count: int) -> list[str]:
        """What is typed for each action."""
        return [request.form.get(f"hero-{order}", "").strip() for order in range(1, count + 1)]


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule(_MATCH + "result/", "series_result", series_result, methods=_FORM)
    bp.add_url_rule(_MATCH + "draft/<int(max=9):number>/", "match_draft", match_draft, methods=_FORM)


@access.open_to(access.ORGANIZER)
def series_result(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """The games, entered and confirmed at once."""
    desk = read_desk(tournament_id, match_id, actor=access.actor())
    if not desk.has_sides:
        return _too_early(tournament_id, desk)
    sides = _both(desk)
    form = GamesForm(desk.best_of, _known(desk))
    if form.validate_on_submit():
        try:
            outcome = series.confirm(
                match_id, form.played(sides), actor=access.actor(), now=utc_now(),
                expected_revision=request.form.get("revision", type=int),
            )  # fmt: skip
        except (NotFound, Forbidden):
            raise
        except DomainError as error:
            form.take_game_errors(error)
            return _result_page(desk, form), 409 if isinstance(error, Conflict) else 422
        came_from = request.args.get("back", "")
        desk_url = url_for("organizer.match", tournament_id=tournament_id, match_id=match_id)
        home = came_from if is_local(came_from) else desk_url
        if outcome.changed:
            flash_newest("The result is confirmed.", tournament_id, back=home)
        else:
            flash("It is confirmed so already.", "done")
        return see_other(home)
    return _result_page(desk, form), 422 if form.has_come() else 200


@access.open_to(access.ORGANIZER)
def match_draft(tournament_id: int, match_id: int, number: int) -> Response | tuple[Response, int]:
    """The draft of one game, as far as it has come."""
    desk, draft = read_draft_desk(tournament_id, match_id, number, actor=access.actor())
    form = DraftForm(data={"first_id": draft.first_id or _both(desk)[0]})
    form.first_id.choices = [(side.id, side.name) for side in desk.sides]
    heroes = form.heroes(len(draft.steps)) if form.has_come() else [action.hero or "" for action in draft.actions]
    if form.validate_on_submit():
        try:
            _keep_draft(tournament_id, match_id, number, form, _actions(draft, heroes))
        except (Conflict, DraftError, ResultError) as error:
            return _draft_page(desk, draft, form, heroes, error), 409 if isinstance(error, Conflict) else 422
        return see_other(
            url_for("organizer.match_draft", tournament_id=tournament_id, match_id=match_id, number=number)
        )
    return _draft_page(desk, draft, form, heroes), 422 if form.has_come() else 200


def _keep_draft(
    tournament_id: int, match_id: int, number: int, form: DraftForm, actions: Sequence[DraftAction]
) -> None:
    ensure_match_of(tournament_id, match_id)
    changed = match_drafts.record(
        match_id, number, first_id=form.first_id.data or 0, actions=actions, actor=access.actor(), now=utc_now()
    )
    flash("The draft is saved." if changed else "Nothing was different; nothing is changed.", "done")


def _actions(draft: DraftDesk, heroes: Sequence[str]) -> list[DraftAction]:
    """The actions up to the last one that names a hero; a ban left empty before it was let pass."""
    last = max((order for order, hero in enumerate(heroes, start=1) if hero), default=0)
    return [
        DraftAction(order, step.side, step.action, hero or None)
        for order, (step, hero) in enumerate(zip(draft.steps[:last], heroes, strict=False), start=1)
    ]


def _both(desk: DeskView) -> tuple[int, int]:
    ids = [side.id for side in desk.sides if side.id is not None]
    if len(ids) != 2:
        raise NotFound(f"Match {desk.number} does not have its two sides yet.", code="match_without_sides")
    return ids[0], ids[1]


def _too_early(tournament_id: int, desk: DeskView) -> Response:
    """To the desk, which says what can be done before both are known."""
    flash(f"Match {desk.number} does not have its two sides yet.", "refused")
    return see_other(url_for("organizer.match", tournament_id=tournament_id, match_id=desk.id))


def _known(desk: DeskView) -> tuple[ReportedGame, ...]:
    """What the form begins with: the games that count, else what one side has reported and nobody has contradicted."""
    if desk.games:
        return desk.games
    reports = [report for report in desk.reports if report.is_open]
    return reports[0].games if len(reports) == 1 else ()


def _result_page(desk: DeskView, form: GamesForm) -> Response:
    return page("organizer/series_result.html", desk=desk, managed=desk.head, form=form)


def _draft_page(
    desk: DeskView, draft: DraftDesk, form: DraftForm, heroes: Sequence[str], error: DomainError | None = None
) -> Response:
    wrong: dict[int, list[str]] = {}
    elsewhere: list[Any] = []
    for problem in error.fields if error else ():
        place = problem.path.removeprefix("action ").partition(":")[0]
        if problem.path.startswith("action ") and place.isdigit():
            wrong.setdefault(int(place), []).append(problem.message)
        else:
            elsewhere.append(problem)
    if error is not None and (elsewhere or not error.fields):
        error.fields = tuple(elsewhere)
        take_errors(form, error)
    return page(
        "organizer/match_draft.html", desk=desk, managed=desk.head, draft=draft, form=form, wrong=wrong,
        heroes=[*heroes, *[""] * (len(draft.steps) - len(heroes))],
    )  # fmt: skip
