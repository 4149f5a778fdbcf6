"""Exports open in every spreadsheet program, run nothing there, and stream."""

import csv
import io
from collections.abc import Iterator

import orjson
import pytest

from webapp.domain.exports import csv_lines, harmless, json_document


def read_back(pieces: Iterator[bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))


def test_a_table_comes_back_with_its_quotes_commas_and_letters() -> None:
    rows = [[1, 'The "Best", they say', None], [2, "Pão7\nzwei", -5], [3, "Теам", 12.5]]
    written = list(csv_lines(["rank", "name", "points"], rows))
    assert b"".join(written).startswith(b"\xef\xbb\xbfrank,name,points\r\n1,")
    assert read_back(iter(written)) == [
        ["rank", "name", "points"],
        ["1", 'The "Best", they say', ""],
        ["2", "Pão7\nzwei", "-5"],
        ["3", "Теам", "12.5"],
    ]


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49 team", "'+49 team"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\rx", "'\rx"),
        ("  =1", "'  =1"),
        ("＝1+1", "'＝1+1"),
        ("a;=1+1", "a;'=1+1"),
        ("a\n=1+1", "a\n'=1+1"),
        ("-5", "-5"),
        ("+5", "+5"),
        ("-5.25", "-5.25"),
        ("A-B = C", "A-B = C"),
        ("", ""),
    ],
)
def test_a_cell_that_could_be_a_formula_is_neutralised(given: str, written: str) -> None:
    assert harmless(given) == written
    assert read_back(csv_lines(["name"], [[given]]))[1:] == [[written]]


def test_formulas_in_the_header_are_neutralised_too() -> None:
    assert read_back(csv_lines(["=cmd"], [])) == [["'=cmd"]]


def test_rows_are_consumed_as_the_pieces_are_taken() -> None:
    taken: list[int] = []

    def rows() -> Iterator[list[object]]:
        for number in range(10_000):
            taken.append(number)
            yield [number, "a team's name"]

    pieces = csv_lines(["rank", "name"], rows())
    next(pieces)
    assert 100 < len(taken) < 5_000
    assert sum(piece.count(b"\r\n") for piece in pieces) + len(taken) >= 10_000
    assert len(taken) == 10_000


def test_json_is_readable_and_ends_with_a_line_break() -> None:
    written = json_document({"rank": 1, "name": "Pão7"})
    assert orjson.loads(written) == {"rank": 1, "name": "Pão7"}
    assert written.decode() == '{\n  "rank": 1,\n  "name": "Pão7"\n}\n'
