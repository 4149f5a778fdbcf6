"""Jobs about what people are told."""

from jobs.context import outbox_job
from webapp.services.notifications import mail_queue, reading, routing
from webapp.services.spine.clock import utc_now


@outbox_job
def route_tournament(key: str) -> None:
    """Write down who is told of what a tournament's log tells."""
    routing.route_tournament(int(key), now=utc_now())


@outbox_job
def route_team(key: str) -> None:
    """Write down who is told of what a team's log tells."""
    routing.route_team(int(key), now=utc_now())


@outbox_job
def request_stale_routes(_key: str) -> None:
    """Ask for the routing of logs that are behind."""
    routing.request_stale(now=utc_now())


@outbox_job
def forget_old(_key: str) -> None:
    """Delete what was read long ago, and mails that were sent long ago."""
    reading.forget_old(now=utc_now())
    mail_queue.forget_old(now=utc_now())
