"""The times of a tournament's matches, all on one page: proposed round by round, checked for clashes, saved at once."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, request, url_for
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from webapp.domain.errors import Conflict, ResultError
from webapp.services.matches import schedules
from webapp.services.organizer_pages.schedule import ScheduleView, read_schedule, read_times
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import Form
from webapp.views.htmx import page, see_other
from webapp.views.organizer.forms import TimeField, ZoneField, in_utc, to_the_minute
from webapp.views.organizer.undo import flash_newest

_SCHEDULE: Final = "/tournaments/<int(max=2147483647):tournament_id>/schedule/"
_FORMATS: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
_A_DAY: Final = 24 * 60
_AT: Final = "at-"
_LONGEST_NAME: Final = len(_AT) + 9


class PlanForm(Form):
    """How times are proposed; the times themselves stand in fields of their own, `at-<match id>`."""

    first_at = TimeField("First at")
    every_minutes = IntegerField("Minutes for a match", default=30, validators=[Optional(), NumberRange(1, _A_DAY)])
    at_once = IntegerField("At once", default=4, validators=[Optional(), NumberRange(1, schedules.MOST_AT_ONCE)])
    zone = ZoneField()

    @property
    def length(self) -> timedelta:
        """How long a match keeps its sides."""
        return timedelta(minutes=self.every_minutes.data or 30)


def register(bp: Blueprint) -> None:
    """Serve this page."""
    bp.add_url_rule(_SCHEDULE, "schedule", schedule, methods=("GET", "POST"))


@access.open_to(access.ORGANIZER)
def schedule(tournament_id: int) -> Response | tuple[Response, int]:
    """The times; `propose` fills them in without saving, `save` takes them."""
    view = read_schedule(tournament_id, actor=access.actor(), page=request.args.get("page", 1, type=int))
    form = PlanForm()
    written = {match.id: request.form.get(f"at-{match.id}", "") for match in view.matches}
    if not form.has_come() or not form.validate():
        return _page(view, form, written if form.has_come() else None, {}), 422 if form.has_come() else 200
    if request.form.get("do") == "propose":
        return _proposed(tournament_id, view, form, written)
    times, wrong = _read(view, form, written)
    if wrong:
        return _page(view, form, written, wrong), 422
    times |= _not_shown(tournament_id, view, form)
    return _saved(tournament_id, view, form, written, times)


def _proposed(
    tournament_id: int, view: ScheduleView, form: PlanForm, written: dict[int, str]
) -> Response | tuple[Response, int]:
    first_at = in_utc(form.first_at.data, form.zone.data)
    if first_at is None:
        form.first_at.errors = ["Say when the first match begins."]
        return _page(view, form, written, {}), 422
    plan = schedules.proposed(
        tournament_id, first_at, every=form.length, at_once=form.at_once.data or 1, actor=access.actor()
    )
    # In the zone of the form, as every other time that stands in it.
    zone = form.zone.data
    shown = written | {match_id: _on_the_wall(at, zone) for match_id, at in plan.items()}
    flash("These times are proposed; nothing is saved yet.", "done")
    return _page(view, form, shown, {})


def _saved(
    tournament_id: int,
    view: ScheduleView,
    form: PlanForm,
    written: dict[int, str],
    times: dict[int, datetime | None],
) -> Response | tuple[Response, int]:
    try:
        changed = schedules.set_times(tournament_id, times, length=form.length, actor=access.actor(), now=utc_now())
    except (Conflict, ResultError) as error:
        wrong: dict[int, list[str]] = {}
        for problem in error.fields:
            wrong.setdefault(int(problem.path.removeprefix("at-")), []).append(problem.message)
        if not wrong or wrong.keys() - written.keys():
            # No field of the page could say it.
            form.form_errors.append(error.message)
        return _page(view, form, written, wrong), 409 if isinstance(error, Conflict) else 422
    home = url_for("organizer.schedule", tournament_id=tournament_id, page=view.paging.number)
    if changed:
        flash_newest(f"{len(changed)} times are saved.", tournament_id, back=home)
    else:
        flash("Nothing was different; nothing is changed.", "done")
    return see_other(home)


def _read(
    view: ScheduleView, form: PlanForm, written: dict[int, str]
) -> tuple[dict[int, datetime | None], dict[int, list[str]]]:
    times: dict[int, datetime | None] = {}
    wrong: dict[int, list[str]] = {}
    for match in view.matches:
        text = written[match.id].strip()
        wall = _wall(text)
        if text and wall is None:
            wrong[match.id] = ["Write day and time, such as 2026-11-21T18:30."]
        else:
            times[match.id] = to_the_minute(in_utc(wall, form.zone.data), match.scheduled_at)
    return times, wrong


def _not_shown(tournament_id: int, view: ScheduleView, form: PlanForm) -> dict[int, datetime | None]:
    """The times that came for matches which have begun since, or stand on another page by now: they count as well."""
    shown = {match.id for match in view.matches}
    walls = {
        int(name.removeprefix(_AT)): _wall(text.strip())
        for name, text in request.form.items()
        if name.startswith(_AT) and name.removeprefix(_AT).isdecimal() and len(name) <= _LONGEST_NAME
    }
    ids = walls.keys() - shown
    kept = read_times(tournament_id, ids, actor=access.actor()) if ids else {}
    return {
        match_id: to_the_minute(in_utc(walls[match_id], form.zone.data), at)
        for match_id, at in kept.items()
        if walls[match_id] is not None
    }


def _wall(text: str) -> datetime | None:
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  (a clock on the wall knows no zone; the form's follows)
        except ValueError:
            continue
    return None


def _on_the_wall(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime(_FORMATS[0])


def _page(view: ScheduleView, form: PlanForm, written: dict[int, str] | None, wrong: dict[int, list[str]]) -> Response:
    shown = written if written is not None else {
        match.id: "" if match.scheduled_at is None else match.scheduled_at.strftime(_FORMATS[0])
        for match in view.matches
    }  # fmt: skip
    return page("organizer/schedule.html", view=view, managed=view.head, form=form, shown=shown, wrong=wrong)
