"""`flags list`, `flags set`: feature flags."""

import click
from flask.cli import AppGroup

from webapp.cli.console import telling_refusals
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

flags_group = AppGroup("flags", help="Feature flags: list them, turn one on or off.")

_STATES = {True: "on", False: "off"}


@flags_group.command("list", epilog="\b\nExample:\n  flask --app wsgi flags list\n")
@telling_refusals
def list_flags() -> None:
    """List every flag, whether it is on, and what off means."""
    states = flags.list_all()
    width = max(len(state.name) for state in states)
    for state in states:
        source = " (set by the environment)" if state.from_environment else ""
        click.echo(f"{state.name:<{width}}  {_STATES[state.is_on]:<3}  off: {state.off_means}{source}")


@flags_group.command("set", epilog="\b\nExample:\n  flask --app wsgi flags set LEADERBOARDS_COMPUTE_ENABLED on\n")
@click.argument("name")
@click.argument("state", type=click.Choice(list(_STATES.values())))
@telling_refusals
def set_flag(name: str, state: str) -> None:
    """Turn the flag NAME on or off; running processes follow within a second. Audited."""
    outcome = flags.set_flag(name, is_on=state == "on", actor=SYSTEM, now=utc_now())
    click.echo(f"{name} is stored as {state}.")
    if outcome.from_environment:
        click.echo(
            f"But the environment variable {name} wins: the flag is {_STATES[outcome.is_on]} until it is unset.",
            err=True,
        )
