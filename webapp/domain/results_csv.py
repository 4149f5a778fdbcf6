"""A file of battle-royale results as matches, participants and lines, or every line that is wrong.

The format is described in docs/importing.md.
"""

from collections.abc import Collection, Sequence
from operator import itemgetter

from webapp.domain.errors import FieldError, ResultError
from webapp.domain.parsed_results import ParsedMatch, ParsedParticipant, ParsedResults, ResultLine
from webapp.domain.results_checks import check_names, check_placements, check_times
from webapp.domain.results_rows import Rows
from webapp.domain.results_table import open_table

__all__ = ["ParsedMatch", "ParsedParticipant", "ParsedResults", "ResultLine", "read_results_csv"]


def read_results_csv(
    raw: bytes,
    *,
    roster: Collection[str] | None = None,
    is_open: bool = False,
    lobby_size: int | None = None,
    side_size: int | None = None,
    are_handles: bool = False,
) -> ParsedResults:
    """The results in the file. With `roster`, only its names may appear, or all if it `is_open`.

    `are_handles`: the participants are players. No match may hold more than `lobby_size` rows, nor places beyond it;
    without it, all participants of the file and of the roster are the lobby. `side_size`, players a side, allows
    warnings of more kills than there were players.

    Raises ResultError whose fields are all wrong lines in the order of the file, such as `line 12: kills`: “abc” is not
    a whole number; write 0, 1, 2 …
    """
    table = open_table(raw)
    rows = Rows(table.columns, None if is_open else roster)
    for line, values in table.rows():
        rows.take(line, values)
    # Participants on lines that could not be read might have made the lobby larger.
    lobby_size = lobby_size or _everybody(rows, roster) + len(table.problems) + len(rows.problems)
    placement_problems, placement_warnings = check_placements(rows.matches, lobby_size=lobby_size, side_size=side_size)
    problems = [*table.problems, *rows.problems, *check_times(rows.matches), *placement_problems]
    if problems:
        raise _every(problems)
    if not rows.matches:
        raise ResultError("The file has a header and no results.", [FieldError("file", "has no results")])
    warnings = [*table.warnings, *rows.warnings(), *check_names(rows), *placement_warnings]
    return rows.parsed(warnings, are_handles=are_handles)


def _everybody(rows: Rows, roster: Collection[str] | None) -> int:
    known = () if roster is None else roster
    return len(known) + sum(participant.name not in known for participant in rows.participants)


def _every(problems: Sequence[tuple[int, FieldError]]) -> ResultError:
    lines = len({line for line, _ in problems})
    subject = "1 line of the file is" if lines == 1 else f"{lines:,} lines of the file are"
    in_order = sorted(problems, key=itemgetter(0))
    return ResultError(f"{subject} wrong; nothing of it was taken.", [problem for _, problem in in_order])
