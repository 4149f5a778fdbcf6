"""`show-leaderboard`, `export-leaderboard`, `recompute-rankings`."""

from typing import BinaryIO, Final

import click

from webapp.cli.board_table import table_lines
from webapp.cli.console import ProgressBar, operator_command
from webapp.domain.exports import json_document
from webapp.services.boards import operator_boards
from webapp.services.boards.board_files import csv_pieces
from webapp.services.operations import flags, maintenance
from webapp.services.spine.clock import utc_now

PAUSED: Final = (
    "Standings are paused: LEADERBOARDS_COMPUTE_ENABLED is off.\n"
    "To turn them on: flask --app wsgi flags set LEADERBOARDS_COMPUTE_ENABLED on"
)

_SHOW_EPILOG = """
\b
Examples:
  flask --app wsgi show-leaderboard 7
  flask --app wsgi show-leaderboard 7 --limit 10 --explain
  flask --app wsgi show-leaderboard 7 --at 3
  flask --app wsgi show-leaderboard 7 --json
"""
_EXPORT_EPILOG = """
\b
Examples:
  flask --app wsgi export-leaderboard 7 --format csv --output board.csv
  flask --app wsgi export-leaderboard 7 --format json
"""
_RECOMPUTE_EPILOG = """
\b
Examples:
  flask --app wsgi recompute-rankings
  flask --app wsgi recompute-rankings --tournament-id 7
"""


@operator_command("show-leaderboard", epilog=_SHOW_EPILOG)
@click.argument("tournament_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="The API's document, each entry with its public name.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first N rows.")
@click.option("--at", metavar="VERSION", type=click.IntRange(min=1), help="The board as that version showed it.")
@click.option("--explain", is_flag=True, help="Why each row stands behind the one above it.")
def show_leaderboard(tournament_id: int, *, as_json: bool, limit: int | None, at: int | None, explain: bool) -> None:
    """Show the board of tournament ID."""
    board = operator_boards.read(tournament_id, now=utc_now(), limit=limit, at=at, explain=explain)
    if as_json:
        click.echo(json_document(board.api_document), nl=False)
        return
    click.echo(f"{board.tournament_name} ({board.status}), version {board.document['metadata']['version']}")
    if board.is_paused:
        click.echo(PAUSED)
        return
    click.echo()
    for line in table_lines(board):
        click.echo(line)
    if (left_out := board.document["count"] - len(board.document["rankings"])) > 0:
        click.echo(f"{left_out:,} more rows; leave out --limit to see them.")


@operator_command("export-leaderboard", epilog=_EXPORT_EPILOG)
@click.argument("tournament_id", metavar="ID", type=int)
@click.option("--format", "form", type=click.Choice(["csv", "json"]), required=True, help="What to write.")
@click.option(
    "--output", type=click.File("wb", atomic=True), default="-", help="File to write; standard output without."
)
@click.option("--at", metavar="VERSION", type=click.IntRange(min=1), help="The board as that version showed it.")
def export_leaderboard(tournament_id: int, form: str, output: BinaryIO, at: int | None) -> None:
    """Write the board of tournament ID as CSV for spreadsheet programs, or as JSON."""
    board = operator_boards.read(tournament_id, now=utc_now(), at=at)
    pieces = csv_pieces(board) if form == "csv" else iter([json_document(board.api_document)])
    output.writelines(pieces)
    if board.is_paused:
        click.echo(PAUSED, err=True)
    elif output.name not in {"-", "<stdout>"}:
        click.echo(f"Wrote {len(board.document['rankings']):,} rows to {output.name}.", err=True)


@operator_command("recompute-rankings", epilog=_RECOMPUTE_EPILOG)
@click.option(
    "--tournament-id", metavar="ID", type=int, help="Only this tournament; all live and completed ones without."
)
def recompute_rankings(tournament_id: int | None) -> None:
    """Compute standings and boards from the results again; say how many rows changed."""
    if not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED"):
        click.echo(PAUSED, err=True)
        return
    ids = operator_boards.recomputable() if tournament_id is None else [tournament_id]
    changed = 0
    with ProgressBar("Recomputing") as progress:
        for done, wanted_id in enumerate(ids, start=1):
            rows = maintenance.recompute(wanted_id, now=utc_now())
            if rows:
                click.echo(f"Tournament {wanted_id}: {rows:,} row{'s' * (rows != 1)} changed")
            changed += rows
            progress(done / len(ids))
    click.echo(
        f"{len(ids):,} tournament{'s' * (len(ids) != 1)} recomputed, {changed:,} row{'s' * (changed != 1)} changed"
    )
