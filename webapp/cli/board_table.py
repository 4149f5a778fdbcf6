"""A board as a table of text, aligned whatever script its names are in."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from webapp.services.boards.operator_boards import OperatorBoard

_HEADINGS: Final = ("#", "", "name", "points", "kills", "wins", "matches", "marks")
_LEFT: Final = frozenset({"", "name", "marks"})
_WIDE: Final = frozenset("WF")
_INVISIBLE: Final = frozenset({"Mn", "Me", "Cf"})


def table_lines(board: OperatorBoard) -> Iterator[str]:
    """The rows, best first, each with what decided it where the board explains itself, and below them the rules."""
    entries: Sequence[Mapping[str, Any]] = board.document["rankings"]
    # Against the empty board before the first version everybody is new, which says nothing.
    is_first = board.document["metadata"]["version"] <= 1
    moves = {} if is_first else {delta["participant_id"]: delta for delta in board.document["deltas"]}
    cells = [_HEADINGS, *(_cells(entry, moves, board.penalized) for entry in entries)]
    widths = [max(map(display_width, column)) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    yield lines[0]
    for line, entry in zip(lines[1:], entries, strict=True):
        yield line
        if "explanation" in entry:
            yield f"{' ' * (widths[0] + 2)}└ {_reason(entry['explanation'])}"
    yield ""
    yield from _legend(entries, board)


def display_width(text: str) -> int:
    """How many columns of a terminal the text takes: wide letters two, combining and invisible ones none."""
    return sum(
        2 if unicodedata.east_asian_width(char) in _WIDE else unicodedata.category(char) not in _INVISIBLE
        for char in text
    )


def _cells(
    entry: Mapping[str, Any], moves: Mapping[int, Mapping[str, Any]], penalized: frozenset[int]
) -> tuple[str, ...]:
    marks = (
        "=" * entry["tied"],
        "M" * (entry["eligible_since"] is not None),
        "!" * (entry["participant_id"] in penalized),
    )
    return (
        str(entry["rank"]),
        _movement(moves.get(entry["participant_id"])),
        "".join(char if char.isprintable() else "\ufffd" for char in entry["name"]),
        str(entry["points"]),
        str(entry["kills"]),
        str(entry["wins"]),
        str(entry["matches_played"]),
        " ".join(filter(None, marks)),
    )


def _movement(delta: Mapping[str, Any] | None) -> str:
    if delta is None or delta["rank_change"] == 0:
        return ""
    if delta["rank_change"] is None:
        return "new"
    return f"▲{-delta['rank_change']}" if delta["rank_change"] < 0 else f"▼{delta['rank_change']}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell + " " * (width - display_width(cell)) if heading in _LEFT else " " * (width - display_width(cell)) + cell
        for cell, width, heading in zip(cells, widths, _HEADINGS, strict=True)
        if width
    ]
    return "  ".join(padded).rstrip()


def _reason(explanation: Mapping[str, Any]) -> str:
    """The steps from the row above to this one: where they are level, and which key parts them."""
    if not explanation["steps"]:
        return "behind the winner by match point"
    steps = [
        f"{step['key']} {_value(step['ahead'])} {':' if step['decided'] else '='} {_value(step['behind'])}"
        for step in explanation["steps"]
    ]
    if explanation["decided_by"] == "participant_id":
        steps.append("level in everything, so the order of registration stands")
    return ", ".join(steps)


def _value(value: object) -> str:
    return "none" if value is None else str(value)


def _legend(entries: Sequence[Mapping[str, Any]], board: OperatorBoard) -> Iterator[str]:
    known = {
        "= tied: only the order of registration separates it from a neighbour": any(entry["tied"] for entry in entries),
        "M may win the tournament with the next match it wins": any(
            entry["eligible_since"] is not None for entry in entries
        ),
        "! points were taken off": any(entry["participant_id"] in board.penalized for entry in entries),
    }
    yield from (meaning for meaning, is_shown in known.items() if is_shown)
    rules = board.rules
    yield f"Rules: {rules.title or rules.name}, version {rules.version} ({rules.confidence})"
    yield f"       {rules.hash}"
