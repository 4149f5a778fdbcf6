"""The grid of a battle-royale match: look, check and paste, preview, confirm, correct, void."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import Conflict, ResultError, TransitionError
from webapp.services.matches import grid
from webapp.services.matches.grid_view import GridView, Saved, Typed
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.htmx import fragment, page, page_or_fragment, see_other, wants_fragment
from webapp.views.organizer import grid_form
from webapp.views.organizer.undo import flash_newest

_GRID: Final = "/matches/<int(max=2147483647):match_id>/grid/"


def register(bp: Blueprint) -> None:
    """Serve the grid among the pages of the organizer."""
    bp.add_url_rule(_GRID, "grid", show)
    bp.add_url_rule(_GRID + "check/", "grid_check", check, methods=["POST"])
    bp.add_url_rule(_GRID + "preview/", "grid_preview", preview, methods=["POST"])
    bp.add_url_rule(_GRID + "confirm/", "grid_confirm", confirm, methods=["POST"])
    bp.add_url_rule(_GRID + "correct/", "grid_correct", correct, methods=["POST"])
    bp.add_url_rule(_GRID + "void/", "grid_void", void, methods=["GET", "POST"])


@access.open_to(access.ORGANIZER)
def show(match_id: int) -> Response:
    """The grid with the result that counts now; `fill=reports` fills an open one with what the sides report."""
    read = grid.read_reported if request.args.get("fill") == "reports" else grid.read_grid
    return page("organizer/grid.html", view=read(match_id, actor=access.actor()))


@access.open_to(access.ORGANIZER)
def check(match_id: int) -> Response:
    """The grid as typed, what was pasted filled in, with everything that is wrong."""
    view = grid.read_typed(match_id, grid_form.typed(), actor=access.actor())
    return page_or_fragment("organizer/grid.html", "organizer/_grid.html", view=view, reason=grid_form.reason())


@access.open_to(access.ORGANIZER)
def preview(match_id: int) -> Response:
    """The board as it would be: alone for htmx, with the grid for everybody else."""
    view = grid.preview(match_id, grid_form.typed(), actor=access.actor(), now=utc_now())
    answer = page_or_fragment(
        "organizer/grid.html", "organizer/_grid_previewed.html", view=view, reason=grid_form.reason()
    )
    answer.status_code = 422 if view.errors else 200
    return answer


@access.open_to(access.ORGANIZER)
def confirm(match_id: int) -> Response:
    """Confirm the result, then on to the next match."""
    typed = grid_form.typed()
    return _submitted(match_id, typed, lambda: grid.confirm(match_id, typed, actor=access.actor(), now=utc_now()))


@access.open_to(access.ORGANIZER)
def correct(match_id: int) -> Response:
    """Replace a confirmed or voided result, with a reason."""
    typed, reason = grid_form.typed(), grid_form.reason()

    def save() -> Saved:
        return grid.correct(match_id, typed, reason=reason, actor=access.actor(), now=utc_now())

    return _submitted(match_id, typed, save, back_to_it=True)


@access.open_to(access.ORGANIZER)
def void(match_id: int) -> Response:
    """What taking the result out would do; by POST it is done, with a reason."""
    if not grid_form.was_sent():
        return _void_page(match_id, 200)
    revision, reason = grid_form.revision(), grid_form.reason()
    try:
        saved = grid.void(match_id, revision=revision, reason=reason, actor=access.actor(), now=utc_now())
    except Conflict as conflict:
        return _void_page(match_id, 409, refusal=conflict.message, reason=reason)
    except ResultError as error:
        return _void_page(match_id, 422, problems=dict(error.fields), reason=reason)
    _say(saved, "voided")
    return see_other(url_for("organizer.grid", match_id=match_id))


def _void_page(match_id: int, status: int, **more: Any) -> Response:
    view = grid.preview_void(match_id, actor=access.actor(), now=utc_now())
    answer = page("organizer/grid_void.html", view=view, **more)
    answer.status_code = status
    return answer


def _submitted(match_id: int, typed: Typed, save: Callable[[], Saved], *, back_to_it: bool = False) -> Response:
    try:
        saved = save()
    except grid.UnacceptedWarnings:
        return _again(match_id, typed, 422, needs_tick=True)
    except (Conflict, TransitionError) as conflict:
        if conflict.code in grid.MEANWHILE:
            return _conflict(match_id, typed)
        return _again(match_id, typed, 409, refusal=conflict.message)
    except ResultError as error:
        return _again(match_id, typed, 422, problems=dict(error.fields))
    _say(saved, "corrected" if back_to_it else "confirmed")
    return see_other(_next_page(saved, back_to_it=back_to_it))


def _again(match_id: int, typed: Typed, status: int, **more: Any) -> Response:
    """The grid once more, as it was typed, with what has to be mended."""
    view: GridView = grid.read_typed(match_id, typed._replace(pasted=""), actor=access.actor())
    answer = page_or_fragment(
        "organizer/grid.html", "organizer/_grid.html", view=view, reason=grid_form.reason(), **more
    )
    answer.status_code = status
    return answer


def _conflict(match_id: int, typed: Typed) -> Response:
    conflict = grid.read_conflict(match_id, typed, actor=access.actor())
    show_it = fragment if wants_fragment() else page
    template = "organizer/_grid_conflict.html" if wants_fragment() else "organizer/grid_conflict.html"
    answer = show_it(template, conflict=conflict, reason=grid_form.reason())
    answer.status_code = 409
    return answer


def _say(saved: Saved, what: str) -> None:
    """What was done, on the next page, with a button that takes it back."""
    if not saved.was_saved_before:
        back = url_for("organizer.grid", match_id=saved.match_id)
        flash_newest(f"Match {saved.number} {what}.", saved.tournament_id, back=back)
        return
    since = " It has been changed since." if saved.newest_revision > saved.revision else ""
    flash(f"Match {saved.number} was saved already; nothing changed now.{since}", "done")


def _next_page(saved: Saved, *, back_to_it: bool) -> str:
    if back_to_it:
        return url_for("organizer.grid", match_id=saved.match_id)
    if saved.next_match_id is not None:
        return url_for("organizer.grid", match_id=saved.next_match_id)
    return url_for("organizer.matches", tournament_id=saved.tournament_id)
