"""Jobs about freezes."""

from jobs.context import outbox_job
from webapp.services.live import freezes
from webapp.services.spine.clock import utc_now


@outbox_job
def begin_due(_key: str) -> None:
    """Begin the freezes whose time has come, whether or not a result comes in."""
    freezes.begin_due(now=utc_now())
