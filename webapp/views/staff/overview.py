"""The first page of staff, which keeps itself current."""

from flask import Response

from webapp.services.spine.clock import utc_now
from webapp.services.staff_pages.overview import read_overview
from webapp.views import access
from webapp.views.htmx import page_or_fragment


@access.open_to(access.ADMIN)
def overview() -> Response:
    """How the site does: queues, outbox, processes, cache, flags, what was done last."""
    view = read_overview(actor=access.actor(), now=utc_now())
    return page_or_fragment("staff/overview.html", "staff/_overview.html", view=view)
