"""The check-in desk: many at once, taking back, the close with its preview, and undoing it."""

from typing import Final

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import DomainError, NotFound, ResultError
from webapp.services.organizer_pages.checkin_desk import read_desk
from webapp.services.organizer_pages.managed import ensure_participant_of
from webapp.services.registration import checkin_close, checkins
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import id_of
from webapp.views.htmx import page, see_other

_ALL: Final = "/tournaments/<int(max=2147483647):tournament_id>/check-in/"


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule(_ALL, "checkin", checkin)
    bp.add_url_rule(_ALL + "many/", "checkin_many", checkin_many, methods=("POST",))
    bp.add_url_rule(
        _ALL + "<int(max=2147483647):participant_id>/undo/", "undo_checkin", undo_checkin, methods=("POST",)
    )
    bp.add_url_rule(_ALL + "close/", "close_checkin", close_checkin, methods=("POST",))
    bp.add_url_rule(_ALL + "reopen/", "reopen_checkin", reopen_checkin, methods=("POST",))


@access.open_to(access.ORGANIZER)
def checkin(tournament_id: int) -> Response:
    """Who is there and who is not, and what closing would do."""
    return _page(tournament_id)


@access.open_to(access.ORGANIZER)
def checkin_many(tournament_id: int) -> Response | tuple[Response, int]:
    """All that are ticked are there."""
    ticked = request.form.getlist("participant", type=id_of)
    try:
        new = checkins.check_in_many(tournament_id, ticked, actor=access.actor(), now=utc_now())
    except DomainError as error:
        return _refused(tournament_id, error)
    flash("1 is checked in." if len(new) == 1 else f"{len(new)} are checked in.", "done")
    return _back(tournament_id)


@access.open_to(access.ORGANIZER)
def undo_checkin(tournament_id: int, participant_id: int) -> Response | tuple[Response, int]:
    """One is not there after all."""
    ensure_participant_of(tournament_id, participant_id)
    try:
        checkins.undo(participant_id, actor=access.actor(), now=utc_now())
    except DomainError as error:
        return _refused(tournament_id, error)
    flash("The check-in is taken back.", "done")
    return _back(tournament_id)


@access.open_to(access.ORGANIZER)
def close_checkin(tournament_id: int) -> Response | tuple[Response, int]:
    """Do what the preview shows."""
    seen = request.form.get("seen") or None
    try:
        done = checkin_close.close(tournament_id, seen=seen, actor=access.actor(), now=utc_now())
    except DomainError as error:
        return _refused(tournament_id, error)
    flash(f"Check-in is closed: {len(done.no_shows)} out, {len(done.promoted)} in from the waitlist.", "done")
    return _back(tournament_id)


@access.open_to(access.ORGANIZER)
def reopen_checkin(tournament_id: int) -> Response | tuple[Response, int]:
    """Everybody is what they were before the close."""
    try:
        changed = checkin_close.reopen(tournament_id, actor=access.actor(), now=utc_now())
    except DomainError as error:
        return _refused(tournament_id, error)
    flash("Everything is as it was before the close." if changed else "Check-in is not closed.", "done")
    return _back(tournament_id)


def _refused(tournament_id: int, error: DomainError) -> tuple[Response, int]:
    if isinstance(error, NotFound):
        raise error
    flash(error.message, "refused")
    return _page(tournament_id), 422 if isinstance(error, ResultError) else 409


def _back(tournament_id: int) -> Response:
    return see_other(url_for("organizer.checkin", tournament_id=tournament_id))


def _page(tournament_id: int) -> Response:
    view = read_desk(tournament_id, actor=access.actor(), now=utc_now())
    return page("organizer/checkin.html", view=view, managed=view.head)
