"""The table for people and `results.json` for machines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from bench.rows import Row
from webapp.config import ROOT

RESULTS: Final = ROOT / "bench" / "results.json"
_HEADINGS: Final = ("what", "ours", "must", "aim", "met", "peer", "peer's", "ratio", "note")
_RIGHT: Final = frozenset({"ours", "must", "aim", "peer's", "ratio"})


def table(rows: Sequence[Row]) -> str:
    """The rows as columns of text; the ratio says how many times as good as the peer we are."""
    lines = [_HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if heading in _RIGHT else cell.ljust(width)
            for heading, cell, width in zip(_HEADINGS, line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        _number(row.figure, row.unit),
        _number(row.limits.must, row.unit),
        _number(row.limits.aim, row.unit),
        met(row),
        row.peer or "–",
        _number(row.peer_figure, row.unit),
        "–" if row.ratio is None else f"{row.ratio:.2f}",
        row.note,
    )


def met(row: Row) -> str:
    """`aim`, `must`, `NO` for a must that is missed, `not yet` for an aim alone, a dash where nothing is to be met."""
    if row.meets_must is False:
        return "NO"
    if row.meets_aim:
        return "aim"
    if row.meets_must:
        return "must"
    return "–" if row.meets_aim is None else "not yet"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def write(rows: Sequence[Row], facts: dict[str, Any], path: Path = RESULTS) -> None:
    """Facts and rows, replacing what was there."""
    document = {"machine": facts, "rows": [row.as_data() for row in rows]}
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
