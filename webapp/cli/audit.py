"""`verify-audit`: is the record whole?"""

import sys

import click

from webapp.cli.console import REFUSED, operator_command
from webapp.services.spine import audit
from webapp.services.spine.transaction import read_snapshot


@operator_command("verify-audit", epilog="\b\nExample:\n  flask --app wsgi verify-audit\n")
def verify_audit() -> None:
    """Walk every chain of the audit and say where one breaks: an entry altered, removed, or slipped in."""
    with read_snapshot() as session:
        broken = audit.verify(session)
    if not broken:
        click.echo("The audit is whole: every entry follows from the one before it.")
        return
    for link in broken:
        click.echo(f"{link.chain}, entry {link.number}: {link.reason}", err=True)
    click.echo(f"The audit breaks in {len(broken)} place{'s' * (len(broken) != 1)}.", err=True)
    sys.exit(REFUSED)
