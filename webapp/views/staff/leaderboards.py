"""Boards taken apart, the cache, and computing anew."""

from flask import Response, flash, request, url_for

from webapp.services.operations import cache_admin, cache_status
from webapp.services.ranking import board_upkeep
from webapp.services.spine.clock import utc_now
from webapp.services.staff_pages.board_list import read_boards, read_inspection
from webapp.views import access
from webapp.views.htmx import page_or_fragment, see_other
from webapp.views.staff.addresses import page_number


@access.open_to(access.ADMIN)
def boards() -> Response:
    """All boards, and how the cache does."""
    found = read_boards(text=request.args.get("q", ""), page=page_number(), actor=access.actor())
    cache = cache_status.status(actor=access.actor())
    return page_or_fragment("staff/leaderboards.html", "staff/_boards.html", found=found, cache=cache)


@access.open_to(access.ADMIN)
def board(tournament_id: int) -> Response:
    """One board: raw totals, counts, versions, flags, what is cached."""
    view = read_inspection(tournament_id, page=page_number(), actor=access.actor())
    return page_or_fragment("staff/leaderboard.html", "staff/_inspection.html", view=view)


@access.open_to(access.ADMIN)
def recompute(tournament_id: int) -> Response:
    """Compute a board from all its results, now."""
    done = board_upkeep.recompute(tournament_id, actor=access.actor(), now=utc_now())
    if done.source == "engine_v2":
        changed = f"{len(done.deltas)} of {len(done.board)} rows changed" if len(done.deltas) else "nothing changed"
        flash(f"Computed from all results in {done.duration_us / 1000:.1f} ms: {changed}.", "done")
    else:
        flash("The engine is switched off: nothing was published.", "refused")
    return see_other(url_for("staff.leaderboard", tournament_id=tournament_id))


@access.open_to(access.ADMIN)
def invalidate(tournament_id: int) -> Response:
    """Clear what is cached of one tournament."""
    _say(cache_admin.invalidate(actor=access.actor(), now=utc_now(), tournament_id=tournament_id))
    return see_other(url_for("staff.leaderboard", tournament_id=tournament_id))


@access.open_to(access.ADMIN)
def invalidate_scope() -> Response:
    """Clear what is cached of a scope."""
    _say(cache_admin.invalidate(actor=access.actor(), now=utc_now(), scope=request.form.get("scope", "")))
    return see_other(url_for("staff.leaderboards"))


def _say(done: cache_admin.Invalidation) -> None:
    if done.cleared is None:
        flash("Redis is away, so that nothing is cached.", "refused")
    else:
        answers = "1 kept answer" if done.cleared == 1 else f"{done.cleared} kept answers"
        flash(f"Cleared: {answers}. Every process follows within a second.", "done")
