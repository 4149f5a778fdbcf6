"""Jobs about registrations."""

from jobs.context import outbox_job
from webapp.services.registration import waitlist
from webapp.services.spine.clock import utc_now


@outbox_job
def pass_on_offers(_key: str) -> None:
    """Offer places that were not paid for in time to the next of the waitlist."""
    waitlist.pass_on(now=utc_now())
