"""`import-results`: a CSV of battle-royale results becomes a tournament."""

import sys
from pathlib import Path
from typing import Final

import click

from webapp.cli.board_table import table_lines
from webapp.cli.console import ProgressBar, operator_command, say_lines
from webapp.cli.rules import chosen_rules
from webapp.domain.errors import FieldError
from webapp.domain.games import load_games
from webapp.domain.results_table import check_size
from webapp.services.accounts import users
from webapp.services.boards import operator_boards
from webapp.services.imports import imports
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

_WARNINGS_SHOWN: Final = 50

_EPILOG = """
\b
Examples:
  flask --app wsgi import-results cup.csv --game pubgm --name "Spring Cup"
  flask --app wsgi import-results pgc.csv --game pubgm --name "PGC 2023" --points-preset super --season 2023_S2
  flask --app wsgi import-results final.csv --game freefire --name Final --rules rules.toml --organizer olga@example.org
  flask --app wsgi import-results cup.csv --game pubgm --name "Spring Cup" --dry-run

\b
Columns, by name and in any order: match, participant, placement (blank = did not finish), kills; where there are any
also completed_at (ISO 8601), participant_id, map, time_alive_s, penalty (points taken off).
"""


def _known_game(_context: click.Context, _parameter: click.Parameter, slug: str) -> str:
    if slug not in load_games():
        raise click.BadParameter(f"there is no game {slug!r}; the games are {', '.join(load_games())}")
    return slug


@operator_command("import-results", epilog=_EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--game", required=True, callback=_known_game, help="Slug of the game, such as pubgm.")
@click.option("--name", required=True, help="Name of the new tournament.")
@click.option(
    "--organizer", metavar="EMAIL", help="The organizer's account; without it the tournament belongs to none."
)
@click.option("--season", metavar="S", help="Season that it counts in, such as 2025_S1.")
@click.option("--points-preset", metavar="P", help="Points and cascade: algs, blueprint, classic-15, ffws, super.")
@click.option(
    "--rules", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Points and cascade from a TOML or JSON file.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only check the file; write nothing.")
def import_results(
    file: str,
    game: str,
    name: str,
    organizer: str | None,
    season: str | None,
    points_preset: str | None,
    rules: Path | None,
    *,
    dry_run: bool,
) -> None:
    """Take in FILE, a CSV of battle-royale results, as a tournament; print its id and final board.

    All or nothing: a file with a wrong line changes nothing, and every wrong line is listed. The same file under the
    same settings is taken once. Warnings go to standard error.
    """
    ruleset = chosen_rules(load_games()[game], points_preset, rules)
    organizer_id = users.find_organizer(organizer) if organizer else None
    with ProgressBar("Importing") as progress:
        outcome = imports.import_results(
            _content(file),
            game=game,
            name=name,
            ruleset=ruleset,
            organizer_id=organizer_id,
            season=season,
            now=utc_now(),
            actor=SYSTEM,
            progress=progress,
            dry_run=dry_run,
        )
    _say_warnings(outcome.warnings)
    counts = f"{outcome.matches:,} matches, {outcome.participants:,} participants, {outcome.results:,} results"
    if outcome.tournament_id is None:
        click.echo(f"The file can be imported: {counts}. Nothing was written.")
        return
    _show(outcome.tournament_id, counts, is_new=outcome.is_new)


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    path = Path(file)
    # Before it is read: it may be larger than the memory.
    check_size(path.stat().st_size)
    return path.read_bytes()


def _say_warnings(warnings: tuple[FieldError, ...]) -> None:
    if warnings:
        say_lines(warnings[:_WARNINGS_SHOWN], prefix="Warning: ")
    if len(warnings) > _WARNINGS_SHOWN:
        click.echo(f"Warning: {len(warnings) - _WARNINGS_SHOWN:,} more of the kind.", err=True)


def _show(tournament_id: int, counts: str, *, is_new: bool) -> None:
    board = operator_boards.read_final(tournament_id, now=utc_now())
    click.echo(f"Tournament {tournament_id}: {board.tournament_name} ({board.status}), {counts}")
    if not is_new:
        click.echo("It holds this file already; nothing was changed.")
    click.echo()
    for line in table_lines(board):
        click.echo(line)
    if not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED"):
        click.echo(
            "Standings are paused on the site. To show: flask --app wsgi flags set LEADERBOARDS_COMPUTE_ENABLED on",
            err=True,
        )
