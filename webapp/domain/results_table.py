"""From the bytes of a results file to its rows: encoding, header, delimiter, quotation marks, number of values."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, Protocol

from webapp.domain.errors import FieldError, ResultError
from webapp.domain.names import quoted

LARGEST_FILE: Final = 32 * 1024 * 1024
"""Bytes; a season of a thousand matches has less than one tenth of it."""
MOST_ROWS: Final = 500_000

REQUIRED: Final = ("match", "participant", "placement", "kills")
OPTIONAL: Final = ("completed_at", "participant_id", "map", "time_alive_s", "penalty")
COLUMNS: Final = REQUIRED + OPTIONAL

_DELIMITERS: Final = ",;\t"
_EXAMPLE: Final = "match,participant,placement,kills"
_SAVE_AS: Final = "save it as “CSV UTF-8” in the spreadsheet program and try again"


class _CsvReader(Protocol):
    """What `csv.reader` returns, which has no public name."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> list[str]: ...


@dataclass(slots=True)
class Table:
    """The file behind its header: where each known column is, and the rows still to be read.

    `problems` grows while the rows are read; each comes with its line number.
    """

    columns: Mapping[str, int]
    width: int
    warnings: list[FieldError]
    _reader: "_CsvReader"
    _skipped_lines: int
    problems: list[tuple[int, FieldError]] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row with the number of the line on which it starts; blank ones are skipped, torn ones noted."""
        count = 0
        for line, cells in self._split_rows():
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > MOST_ROWS:
                self._refuse(line, f"the file has more than {MOST_ROWS:,} results; divide it")
                return
            if len(cells) != self.width:
                self._refuse(line, self._wrong_number_of_values(len(cells)))
                continue
            yield line, cells

    def _split_rows(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            line = self._next_line()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._refuse(line, f"{_reason(error)}; a quotation mark inside a quoted value is written twice")
                continue
            if self._next_line() > line + 1:
                self._refuse(line, "a quotation mark is opened and not closed on the same line")
                continue
            yield line, cells

    def _next_line(self) -> int:
        return self._reader.line_num + self._skipped_lines + 1

    def _wrong_number_of_values(self, found: int) -> str:
        hint = (
            "a value that holds the separator needs quotation marks"
            if found > self.width
            else "a blank value still needs its separator"
        )
        return f"has {found} value{'s' * (found != 1)} where the header has {self.width}; {hint}"

    def _refuse(self, line: int, message: str) -> None:
        self.problems.append((line, FieldError(f"line {line}", message)))


def open_table(raw: bytes) -> Table:
    """The table in the file. Raises ResultError when it is none: too large, empty, not UTF-8 text, no usable header."""
    text = _decoded(raw)
    lines = io.StringIO(text, newline="")
    delimiter, skipped_lines = _delimiter(lines)
    # Strict: a half-quoted value is an error here, not a guess.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next((row for row in reader if any(cell.strip() for cell in row)), [])
    except csv.Error as error:
        raise _refused(f"The header cannot be read: {_reason(error)}.", "header", _reason(error)) from error
    columns, warnings = _columns([_column_name(cell) for cell in header])
    return Table(columns, len(header), warnings, reader, skipped_lines)


def check_size(size: int) -> None:
    """Raises ResultError for a file of more bytes than are taken, so that nobody need read it first."""
    if size > LARGEST_FILE:
        large = f"{size / 1024 / 1024:.1f} MiB"
        wanted = f"at most {LARGEST_FILE // 1024 // 1024} MiB are taken; divide it by matches"
        raise _refused(f"The file is {large} large; {wanted}.", "file", f"is {large} large; {wanted}", "file_too_large")


def _decoded(raw: bytes) -> str:
    check_size(len(raw))
    if raw.startswith(b"PK\x03\x04"):
        raise _refused(f"The file is a workbook or an archive, not CSV; {_SAVE_AS}.", "file", f"is not CSV; {_SAVE_AS}")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw[:4]:
        raise _refused(f"The file is UTF-16 text, not UTF-8; {_SAVE_AS}.", "line 1", f"is not UTF-8; {_SAVE_AS}")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if not raw.strip():
        raise _refused(f"The file is empty; it starts with a header such as {_EXAMPLE}.", "file", "is empty")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ResultError(f"The file is not UTF-8 text; {_SAVE_AS}.", _undecodable_lines(raw)) from error


def _undecodable_lines(raw: bytes) -> Iterator[FieldError]:
    for number, line in enumerate(raw.split(b"\n" if b"\n" in raw else b"\r"), start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            wrong = f"byte {error.start + 1} (0x{line[error.start]:02X}) is not UTF-8"
            readable = line[: error.start].decode("utf-8")[-20:]
            after = f", after {quoted(readable)}" if readable else ""
            yield FieldError(f"line {number}", f"{wrong}{after}; {_SAVE_AS}")


def _delimiter(lines: io.StringIO) -> tuple[str, int]:
    """The separator and how many lines before the header to skip; leaves `lines` at the header."""
    first = lines.readline()
    # Written by spreadsheet programs for each other.
    if first[:4].lower() == "sep=" and len(first.rstrip("\r\n")) == 5:
        return first[4], 1
    lines.seek(0)
    while not first.strip() and first:
        first = lines.readline()
    lines.seek(0)
    return max(_DELIMITERS, key=lambda one: sum(_column_name(cell) in COLUMNS for cell in first.split(one))), 0


def _column_name(cell: str) -> str:
    return cell.strip().strip('"').strip().lower()


def _columns(header: list[str]) -> tuple[dict[str, int], list[FieldError]]:
    problems = [
        FieldError("header", f"the column {quoted(name)} is missing{_guess(name, header)}")
        for name in REQUIRED
        if name not in header
    ]
    problems += [
        FieldError("header", f"the column {quoted(name)} is there twice") for name in COLUMNS if header.count(name) > 1
    ]
    if problems:
        known = f"required: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}"
        raise ResultError(f"The header cannot be used ({known}).", problems, code="invalid_header")
    warnings = [
        FieldError("header", f"the column {quoted(name)} is not known and is left out{_guess(name, COLUMNS)}")
        for name in header
        if name and name not in COLUMNS
    ]
    return {name: header.index(name) for name in COLUMNS if name in header}, warnings


def _guess(name: str, known: list[str] | tuple[str, ...]) -> str:
    close = [other for other in get_close_matches(name, known, n=1) if name not in COLUMNS or other not in COLUMNS]
    return f" (is {quoted(close[0])} meant?)" if close else ""


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end" in text:
        return "a quotation mark is opened and never closed"
    if "expected after" in text:
        return "there is text after a closing quotation mark"
    return f"the line cannot be split into values ({text})"


def _refused(message: str, path: str, problem: str, code: str | None = None) -> ResultError:
    return ResultError(message, [FieldError(path, problem)], code=code)
