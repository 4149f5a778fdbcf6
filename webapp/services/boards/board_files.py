"""Boards to take away: the CSV of operators and of the spectator page, and the page's JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from webapp.domain.exports import csv_lines, json_document
from webapp.services.boards import operator_boards
from webapp.services.boards.operator_boards import OperatorBoard

PUBLIC: Final = "public"
_FIRST_COLUMNS: Final = ("rank", "name", "points")
_NOT_EXPORTED: Final = ("explanation",)


def csv_pieces(board: OperatorBoard) -> Iterator[bytes]:
    """The board as CSV for spreadsheet programs, piece by piece: rank, name and points first."""
    entries: list[dict[str, Any]] = board.document["rankings"]
    names = [name for name in (entries[0] if entries else {}) if name not in (*_FIRST_COLUMNS, *_NOT_EXPORTED)]
    columns = [*_FIRST_COLUMNS, *names]
    return csv_lines(columns, ([_cell(entry[name]) for name in columns] for entry in entries))


def public_csv(tournament_id: int, *, now: datetime) -> Iterator[bytes]:
    """What spectators see of a board, as CSV. Raises NotFound before the first piece."""
    return csv_pieces(operator_boards.read(tournament_id, now=now, audience=PUBLIC))


def public_json(tournament_id: int, *, now: datetime) -> bytes:
    """What spectators see of a board, as the API's document: ids without names. Raises NotFound."""
    document = operator_boards.read(tournament_id, now=now, audience=PUBLIC).api_document
    listed = "rankings" if "rankings" in document else "entries"
    nameless = [{key: value for key, value in entry.items() if key != "name"} for entry in document[listed]]
    return json_document(document | {listed: nameless})


def _cell(value: Any) -> object:
    """Lists (single match scores) as text; truth values as spreadsheet programs read them."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value).upper() if isinstance(value, bool) else value
