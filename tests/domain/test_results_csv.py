"""Files of results: what is taken, what is refused, and with which words."""

import codecs
import time
from datetime import UTC, datetime, timedelta

import pytest

from webapp.domain.errors import ResultError
from webapp.domain.results_csv import ParsedMatch, ParsedParticipant, ResultLine, read_results_csv

HEADER = "match,participant,placement,kills"
WHOLE = "is not a whole number; write 0, 1, 2 …"
PLACE = "write 1, 2, 3 …, a range such as 5-7, or nothing for a participant who did not finish"


def file(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def problems(raw: bytes, **options: object) -> list[str]:
    with pytest.raises(ResultError) as refusal:
        read_results_csv(raw, **options)  # type: ignore[arg-type]  # passed through
    return [str(field) for field in refusal.value.fields]


def warnings(raw: bytes) -> list[str]:
    return [str(warning) for warning in read_results_csv(raw).warnings]


def microseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


FULL = (
    "match,participant,placement,kills,completed_at,participant_id,map,time_alive_s,penalty\n"
    "2,Alpha,1,3,2025-03-01T12:00:00Z,a-1,Erangel,1700,\n"
    "2,Beta,,0,2025-03-01T13:05:00+01:00,,Erangel,300,-5\n"
    "1,Beta,2-3,7,2025-03-01T11:00:00Z,b-1,Miramar,,0\n"
    "1,Alpha,2–3,1,,a-1,,,2\n"
    "1, Gamma  Ray ,1,12,,,,,\n"
)


def test_every_column_is_read() -> None:
    parsed = read_results_csv(FULL.encode())
    assert parsed.matches == (
        ParsedMatch(1, "1", "Miramar", microseconds("2025-03-01T11:00:00Z")),
        ParsedMatch(2, "2", "Erangel", microseconds("2025-03-01T12:05:00Z")),
    )
    assert parsed.participants == (
        ParsedParticipant("Alpha", "a-1", 2),
        ParsedParticipant("Beta", "b-1", 3),
        ParsedParticipant("Gamma Ray", None, 6),
    )
    assert parsed.lines == (
        ResultLine(4, 0, 1, 2, 3, 7, None, 0),
        ResultLine(5, 0, 0, 2, 3, 1, None, 2),
        ResultLine(6, 0, 2, 1, None, 12, None, 0),
        ResultLine(2, 1, 0, 1, None, 3, 1700, 0),
        ResultLine(3, 1, 1, None, None, 0, 300, 5),
    )
    assert parsed.warnings == ()


@pytest.mark.parametrize(
    "raw",
    [
        codecs.BOM_UTF8 + FULL.encode(),
        FULL.replace("\n", "\r\n").encode(),
        FULL.replace("\n", "\r").encode(),
        FULL.replace(",", ";").encode(),
        FULL.replace(",", "\t").encode(),
        b"sep=;\r\n" + FULL.replace(",", ";").encode(),
        FULL.replace("match,participant", ' MATCH ,"Participant"', 1).encode(),
        FULL.rstrip().encode(),
    ],
    ids=["bom", "crlf", "cr", "semicolon", "tab", "sep", "header-case", "no-end"],
)
def test_the_same_table_written_otherwise_is_the_same(raw: bytes) -> None:
    expected, found = read_results_csv(FULL.encode()), read_results_csv(raw)
    assert (found.matches, [p.name for p in found.participants], [line[1:] for line in found.lines]) == (
        expected.matches,
        [p.name for p in expected.participants],
        [line[1:] for line in expected.lines],
    )


def test_blank_lines_are_skipped_and_still_counted() -> None:
    raw = b"\n\n" + file("", "1,Alpha,1,3", ",,,", "1,Beta,x,0")
    assert problems(raw) == [f"line 7: placement: “x” is not a whole number; {PLACE}"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,Beta,2,abc", f"line 3: kills: “abc” {WHOLE}"),
        ("1,Beta,2,3.0", f"line 3: kills: “3.0” {WHOLE}"),
        ('1,Beta,2,"3,5"', f"line 3: kills: “3,5” {WHOLE}"),
        ("1,Beta,2,1_000", f"line 3: kills: “1_000” {WHOLE}"),
        ("1,Beta,2,٣", f"line 3: kills: “٣” {WHOLE}"),
        ("1,Beta,2,=1+1", f"line 3: kills: “=1+1” {WHOLE}"),
        ("1,Beta,2,-1", "line 3: kills: “-1” is negative; write 0, 1, 2 …"),
        ("1,Beta,2,", "line 3: kills: is empty; write 0, 1, 2 …"),
        ("1,Beta,2,1000001", "line 3: kills: “1000001” is too large; the largest number taken is 1,000,000"),
        ("1,Beta,2," + "9" * 5000, f"line 3: kills: “{'9' * 40}…” is too large; the largest number taken is 1,000,000"),
        ("1,Beta,0,1", f"line 3: placement: “0” is below 1; {PLACE}"),
        ("1,Beta,-2,1", f"line 3: placement: “-2” is negative; {PLACE}"),
        ("1,Beta,2nd,1", f"line 3: placement: “2nd” is not a whole number; {PLACE}"),
        ("1,Beta,1.5,1", f"line 3: placement: “1.5” is not a whole number; {PLACE}"),
        ("1,Beta,7-5,1", "line 3: placement: “7-5” ends before it begins; write 5-7"),
        ("1,Beta,1,1", "line 3: placement: 1 is taken in match “1” already, on line 2"),
        ("1,Beta,3,1", "line 3: placement: must be 1 to 2, or blank for a DNF, not 3"),
        ("1,Alpha,2,1", "line 3: participant: “Alpha” is in match “1” already, on line 2"),
        ("1, ,2,1", "line 3: participant: is empty; write the team's name or the player's handle"),
        (",Beta,2,1", "line 3: match: is empty; write the match's number or label"),
        ("1,Be\x00ta,2,1", "line 3: participant: “Be\\u0000ta” holds the control character U+0000; remove it"),
        ("1,Be\x1bta,2,1", "line 3: participant: “Be\\u001bta” holds the control character U+001B; remove it"),
        (
            "1,Be\u202eta,2,1",
            "line 3: participant: “Be\\u202eta” holds U+202E, which turns the direction of text; remove it",
        ),
        (f"1,{'x' * 81},2,1", f"line 3: participant: “{'x' * 40}…” is 81 characters long; shorten it to at most 80"),
        ("1,Beta,2", "line 3: has 3 values where the header has 4; a blank value still needs its separator"),
        (
            "1,Beta,2,1,5",
            "line 3: has 5 values where the header has 4; a value that holds the separator needs quotation marks",
        ),
        (
            "1,Beta,2,1,",
            "line 3: has 5 values where the header has 4; a value that holds the separator needs quotation marks",
        ),
        (
            '1,"Beta,2,1',
            "line 3: a quotation mark is opened and never closed; a quotation mark inside a quoted value is written twice",
        ),
        (
            '1,"Be"ta,2,1',
            "line 3: there is text after a closing quotation mark; a quotation mark inside a quoted value is written twice",
        ),
        ('1,"Beta\nGamma",2,1', "line 3: a quotation mark is opened and not closed on the same line"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number_and_a_way_out(row: str, problem: str) -> None:
    assert problems(file("1,Alpha,1,3", row)) == [problem]


OPTIONAL_HEADER = "match,participant,placement,kills,completed_at,map,time_alive_s,penalty,participant_id"


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (
            ["1,A,1,3,01/03/2025,,,,"],
            "line 2: completed_at: “01/03/2025” is not an ISO 8601 date and time; write it like 2025-03-01T18:30:00Z",
        ),
        (
            ["1,A,1,3,2025-02-30,,,,"],
            "line 2: completed_at: “2025-02-30” is not an ISO 8601 date and time; write it like 2025-03-01T18:30:00Z",
        ),
        (
            ["1,A,1,3,0001-01-01T00:00+10:00,,,,"],
            "line 2: completed_at: “0001-01-01T00:00+10:00” is not an ISO 8601 date and time; write it like 2025-03-01T18:30:00Z",
        ),
        (
            ["1,A,1,3,1899-12-31T00:00Z,,,,"],
            "line 2: completed_at: “1899-12-31T00:00Z” lies in the year 1899; write it like 2025-03-01T18:30:00Z",
        ),
        (["1,A,1,3,,,-5,,"], "line 2: time_alive_s: “-5” is negative; write whole seconds or nothing"),
        (["1,A,1,3,,,12:30,,"], "line 2: time_alive_s: “12:30” is not a whole number; write whole seconds or nothing"),
        (
            ["1,A,1,3,,,,five,"],
            "line 2: penalty: “five” is not a whole number; write the points taken off as a whole number",
        ),
        (["1,A,1,3,,,,--5,"], "line 2: penalty: “-5” is negative; write the points taken off as a whole number"),
        (
            ["1,A,1,3,,Erangel,,,", "1,B,2,3,,Miramar,,,"],
            "line 3: map: “Miramar”, but line 2 says “Erangel”; a match is played on one map",
        ),
        (
            ["1,A,1,3,2025-03-01T12:00Z,,,,", "1,B,2,3,2025-03-02T12:00Z,,,,"],
            "line 3: completed_at: ends match “1” more than 6 hours after line 2; two matches need two labels, such as 1-1 and 2-1",
        ),
        (["1,A,1,3,,,,,17", "1,B,2,3,,,,,17"], "line 3: participant: “B” has the id of “A” on line 2"),
        (
            ["1,A,1,3,,,,,17", "2,A,1,3,,,,,18", "3,A,1,3,,,,,"],
            "line 4: participant: “A” can be the one with the id “17” or “18”; write which",
        ),
    ],
)
def test_wrong_optional_values_are_refused(rows: list[str], problem: str) -> None:
    assert problems(file(*rows, header=OPTIONAL_HEADER)) == [problem]


def test_every_wrong_line_is_listed_in_the_order_of_the_file() -> None:
    raw = file("1,A,1,x", "1,B,1,2", "1,C,2,-1", "2,A,1,1", "2,A,2,0", "3,D", "3,E,0,y")
    assert [problem.split(" ", 3)[1] for problem in problems(raw)] == ["2:", "3:", "4:", "6:", "7:", "8:", "8:"]
    with pytest.raises(ResultError, match=r"^6 lines of the file are wrong; nothing of it was taken\.$"):
        read_results_csv(raw)
    with pytest.raises(ResultError, match=r"^1 line of the file is wrong; nothing of it was taken\.$"):
        read_results_csv(file("1,A,1,x"))


def test_a_line_that_cannot_be_read_accuses_no_other() -> None:
    """Were the lobby counted without the participants who could not be read, places 3 and 4 would look too high."""
    assert problems(file("1,,1,1", "1,B,4,1", "1,\x01,2,1", "1,C,3,1")) == [
        "line 2: participant: is empty; write the team's name or the player's handle",
        "line 4: participant: “\\u0001” holds the control character U+0001; remove it",
    ]


def test_ranges_that_leave_somebody_without_a_place_are_refused() -> None:
    found = problems(file("1,A,1-2,0", "1,B,1-2,0", "1,C,1-2,0", "2,A,1-2,0", "2,B,1-2,0", "2,C,3,0"))
    assert len(found) == 1
    assert found[0].startswith("line 4: placement: 1-2 ")


def test_a_lobby_holds_what_the_rules_say() -> None:
    raw = file("1,A,1,0", "1,B,2,0", "1,C,3,0")
    assert problems(raw, lobby_size=2) == [
        "line 4: placement: must be 1 to 2, or blank for a DNF, not 3",
        "line 4: is one too many: the lobby holds 2",
    ]
    assert len(read_results_csv(file("1,A,16,0"), lobby_size=16).lines) == 1


def test_only_participants_of_the_roster_are_taken() -> None:
    roster = {"Team Liquid", "FaZe Clan"}
    assert problems(file("1,Team Liquid,1,0", "1,Team Liqiud,2,0", "2,Nobody,1,0", "3,Nobody,1,0"), roster=roster) == [
        "line 3: participant: “Team Liqiud” does not take part in this tournament; is “Team Liquid” meant?",
        "line 4: participant: “Nobody” does not take part in this tournament",
        "line 5: participant: “Nobody” does not take part in this tournament",
    ]


SAVE = "save it as “CSV UTF-8” in the spreadsheet program and try again"


@pytest.mark.parametrize(
    ("raw", "message", "found"),
    [
        (b"", "The file is empty", ["file: is empty"]),
        (b"\xef\xbb\xbf \r\n", "The file is empty", ["file: is empty"]),
        (f"{HEADER}\n".encode(), "The file has a header and no results.", ["file: has no results"]),
        (
            b"match,participant,placement\n1,A,1\n",
            "The header cannot be used",
            ["header: the column “kills” is missing"],
        ),
        (
            b"match,team,placement,kill\n",
            "The header cannot be used",
            ["header: the column “participant” is missing", "header: the column “kills” is missing (is “kill” meant?)"],
        ),
        (
            f"{HEADER},Kills\n1,A,1,1,2\n".encode(),
            "The header cannot be used",
            ["header: the column “kills” is there twice"],
        ),
        (b'"match,participant\n', "The header cannot be read", ["header: a quotation mark is opened and never closed"]),
        (HEADER.encode("utf-16"), "The file is UTF-16 text, not UTF-8", [f"line 1: is not UTF-8; {SAVE}"]),
        (HEADER.encode("utf-16-le"), "The file is UTF-16 text, not UTF-8", [f"line 1: is not UTF-8; {SAVE}"]),
        (b"PK\x03\x04rest of a workbook", "The file is a workbook or an archive", [f"file: is not CSV; {SAVE}"]),
        (
            f"{HEADER}\n1,Café,1,1\n1,B,2,1\n1,Ñu,3,1\n".encode("latin-1"),
            "The file is not UTF-8 text",
            [
                f"line 2: byte 6 (0xE9) is not UTF-8, after “1,Caf”; {SAVE}",
                f"line 4: byte 3 (0xD1) is not UTF-8, after “1,”; {SAVE}",
            ],
        ),
    ],
    ids=["empty", "blank", "no-rows", "column", "columns", "twice", "quote", "utf-16", "utf-16-le", "xlsx", "latin-1"],
)
def test_a_file_that_is_no_table_is_refused(raw: bytes, message: str, found: list[str]) -> None:
    with pytest.raises(ResultError, match=f"^{message}"):
        read_results_csv(raw)
    assert problems(raw) == found


def test_a_file_of_50_megabytes_is_refused_at_once() -> None:
    raw = HEADER.encode() + b"\n1,A,1,0" * 6_250_000
    started = time.perf_counter()
    assert problems(raw) == ["file: is 47.7 MiB large; at most 32 MiB are taken; divide it by matches"]
    assert time.perf_counter() - started < 0.1


def test_what_was_assumed_or_left_out_is_told() -> None:
    raw = file(
        "1,Alpha,1,3,2025-03-01 12:00,x", "1,Beta,2,0,2025-03-01T12:00,x", "1,Gamma,3,0,2025-03-01T11,x",
        header=f"{HEADER},completed_at,penaltie",
    )  # fmt: skip
    assert warnings(raw) == [
        "header: the column “penaltie” is not known and is left out (is “penalty” meant?)",
        "line 2 and 2 other lines: completed_at names no time zone and was taken as UTC",
    ]


def test_look_alike_names_are_two_participants_and_both_are_named() -> None:
    raw = file("1,Team,1,3", "1,Теаm,2,0", "1,Other,3,0", "M1,Team,1,3", "М1,Team,1,3")
    assert [participant.name for participant in read_results_csv(raw).participants] == ["Team", "Теаm", "Other"]
    assert warnings(raw) == [
        "line 3: participant: “Теаm” looks like “Team” on line 2; they are taken as two participants",
        "line 6: match: “М1” looks like “M1” on line 5; they are taken as two matches",
    ]


def test_more_kills_than_the_lobby_held_players_are_only_pointed_out() -> None:
    parsed = read_results_csv(file("1,A,1,9", "1,B,2,1"), side_size=4)
    assert [warning.path for warning in parsed.warnings] == ["line 2: kills"]
    parsed = read_results_csv(file("1,A,1,4", "1,B,2,4"), side_size=4)
    assert [warning.path for warning in parsed.warnings] == ["match “1”"]
    parsed = read_results_csv(file("1,A,1,4", "1,B,2,4", "2,A,1,0", "3,A,1,4", "3,B,,4"), side_size=4)
    assert [warning.path for warning in parsed.warnings] == ["match “1” and 1 other match"]
    assert read_results_csv(file("1,A,1,4", "1,B,2,0"), side_size=4).warnings == ()


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["3", "1", "2"], [(1, "1"), (2, "2"), (3, "3")]),
        (["10", "9"], [(9, "9"), (10, "10")]),
        (["02", "1"], [(1, "1"), (2, "2")]),
        (["1", "0"], [(1, "0"), (2, "1")]),
        (["8123456789012", "7"], [(1, "7"), (2, "8123456789012")]),
        (["Final", "2", "1"], [(1, "Final"), (2, "2"), (3, "1")]),
        (["B1", "A1", "B2"], [(1, "B1"), (2, "A1"), (3, "B2")]),
    ],
)
def test_matches_are_in_order_of_number_or_else_of_appearance(
    labels: list[str], expected: list[tuple[int, str]]
) -> None:
    matches = read_results_csv(file(*(f"{label},A,1,0" for label in labels))).matches
    assert [(match.number, match.label) for match in matches] == expected


