from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import ResultError
from webapp.domain.grid import Cells, LineChange, Lobby, cells_of, check_grid, differences
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.domain.scoring import check_match

NAMES = {11: "Alpha", 12: "Bravo: two", 13: "Charlie", 14: "Delta"}
SQUADS = Lobby(NAMES, places=4, side_size=4)


def typed(**rows: str) -> list[Cells]:
    """Rows by the first letter of their name, as `placement kills time`; `_` is a blank cell."""
    cells = dict.fromkeys(NAMES, ("", "", ""))
    for letter, text in rows.items():
        values = [value.replace("_", "") for value in text.split()]
        cells[next(who for who, name in NAMES.items() if name[0] == letter)] = (*values, *[""] * (3 - len(values)))  # type: ignore[assignment]  # three by construction
    return [Cells(who, *values) for who, values in cells.items()]


def said(rows: list[Cells], lobby: Lobby = SQUADS) -> tuple[list[str], list[str]]:
    found = check_grid(rows, lobby)
    return [str(error) for error in found.errors], [str(warning) for warning in found.warnings]


def test_typed_rows_become_lines() -> None:
    found = check_grid(typed(A="1 5 23:14", B="DNF 2", C="_ 0 90", D="3-4 1"), SQUADS)
    assert (found.errors, found.warnings) == ((), ())
    assert found.lines == (
        Line(11, 1, 5, None, 1394), Line(12, None, 2), Line(13, None, 0, None, 90), Line(14, 3, 1, 4),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "errors"),
    [
        ({}, ["lobby: nothing is typed yet; give at least one participant a placement or kills"]),
        ({"A": "1 _"}, ["kills-11: is empty; write 0, 1, 2 …"]),
        ({"A": "x 3"}, ["placement-11: “x” is not a whole number; write 1, 2, 3 …, a range such as 5-7, or nothing for a participant who did not finish"]),
        ({"A": "1 -3"}, ["kills-11: “-3” is negative; write 0, 1, 2 …"]),
        ({"A": "1 3 9h"}, ["time-11: “9h” is no time; write minutes and seconds such as 23:14"]),
        ({"A": "_ _ 9:00"}, ["kills-11: is empty; write 0, 1, 2 …"]),
        ({"A": "5 3"}, ["placement-11: must be 1 to 4, or blank for a DNF, not 5"]),
        ({"A": "0 3"}, ["placement-11: “0” is below 1; write 1, 2, 3 …, a range such as 5-7, or nothing for a participant who did not finish"]),
        ({"A": "3-5 3"}, ["placement-11: must be 1 to 4, not 5"]),
        ({"A": "2 3", "B": "2 0"}, ["placement-12: 2 is given to Alpha already"]),
        ({"A": "2 3", "B": "2 _"}, ["kills-12: is empty; write 0, 1, 2 …", "placement-12: 2 is given to Alpha already"]),
        ({"B": "1 3", "D": "1 0"}, ["placement-14: 1 is given to Bravo: two already"]),
        ({"A": "2 _", "B": "9 1", "C": "1 0", "D": "1 0"}, [
            "kills-11: is empty; write 0, 1, 2 …",
            "placement-12: must be 1 to 4, or blank for a DNF, not 9",
            "placement-14: 1 is given to Charlie already",
        ]),
    ],
)  # fmt: skip
def test_every_wrong_cell_is_told_at_once(rows: Mapping[str, str], errors: list[str]) -> None:
    assert said(typed(**rows)) == (errors, [])


def test_a_smaller_lobby_than_the_field_takes_no_more_rows_than_it_holds() -> None:
    lobby = Lobby(NAMES, places=2, side_size=None)
    assert said(typed(A="1 5", C="2 2"), lobby) == ([], [])
    assert said(typed(A="1 5", C="2 2", D="_ 1"), lobby) == (["row-14: is one too many: the lobby holds 2"], [])


