"""Disputes that officials have given to the staff."""

from flask import Response, request

from webapp.services.pages.dispute_reads import read_escalated
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.htmx import page


@access.open_to(access.ADMIN)
def escalated() -> Response:
    """Those that wait first; each is decided on its tournament's pages."""
    found = read_escalated(page=request.args.get("page", 1, type=int), now=utc_now())
    return page("staff/disputes.html", section="Disputes", found=found)
