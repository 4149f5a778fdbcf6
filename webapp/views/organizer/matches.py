"""The schedule of a tournament: lobbies to be played, one after the other."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response, flash, request, url_for

from webapp.domain.errors import Conflict, ResultError, TransitionError
from webapp.services.matches import match_details
from webapp.services.matches import matches as match_services
from webapp.services.matches.matches import Fixture
from webapp.services.organizer_pages.managed import ensure_match_of
from webapp.services.organizer_pages.matches import ManagedMatch, MatchesView, read_match, read_matches
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import take_errors
from webapp.views.htmx import page, see_other
from webapp.views.once import once
from webapp.views.organizer.forms import MatchForm, ReasonForm, ScheduleForm, in_utc, on_the_wall, to_the_minute
from webapp.views.organizer.undo import flash_newest


@access.open_to(access.ORGANIZER)
def matches(tournament_id: int) -> Response | tuple[Response, int]:
    """The matches, and the form that adds some."""
    view = _view(tournament_id)
    form = ScheduleForm(data={"first_at": None if view.last_number else on_the_wall(view.head.starts_at)})
    if form.validate_on_submit():
        try:
            return once(lambda: _added(tournament_id, form.fixtures(view.last_number)))
        except Conflict as error:
            # The form may be gone from the page with what made it a conflict.
            flash(error.message, "refused")
            return _page(view, form), 409
        except ResultError as error:
            take_errors(form, error)
    return _page(view, form), 422 if form.has_come() else 200


@access.open_to(access.ORGANIZER)
def edit_match(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """Label, map, stream and start of one match."""
    head, match = read_match(tournament_id, match_id, actor=access.actor())
    kept = {"label": match.label, "map": match.map, "stream_url": match.stream_url}
    form = MatchForm(data={**kept, "scheduled_at": on_the_wall(match.scheduled_at)})
    status = 422 if form.has_come() else 200
    if form.validate_on_submit():
        try:
            changed = match_details.update(
                match_id, label=form.label.data or "", map_name=form.map.data,
                scheduled_at=_begins(form, match), stream_url=form.stream_url.data, actor=access.actor(), now=utc_now(),
            )  # fmt: skip
        except (Conflict, ResultError) as error:
            status = 409 if isinstance(error, Conflict) else 422
            take_errors(form, error)
        else:
            flash("Saved." if changed else "Nothing was different; nothing is changed.", "done")
            return see_other(url_for("organizer.matches", tournament_id=tournament_id))
    answer = page("organizer/match_edit.html", managed=head, match=match, form=form)
    return answer, status


@access.open_to(access.ORGANIZER)
def start_match(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """A lobby begins."""
    ensure_match_of(tournament_id, match_id)
    try:
        match_services.start_match(match_id, actor=access.actor(), now=utc_now())
    except (Conflict, TransitionError) as error:
        flash(error.message, "refused")
        return _page(_view(tournament_id), ScheduleForm(formdata=None)), 409
    flash("The match is live.", "done")
    return see_other(url_for("organizer.matches", tournament_id=tournament_id))


@access.open_to(access.ORGANIZER)
def cancel_match(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """Take a lobby off the schedule, with a reason."""
    reason = ReasonForm()
    ensure_match_of(tournament_id, match_id)
    try:
        match_services.cancel_match(match_id, reason=reason.reason.data or "", actor=access.actor(), now=utc_now())
    except ResultError as error:
        take_errors(reason, error)
        return _page(_view(tournament_id), ScheduleForm(formdata=None), reason=reason, open_match=match_id), 422
    except (Conflict, TransitionError) as error:
        flash(error.message, "refused")
        return _page(_view(tournament_id), ScheduleForm(formdata=None)), 409
    home = url_for("organizer.matches", tournament_id=tournament_id)
    flash_newest("The match is cancelled.", tournament_id, back=home)
    return see_other(home)


def _begins(form: MatchForm, match: ManagedMatch) -> datetime | None:
    """When the match is to begin; one that has begun is not asked about."""
    if not match.can_start:
        return match.scheduled_at
    return to_the_minute(in_utc(form.scheduled_at.data, form.zone.data), match.scheduled_at)


def _added(tournament_id: int, fixtures: Sequence[Fixture]) -> str:
    ids = match_services.schedule(tournament_id, fixtures, actor=access.actor(), now=utc_now())
    flash("One match is added." if len(ids) == 1 else f"{len(ids)} matches are added.", "done")
    return url_for("organizer.matches", tournament_id=tournament_id)


def _view(tournament_id: int) -> MatchesView:
    return read_matches(tournament_id, actor=access.actor(), page=request.args.get("page", 1, type=int))


def _page(
    view: MatchesView, form: ScheduleForm, *, reason: ReasonForm | None = None, open_match: int | None = None
) -> Response:
    blank = ReasonForm(formdata=None)
    return page(
        "organizer/matches.html", view=view, managed=view.head, form=form, blank_reason=blank,
        reason=reason or blank, open_match=open_match,
    )  # fmt: skip
