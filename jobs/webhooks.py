"""Jobs of webhooks."""

from jobs.context import outbox_job
from webapp.services.spine.clock import utc_now
from webapp.services.webhooks import forgetting, sender


@outbox_job
def deliver_due(_key: str) -> None:
    """Wake the sender of this process; where there is none, send here what is due."""
    if not sender.wake():
        sender.deliver_due(clock=utc_now)


@outbox_job
def forget_old(_key: str) -> None:
    """Delete what was sent long ago."""
    forgetting.forget_old(now=utc_now())
