"""Tables and documents to take away: CSV that opens in any spreadsheet program and runs nothing there, and JSON."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import orjson

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""Without it spreadsheet programs take UTF-8 for the encoding of their country."""

# What makes spreadsheet programs take a cell for a formula (OWASP, CSV injection), fullwidth forms included, at the
# start of a cell and after a character at which a program set to another separator would split it.
_FORMULA_START: Final = re.compile(r"(^|[,;\t\r\n])(?=\s*[=+\-@＝＋－＠])|^(?=[\t\r])")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
_CHUNK_BYTES: Final = 32 * 1024


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The table as UTF-8 CSV with byte order mark and CRLF, in pieces of some ten kilobytes while `rows` is consumed.

    None becomes a blank cell; numbers stay numbers. Text that a spreadsheet program could run as a formula gets a
    leading apostrophe, which such programs do not show.
    """
    piece = _Piece()
    writer = csv.writer(piece)
    piece.write(BYTE_ORDER_MARK.decode())
    writer.writerow([harmless(name) for name in header])
    for row in rows:
        writer.writerow([harmless(value) if isinstance(value, str) else value for value in row])
        if piece.size > _CHUNK_BYTES:
            yield piece.taken()
    yield piece.taken()


def json_document(value: Any) -> bytes:
    """The value as indented UTF-8 JSON with a final line break; instants are ISO 8601, UTC with Z."""
    return orjson.dumps(
        value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY
    )


def harmless(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet program takes for a formula; plain numbers as they are."""
    if _NUMBER.fullmatch(text):
        return text
    return _FORMULA_START.sub(r"\1'", text)


class _Piece:
    """What the CSV writer has written since the last piece was taken."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.size = 0

    def write(self, text: str) -> int:
        self._parts.append(text)
        self.size += len(text)
        return len(text)

    def taken(self) -> bytes:
        text = "".join(self._parts)
        self._parts.clear()
        self.size = 0
        return text.encode()
