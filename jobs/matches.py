"""Jobs about matches."""

from jobs.context import outbox_job
from webapp.services.disputes import dispute_deadlines
from webapp.services.matches import reporting
from webapp.services.spine.clock import utc_now


@outbox_job
def mark_overdue_reports(_key: str) -> None:
    """Mark the reports that the other side has not answered in time, so that officials look at them."""
    reporting.mark_overdue(now=utc_now())


@outbox_job
def escalate_overdue_disputes(_key: str) -> None:
    """Give the staff the disputes that officials have not decided in time."""
    dispute_deadlines.escalate_overdue(now=utc_now())
