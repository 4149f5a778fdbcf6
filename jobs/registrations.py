"""Jobs about registrations."""

from jobs.context import outbox_job
from webapp.services.registration import checkin_opening, waitlist
from webapp.services.spine.clock import utc_now


@outbox_job
def pass_on_offers(_key: str) -> None:
    """Offer places that were not paid for in time to the next of the waitlist."""
    waitlist.pass_on(now=utc_now())


@outbox_job
def open_checkins(_key: str) -> None:
    """Say of tournaments whose check-in has opened that it has."""
    checkin_opening.open_due(now=utc_now())
