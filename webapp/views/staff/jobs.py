"""The work behind the pages: queues, what failed, what waits, and trying again."""

from flask import Response, flash, url_for

from webapp.services.operations import work_queues
from webapp.services.spine.clock import utc_now
from webapp.services.staff_pages.jobs import read_jobs
from webapp.views import access
from webapp.views.htmx import page_or_fragment, see_other


@access.open_to(access.ADMIN)
def jobs() -> Response:
    """Queues, failed jobs, late rows of the outbox."""
    return page_or_fragment("staff/jobs.html", "staff/_jobs.html", view=read_jobs(actor=access.actor(), now=utc_now()))


@access.open_to(access.ADMIN)
def retry_row(item_id: int) -> Response:
    """Have a row of the outbox served now."""
    work_queues.retry_row(item_id, actor=access.actor(), now=utc_now())
    flash("It is tried again now.", "done")
    return see_other(url_for("staff.jobs"))


@access.open_to(access.ADMIN)
def retry_job(queue: str, job_id: str) -> Response:
    """Put a failed job back into its queue."""
    if work_queues.retry_job(queue, job_id, actor=access.actor(), now=utc_now()):
        flash("The job is in its queue again.", "done")
    else:
        flash("Redis is away: the job stays where it is.", "refused")
    return see_other(url_for("staff.jobs"))
