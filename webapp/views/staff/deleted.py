"""Deleted tournaments, and bringing them back."""

from flask import Response, flash, url_for

from webapp.services.spine.clock import utc_now
from webapp.services.staff_pages.deleted_list import read_deleted
from webapp.services.tournaments import tournament_removal
from webapp.views import access
from webapp.views.htmx import page, see_other
from webapp.views.staff.addresses import page_number


@access.open_to(access.ADMIN)
def deleted() -> Response:
    """Tournaments that were deleted, the latest first."""
    return page("staff/deleted.html", found=read_deleted(page=page_number(), actor=access.actor()))


@access.open_to(access.ADMIN)
def restore_tournament(tournament_id: int) -> Response:
    """Bring a tournament back as it was."""
    tournament_removal.restore(tournament_id, actor=access.actor(), now=utc_now())
    flash("The tournament is back as it was.", "done")
    return see_other(url_for("staff.deleted"))
