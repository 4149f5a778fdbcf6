"""`cleanup-notifications`: what was read long ago."""

from typing import Final

import click

from webapp.cli.console import operator_command
from webapp.services.notifications import reading
from webapp.services.spine.clock import utc_now

_LONGEST_DAYS: Final = 3650
_EPILOG: Final = """
\b
Example:
  flask --app wsgi cleanup-notifications --days 30
"""


@operator_command("cleanup-notifications", epilog=_EPILOG)
@click.option(
    "--days",
    type=click.IntRange(1, _LONGEST_DAYS),
    default=reading.KEPT_DAYS,
    show_default=True,
    help="What was read longer ago than so many days is deleted.",
)
def cleanup_notifications(days: int) -> None:
    """Delete notifications that were read long ago; what nobody has read stays. Runs by itself every night."""
    count = reading.forget_old(days, now=utc_now())
    click.echo(f"{count:,} notification{'s' * (count != 1)} deleted")
