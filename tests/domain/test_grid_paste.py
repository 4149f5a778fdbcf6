import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.grid import Cells, Lobby
from webapp.domain.grid_paste import read_paste

NAMES = {1: "Alpha", 2: "Bravo, Inc.", 3: "Çelik", 4: "Теам Illusion", 5: "00 Nation"}
LOBBY = Lobby(NAMES, places=5, side_size=4)


def pasted(text: str, first_id: int | None = None) -> tuple[dict[int, tuple[str, str, str]], list[str]]:
    found = read_paste(text, LOBBY, first_id=first_id)
    return {row.participant_id: row[1:] for row in found.rows}, [str(problem) for problem in found.problems]


THREE = {1: ("1", "7", ""), 2: ("3", "0", ""), 3: ("", "2", "")}


@pytest.mark.parametrize(
    "text",
    [
        "Alpha\t1\t7\nBravo, Inc.\t3\t0\nÇelik\t\t2\n",
        "team\tplacement\tkills\r\nAlpha\t1\t7\r\nBravo, Inc.\t3\t0\r\nÇelik\t\t2\r\n",
        "Kills;Rank;Team\n7;1;Alpha\n0;3;Bravo, Inc.\n2;;Çelik",
        'team,placement,kills\nAlpha,1,7\n"Bravo, Inc.",3,0\nÇelik,,2\n',
        "\n\nALPHA\t1st\t7\n\nbravo,  inc.\t#3\t0.0\nc\u0327elik\t-\t2,0\n\n",
        "Ａlpha\t1.\t7\nBravo, Inc.\t3rd\t0\nÇelik\t–\t2",
        "1\tAlpha\t7\n3\tBravo, Inc.\t0\n\tÇelik\t2\n",
        "team\tcountry\tplacement\tkills\nAlpha\tBD\t1\t7\nBravo, Inc.\tIN\t3\t0\nÇelik\tTR\t\t2\n",
    ],
)
def test_names_with_placement_and_kills_are_read_however_they_are_separated(text: str) -> None:
    assert pasted(text) == (THREE, [])


def test_a_time_alive_is_the_fourth_column_or_the_named_one() -> None:
    assert pasted("Alpha\t1\t7\t23:14")[0] == {1: ("1", "7", "23:14")}
    assert pasted("time alive\tteam\tkills\tplace\n1394\tAlpha\t7\t1")[0] == {1: ("1", "7", "1394")}


@pytest.mark.parametrize("written", ["Team Illusion", "TEAM ILLUSION", "Теам lllusion"])
def test_a_name_that_looks_alike_is_that_participant(written: str) -> None:
    assert pasted(f"{written}\t2\t4") == ({4: ("2", "4", "")}, [])


def test_names_alone_are_the_finishing_order() -> None:
    order = "Çelik\n00 Nation\nAlpha\nBravo, Inc.\n"
    assert pasted(order) == ({1: ("3", "", ""), 2: ("4", "", ""), 3: ("1", "", ""), 5: ("2", "", "")}, [])


@pytest.mark.parametrize(
    ("text", "first_id", "rows"),
    [
        (
            "3\t0\n1\t7\n\n2\t2\n5\t0\n",
            None,
            {1: ("3", "0", ""), 2: ("1", "7", ""), 4: ("2", "2", ""), 5: ("5", "0", "")},
        ),
        ("placement,kills\n3,0\n1,7\n", None, {1: ("3", "0", ""), 2: ("1", "7", "")}),
        ("kills,placement\n0,3\n7,1\n", None, {1: ("3", "0", ""), 2: ("1", "7", "")}),
        ("4\t0\n5\t1.5\n", 4, {4: ("4", "0", ""), 5: ("5", "1.5", "")}),
        ("4\n1\n2\n", None, {1: ("4", "", ""), 2: ("1", "", ""), 3: ("2", "", "")}),
        ("DNF\t3\t4:05\n", 2, {2: ("DNF", "3", "4:05")}),
        ("4\t0\n", 99, {1: ("4", "0", "")}),
    ],
)
def test_columns_without_names_fill_the_grid_in_its_order(
    text: str, first_id: int | None, rows: dict[int, tuple[str, str, str]]
) -> None:
    assert pasted(text, first_id) == (rows, [])


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["pasted: holds nothing; copy the rows in the spreadsheet and paste them here"]),
        (" \n\t\n", ["pasted: holds nothing; copy the rows in the spreadsheet and paste them here"]),
        ("Alpha\t3\nÇelik\t4", ["pasted: cannot be told apart into columns; write a first line such as team, placement, kills, or paste placement and kills alone in the order of the grid"]),
        ("1\t2\t3\t4", ["pasted: cannot be told apart into columns; write a first line such as team, placement, kills, or paste placement and kills alone in the order of the grid"]),
        ("Alpho\t3\t1", ["line 1: “Alpho” takes no part in this match (is “Alpha” meant?)"]),
        ("team\tplacement\tkills\nNobody Knows\t3\t1", ["line 2: “Nobody Knows” takes no part in this match"]),
        ("Alpha\t3\t1\nalpha\t4\t1", ["line 2: is on line 1 already"]),
        ("team\tkills\n\t1", ["line 2: names nobody; write the participant's name"]),
        ("team\tkills\nAl\u202epha\t1", ["line 2: “Al\\u202epha” takes no part in this match (is “Alpha” meant?)"]),
        ("1\n2\n3\n4\n5\n6\n7", ["line 6: is beyond the last row of the grid"]),
        ("1\n" * 2000, ["pasted: holds 2,000 lines; paste one match at a time"]),
        ("1" * 200_000, ["pasted: is 200,000 characters long; paste one match at a time"]),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_listed_by_line(text: str, problems: list[str]) -> None:
    assert pasted(text)[1] == problems


def test_a_name_that_two_participants_look_like_is_taken_for_neither() -> None:
    lobby = Lobby({1: "Team", 2: "Теам"}, places=2, side_size=None)
    assert read_paste("Team\t1\t0\nТеам\t2\t0", lobby).problems == ()
    found = read_paste("TEAM\t1\t0\nteam\t2\t0", lobby)
    assert [row.participant_id for row in found.rows] == [1]
    assert [str(problem) for problem in found.problems] == ["line 2: is on line 1 already"]
    found = read_paste("Тeam\t1\t0", lobby)
    assert [str(problem) for problem in found.problems] == [
        "line 1: “Тeam” may be “Team”, “Теам”; write the name as it stands in the grid"
    ]


def test_a_quotation_mark_that_quotes_nothing_is_a_letter() -> None:
    assert pasted('"Alpha"\t1\t7')[0] == {1: ("1", "7", "")}
    assert pasted('Alpha\t1\t7\n"Çelik\t2\t0\n')[0][1] == ("1", "7", "")


NUMBER = st.integers(1, 99).map(str)


@given(
    st.permutations(list(NAMES)), st.lists(st.tuples(NUMBER, NUMBER), min_size=5, max_size=5), st.sampled_from("\t;,")
)
def test_any_order_of_rows_fills_the_same_grid(order: list[int], values: list[tuple[str, str]], separator: str) -> None:
    text = "".join(f'"{NAMES[who]}"{separator}{values[who - 1][0]}{separator}{values[who - 1][1]}\n' for who in order)
    found = read_paste(text, LOBBY)
    assert found.problems == ()
    assert found.rows == tuple(Cells(who, *values[who - 1]) for who in NAMES)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    found = read_paste(text, LOBBY)
    assert {row.participant_id for row in found.rows} <= NAMES.keys()
    assert len({row.participant_id for row in found.rows}) == len(found.rows)