def test_01_and_1_are_one_match() -> None:
    assert problems(file("01,A,1,0", "1,A,1,0")) == ["line 3: participant: “A” is in match “1” already, on line 2"]


def test_a_hundred_thousand_rows_are_read_quickly() -> None:
    rows = [
        f"{match},Team {number + match % 10 * 16},{number + 1},{number},2025-03-01T12:00:00Z"
        for match in range(1, 6251)
        for number in range(16)
    ]
    raw = file(*rows, header=f"{HEADER},completed_at")
    started = time.process_time()
    assert len(read_results_csv(raw).lines) == 100_000
    assert time.process_time() - started < 1.5


def test_two_with_ids_of_their_own_may_share_a_name() -> None:
    raw = file("1,Pyrian,1,0,7", "1,Pyrian,2,0,8", "2,Pyrian,1,0,8", header=f"{HEADER},participant_id")
    parsed = read_results_csv(raw)
    assert [participant.name for participant in parsed.participants] == ["Pyrian", "Pyrian (2)"]
    assert [(line.match, line.participant) for line in parsed.lines] == [(0, 0), (0, 1), (1, 1)]
    assert [str(warning) for warning in parsed.warnings] == [
        "line 3: participant: “Pyrian” cannot be told from “Pyrian” on line 2; it is taken as “Pyrian (2)”"
    ]


