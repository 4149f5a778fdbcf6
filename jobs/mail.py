"""Jobs of the queue `email`: mails that accounts need, one each, and what people are told by mail."""

from jobs.context import outbox_job
from webapp.services.accounts import accounts
from webapp.services.notifications import digests, mails
from webapp.services.spine.clock import utc_now


@outbox_job
def send_verification_mail(key: str) -> None:
    """Send an account the link that confirms its address."""
    accounts.send_verification_mail(int(key))


@outbox_job
def send_reset_mail(key: str) -> None:
    """Send an account the link for a new password."""
    accounts.send_reset_mail(int(key))


@outbox_job
def send_due(_key: str) -> None:
    """Send mails that are due."""
    mails.send_due(clock=utc_now)


@outbox_job
def write_digests(_key: str) -> None:
    """Write down the daily digests that have fallen due."""
    digests.write_due(now=utc_now())
