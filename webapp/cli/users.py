"""`create-user`: an account."""

import sys

import click

from webapp.cli.console import operator_command
from webapp.domain.errors import FieldError
from webapp.domain.permissions import ROLES
from webapp.services.accounts import users
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

_EPILOG = """
\b
Examples:
  flask --app wsgi create-user olga@example.org --handle Olga --role organizer
  flask --app wsgi create-user olga@example.org --handle Olga --role organizer --password-stdin < password.txt
"""


@operator_command("create-user", epilog=_EPILOG)
@click.argument("email")
@click.option("--handle", required=True, help="The public name; the same in any case is taken only once.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the account may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
def create_user(email: str, handle: str, role: str, *, password_stdin: bool) -> None:
    """Make an account for EMAIL; asks for the password, which is never shown."""
    password = _from_stdin() if password_stdin else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    user_id = users.create_user(
        email=email, handle=handle, role=role, password=password, actor=SYSTEM, now=utc_now()
    )  # fmt: skip
    click.echo(f"User {user_id} is made, with the role {role}.")


def _from_stdin() -> str:
    try:
        return sys.stdin.buffer.readline().decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        problem = FieldError("password", "standard input is not UTF-8 text")
        raise users.UserError.listing("The password cannot be read", [problem]) from error