def test_handles_that_differ_in_case_alone_get_a_number() -> None:
    raw = file("1,Bob,1,0", "1,bob,2,0", "1,BOB (2),3,0", "1,BOB,4,0", "2,bob,1,0")
    parsed = read_results_csv(raw, are_handles=True)
    assert [participant.name for participant in parsed.participants] == ["Bob", "bob (2)", "BOB (2) (2)", "BOB (3)"]
    assert [warning.path for warning in parsed.warnings if "taken as “" in warning.message] == [
        "line 3: participant",
        "line 4: participant",
        "line 5: participant",
    ]
    assert [participant.name for participant in read_results_csv(raw).participants] == ["Bob", "bob", "BOB (2)", "BOB"]


def test_a_match_without_an_end_follows_the_one_before_it() -> None:
    ends = {"2": "2025-03-01T12:00:00Z", "5": "2025-03-01T13:00:00Z"}
    rows = [f"{number},A,1,0,{ends.get(str(number), '')}" for number in range(1, 6)]
    parsed = read_results_csv(file(*rows, header=f"{HEADER},completed_at"))
    noon, one = microseconds(ends["2"]), microseconds(ends["5"])
    assert parsed.completion_times(0) == [noon - 1000, noon, noon + 1000, noon + 2000, one]
    assert [str(warning) for warning in parsed.warnings] == [
        "match “1” and 2 other matches: no completed_at; put right behind the match before it"
    ]


def test_without_any_end_the_time_of_the_import_keeps_the_order() -> None:
    parsed = read_results_csv(file("2,A,1,0", "1,A,1,0", "3,A,1,0"))
    assert parsed.completion_times(5_000_000) == [5_000_000, 5_001_000, 5_002_000]
    assert parsed.warnings == ()
