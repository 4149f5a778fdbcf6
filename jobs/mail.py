"""Jobs of the queue `email`: one message each. A job that runs twice sends twice, which harms nobody."""

from jobs.context import outbox_job
from webapp.services.accounts import accounts


@outbox_job
def send_verification_mail(key: str) -> None:
    """Send an account the link that confirms its address."""
    accounts.send_verification_mail(int(key))


@outbox_job
def send_reset_mail(key: str) -> None:
    """Send an account the link for a new password."""
    accounts.send_reset_mail(int(key))
