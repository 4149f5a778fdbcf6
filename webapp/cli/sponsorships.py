"""`process-sponsorships`: sponsors and promotions of teams whose time has come."""

from typing import Final

import click

from webapp.cli.console import operator_command
from webapp.services.spine.clock import utc_now
from webapp.services.teams import promotions, sponsors

_EPILOG: Final = """
\b
Example:
  flask --app wsgi process-sponsorships --sponsors-only
"""


@operator_command("process-sponsorships", epilog=_EPILOG)
@click.option("--sponsors-only", is_flag=True, help="Only end sponsors whose last day has passed.")
@click.option("--promotions-only", is_flag=True, help="Only start and end promotions.")
def process_sponsorships(*, sponsors_only: bool, promotions_only: bool) -> None:
    """End sponsors, start and end promotions of teams. Runs by itself: at 03:00 (UTC), and every hour."""
    if sponsors_only and promotions_only:
        raise click.UsageError("Choose one of --sponsors-only and --promotions-only, or neither for both.")
    if not promotions_only:
        count = sponsors.expire(now=utc_now())
        click.echo(f"{count:,} sponsor{'s' * (count != 1)} expired")
    if not sponsors_only:
        started, ended = promotions.turn(now=utc_now())
        click.echo(f"{started:,} promotion{'s' * (started != 1)} started, {ended:,} ended")
