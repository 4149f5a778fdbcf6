"""Whatever a spreadsheet program writes is read as it was meant; whatever else comes is refused in words."""

import csv
import io
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import ResultError
from webapp.domain.names import clean_name
from webapp.domain.results_csv import ParsedResults, read_results_csv

HEADER = "match,participant,placement,kills"


def parsed_or_refusal(raw: bytes) -> ParsedResults | ResultError:
    try:
        return read_results_csv(raw)
    except ResultError as refusal:
        return refusal


def microseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


NAMES = (
    st.text(min_size=1, max_size=20)
    .map(lambda text: "".join(char for char in text if char.isprintable()))
    .filter(lambda text: bool(clean_name(text)))
)
ENDS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001  (Hypothesis wants its bounds naive)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[dict[str, str]], list[str], str]:
    """Rows without errors, their columns in any order, and how they are separated."""
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique_by=clean_name))
    rows: list[dict[str, str]] = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        ended = draw(ENDS).isoformat()
        played = draw(st.permutations(names))
        for place, name in enumerate(played, start=1):
            rows.append(
                {
                    "match": str(number),
                    "participant": name,
                    "placement": draw(st.sampled_from([str(place), ""])),
                    "kills": str(draw(st.integers(0, 99))),
                    "completed_at": ended,
                    "time_alive_s": draw(st.sampled_from(["", "1800"])),
                    "penalty": draw(st.sampled_from(["", "0", "5", "-5"])),
                }
            )
    return rows, draw(st.permutations(list(rows[0]))), draw(st.sampled_from([",", ";", "\t"]))


@given(table=tables(), line_end=st.sampled_from(["\n", "\r\n"]), mark=st.sampled_from(["", "\ufeff"]))
def test_what_a_spreadsheet_writes_is_what_is_read(
    table: tuple[list[dict[str, str]], list[str], str], line_end: str, mark: str
) -> None:
    rows, columns, delimiter = table
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter=delimiter, lineterminator=line_end)
    writer.writeheader()
    writer.writerows(rows)
    parsed = read_results_csv((mark + out.getvalue()).encode())
    read_back = [
        {
            "match": parsed.matches[line.match].label,
            "participant": parsed.participants[line.participant].name,
            "placement": line.placement,
            "kills": line.kills,
            "completed_at": parsed.matches[line.match].completed_at,
            "time_alive_s": line.time_alive_s,
            "penalty": line.penalty,
        }
        for line in parsed.lines
    ]
    assert read_back == [
        {
            "match": row["match"],
            "participant": clean_name(row["participant"]),
            "placement": int(row["placement"]) if row["placement"] else None,
            "kills": int(row["kills"]),
            "completed_at": microseconds(row["completed_at"]),
            "time_alive_s": int(row["time_alive_s"]) if row["time_alive_s"] else None,
            "penalty": abs(int(row["penalty"] or 0)),
        }
        for row in rows
    ]
    assert [line.line for line in parsed.lines] == list(range(2, len(rows) + 2))


@given(raw=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(raw: bytes) -> None:
    for content in (raw, HEADER.encode() + b"\n" + raw):
        answer = parsed_or_refusal(content)
        assert answer.fields if isinstance(answer, ResultError) else answer.lines


@given(cells=st.lists(st.lists(st.text(max_size=8), min_size=4, max_size=4), min_size=1, max_size=5))
def test_any_cells_are_read_or_refused_with_their_lines(cells: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([HEADER.split(","), *cells])
    try:
        raw = out.getvalue().encode()
    except UnicodeEncodeError:
        return
    answer = parsed_or_refusal(raw)
    if isinstance(answer, ResultError):
        assert all(field.path.startswith(("line ", "file")) for field in answer.fields)
    else:
        assert 1 <= len(answer.lines) <= len(cells)