@pytest.mark.parametrize(
    ("rows", "warnings"),
    [
        ({"A": "1 5", "B": "2 0", "C": "3 0", "D": "4 0"}, []),
        (
            {"A": "1 5", "C": "2 1"},
            ["lobby: 2 of 4 without a line (Bravo: two, Delta): taken as not having played; write DNF for who played and did not finish"],
        ),
        ({"A": "1 13", "B": "2 0", "C": "3 0", "D": "4 0"}, ["kills-11: 13 are more than the 12 opponents in the lobby"]),
        ({"A": "1 12", "B": "2 4", "C": "3 0", "D": "4 0"}, ["lobby: 16 kills are more than 16 players in the lobby allow"]),
        ({"A": "1 5", "B": "3 0", "C": "_ 0", "D": "_ 0"}, ["lobby: nobody holds place 2"]),
        ({"A": "4 5", "B": "_ 0", "C": "_ 0", "D": "_ 0"}, ["lobby: nobody holds place 1, 2, 3"]),
        ({"A": "1 5", "B": "3-4 0", "C": "_ 0", "D": "_ 0"}, []),
        # One squad against a lobby still to be typed: seven kills are no wonder.
        ({"A": "1 7"}, ["lobby: 3 of 4 without a line (Bravo: two, Charlie, Delta): taken as not having played; write DNF for who played and did not finish"]),
    ],
)  # fmt: skip
def test_what_can_be_right_is_pointed_out_but_taken(rows: Mapping[str, str], warnings: list[str]) -> None:
    assert said(typed(**rows)) == ([], warnings)


def test_many_missing_names_are_summed_up() -> None:
    lobby = Lobby({number: f"Squad {number}" for number in range(1, 10)}, places=9, side_size=None)
    assert said([Cells(1, "1", "0")], lobby)[1] == [
        "lobby: 8 of 9 without a line (Squad 2, Squad 3, Squad 4, Squad 5, Squad 6 and 3 more): taken as not having played; write DNF for who played and did not finish"
    ]
    lobby = Lobby(lobby.names, places=3, side_size=None)
    assert said([Cells(1, "1", "0")], lobby)[1] == [
        "lobby: 2 of 3 without a line: taken as not having played; write DNF for who played and did not finish"
    ]


LINES = st.builds(
    lambda who, low, more, kills, time: Line(who, low, kills, low + more if low and more else None, time),
    st.sampled_from(list(NAMES)),
    st.none() | st.integers(1, 4),
    st.integers(0, 2),
    st.integers(0, 30),
    st.none() | st.integers(0, 9999),
)
VERSIONS = st.lists(LINES, unique_by=lambda line: line.participant_id)


@given(LINES)
def test_a_line_shown_in_the_grid_is_read_back_as_it_was(line: Line) -> None:
    lobby = Lobby(NAMES, places=8, side_size=None)
    assert check_grid([cells_of(line)], lobby).lines == (line,)


@given(VERSIONS)
def test_the_grid_takes_what_the_rules_of_a_match_take_and_nothing_else(lines: list[Line]) -> None:
    try:
        check_match(lines, roster=NAMES, lobby_size=4)
        is_taken = bool(lines)
    except ResultError:
        is_taken = False
    assert (not check_grid([cells_of(line) for line in lines], SQUADS).errors) is is_taken


CELL = st.sampled_from(["", "1", "2", "3", "4", "5", "2-3", "DNF", "x", "-1", " 1 ", "０", "99999999", "1.5"])


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=4, max_size=4))
def test_whatever_is_typed_is_answered_beside_its_cell(values: list[tuple[str, str, str]]) -> None:
    rows = [Cells(who, *cells) for who, cells in zip(NAMES, values, strict=True)]
    found = check_grid(rows, SQUADS)
    fields = {f"{column}-{who}" for who in NAMES for column in ("placement", "kills", "time", "row")} | {"lobby"}
    assert {error.path for error in (*found.errors, *found.warnings)} <= fields
    assert not (found.errors and found.warnings)
    assert len(found.lines) <= sum(not row.is_blank for row in rows)
    if not found.errors:
        assert len(found.lines) == sum(not row.is_blank for row in rows)
        assert check_match(found.lines, roster=NAMES, lobby_size=4) == []


@given(VERSIONS, VERSIONS)
def test_differences_lead_from_one_version_to_the_other(before: list[Line], after: list[Line]) -> None:
    changes = differences(before, after)
    result = {line.participant_id: line for line in before}
    for who, was, now in changes:
        assert (result.pop(who, None) == was, was != now) == (True, True)
        if now:
            result[who] = now
    assert result == {line.participant_id: line for line in after}
    assert differences(after, before) == [LineChange(who, now, was) for who, was, now in changes]
    assert differences(before, before) == []


def test_a_range_of_one_place_is_that_place() -> None:
    assert differences([Line(1, 3, 2, 3)], [Line(1, 3, 2)]) == []
