"""Jobs about tournaments."""

from jobs.context import outbox_job
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import wrap_ups


@outbox_job
def wrap_up(_key: str) -> None:
    """Complete the tournaments in which everything is played."""
    wrap_ups.wrap_up(now=utc_now())
