"""The operators' commands: `flask --app wsgi COMMAND`; each has `--help`."""

from flask import Flask

from webapp.cli.audit import verify_audit
from webapp.cli.digests import send_digests
from webapp.cli.flags import flags_group
from webapp.cli.imports import import_results
from webapp.cli.leaderboards import export_leaderboard, recompute_rankings, show_leaderboard
from webapp.cli.notifications import cleanup_notifications
from webapp.cli.sponsorships import process_sponsorships
from webapp.cli.users import create_user

COMMANDS = (
    cleanup_notifications,
    create_user,
    export_leaderboard,
    flags_group,
    import_results,
    process_sponsorships,
    recompute_rankings,
    send_digests,
    show_leaderboard,
    verify_audit,
)


def register_commands(app: Flask) -> None:
    """Add every command to `flask --app wsgi`."""
    for command in COMMANDS:
        app.cli.add_command(command)
