"""Columns as bytes: what a board is stored as. Each column takes as few bytes a value as its range needs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from webapp.domain.columns import MISSING, IntColumn

_HEADER_LENGTH_BYTES = 4
_WIDTHS = (np.uint8, np.uint16, np.uint32, np.uint64)


def to_bytes(columns: Mapping[str, IntColumn], about: Mapping[str, Any]) -> bytes:
    """Pack named columns and a JSON-able mapping; `from_bytes` gives both back equal."""
    entries, bodies = [], []
    for name, values in columns.items():
        entry, body = _packed(values)
        entries.append([name, *entry])
        bodies.append(body)
    header = orjson.dumps({"about": about, "columns": entries})
    return b"".join([len(header).to_bytes(_HEADER_LENGTH_BYTES, "little"), header, *bodies])


def from_bytes(payload: bytes) -> tuple[dict[str, IntColumn], dict[str, Any]]:
    """The columns and the mapping of `to_bytes`."""
    start = _HEADER_LENGTH_BYTES + int.from_bytes(payload[:_HEADER_LENGTH_BYTES], "little")
    header = orjson.loads(payload[_HEADER_LENGTH_BYTES:start])
    columns = {}
    for name, size, kind, low in header["columns"]:
        if kind is None:
            columns[name] = np.full(size, low, dtype=np.int64)
            continue
        codes = np.frombuffer(payload, dtype=f"<{kind}", count=size, offset=start)
        columns[name] = _unpacked(codes, low)
        start += codes.nbytes
    return columns, header["about"]


def _packed(values: IntColumn) -> tuple[tuple[int, str | None, int], bytes]:
    """((size, width, lowest value), bytes); the width is None for a column that holds one value throughout."""
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    if low == high:
        return (values.size, None, low), b""
    missing = values == MISSING if high == MISSING else None
    span = (high if missing is None else int(values.max(initial=low, where=~missing))) - low
    # The highest code of a width stands for MISSING, so the largest value must stay below it.
    width = next(width for width in _WIDTHS if span < np.iinfo(width).max)
    codes = (values - low).astype(np.dtype(width).newbyteorder("<"))
    if missing is not None:
        codes[missing] = np.iinfo(width).max
    return (values.size, np.dtype(width).str[1:], low), codes.tobytes()


def _unpacked(codes: Any, low: int) -> IntColumn:
    values: IntColumn = codes.astype(np.int64) + low
    values[codes == np.iinfo(codes.dtype).max] = MISSING
    return values
