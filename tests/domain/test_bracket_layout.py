import pytest

from webapp.domain.brackets.layout import Column, Drawing, Leaves, Row, by_round, drawings
from webapp.domain.brackets.structure import Node, Section, Slot, Source

W, L, F = Section.WINNERS, Section.LOSERS, Section.FINAL


def node(key: str, a: str, b: str, to: str = "", section: Section = W, **details: object) -> Node:
    number, _, position = key.lstrip("WLGF").partition("-")
    return Node(
        key, section, int(number or 1), int(position or 1), Source.parse(a), Source.parse(b),
        Slot.parse(to) if to else None, **details,  # type: ignore[arg-type]  # fields of Node by name
    )  # fmt: skip


def picture(drawing: Drawing) -> list[list[str]]:
    """Rows as `>key` where a line comes in, and the sign of the line that goes out."""
    signs = {Leaves.NOWHERE: "", Leaves.AHEAD: "-", Leaves.DOWN: "\\", Leaves.UP: "/"}
    return [
        [f"{'>' * row.is_entered}{row.key or '.'}{signs[row.leaves]}" for row in column.rows]
        for column in drawing.columns
    ]


def test_winners_meet_midway_in_the_next_round() -> None:
    four = [
        node("W1-1", "seed:1", "seed:4", "W2-1:a"),
        node("W1-2", "seed:2", "seed:3", "W2-1:b"),
        node("W2-1", "winner:W1-1", "winner:W1-2"),
    ]
    (drawing,) = drawings(four)
    assert picture(drawing) == [["W1-1\\", "W1-2/"], [">W2-1"]]
    assert [column.round for column in drawing.columns] == [1, 2]


def test_a_bye_keeps_its_place() -> None:
    six = [
        node("W1-2", "seed:4", "seed:5", "W2-1:b"),
        node("W1-3", "seed:3", "seed:6", "W2-2:b"),
        node("W2-1", "seed:1", "winner:W1-2", "W3-1:a"),
        node("W2-2", "seed:2", "winner:W1-3", "W3-1:b"),
        node("W3-1", "winner:W2-1", "winner:W2-2"),
    ]
    # Nobody meets two winners of the first round, so that round needs no more rows than the second.
    assert picture(drawings(six)[0]) == [["W1-2-", "W1-3-"], [">W2-1\\", ">W2-2/"], [">W3-1"]]
    seven = [*six, node("W1-4", "seed:2", "seed:7", "W2-2:a")]
    seven[3] = node("W2-2", "winner:W1-4", "winner:W1-3", "W3-1:b")
    assert picture(drawings(seven)[0])[0] == [".", "W1-2/", "W1-4\\", "W1-3/"]


def test_rounds_into_which_losers_fall_are_straight_and_both_sections_lead_to_the_final() -> None:
    double = [
        node("W1-1", "seed:1", "seed:4", "W2-1:a"),
        node("W1-2", "seed:2", "seed:3", "W2-1:b"),
        node("W2-1", "winner:W1-1", "winner:W1-2", "GF:a"),
        node("L1-1", "loser:W1-1", "loser:W1-2", "L2-1:a", L),
        node("L2-1", "winner:L1-1", "loser:W2-1", "GF:b", L),
        node("GF", "winner:W2-1", "winner:L2-1", "GF2:a", F),
        Node("GF2", F, 2, 1, Source("winner", "GF"), Source("loser", "GF"), is_conditional=True),
    ]
    winners, losers, final = drawings(double)
    assert [drawing.section for drawing in (winners, losers, final)] == [W, L, F]
    assert picture(winners) == [["W1-1\\", "W1-2/"], [">W2-1-"]]
    assert picture(losers) == [["L1-1-"], [">L2-1-"]]
    assert picture(final) == [[">GF-"], [">GF2"]]


def test_a_line_goes_on_through_a_round_that_is_not_played() -> None:
    skipping = [
        node("W1-1", "seed:4", "seed:5", "W3-1:b"),
        node("W2-1", "seed:2", "seed:3", "W3-1:a"),
        node("W3-1", "winner:W2-1", "winner:W1-1"),
    ]
    assert picture(drawings(skipping)[0]) == [[".", "W1-1-"], ["W2-1\\", ">./"], [">W3-1"]]


def test_what_leads_to_no_common_final_stands_one_below_the_other() -> None:
    two = [
        node("W1-1", "seed:1", "seed:4"),
        node("W1-2", "seed:2", "seed:3"),
    ]
    assert picture(drawings(two)[0]) == [["W1-1", "W1-2"]]
    third = Node("3RD", Section.THIRD_PLACE, 1, 1, Source("loser", "W1-1"), Source("loser", "W1-2"))
    assert picture(drawings([*two, third])[1]) == [["3RD"]]


@pytest.mark.parametrize(("number", "keys"), [(1, ["a", "b", "e"]), (2, ["c", "d", "f"])])
def test_a_large_bracket_is_looked_at_in_parts_and_by_its_last_rounds(number: int, keys: list[str]) -> None:
    rows = [tuple(Row(key) for key in column) for column in ("abcd", "ef", "g")]
    drawing = Drawing(W, tuple(Column(place, column) for place, column in enumerate(rows, start=1)))
    part = drawing.part(number, 2)
    assert [row.key for column in part.columns for row in column.rows] == keys
    assert [len(column.rows) for column in drawing.last_rounds(2).columns] == [2, 1]


def test_a_league_goes_by_rounds() -> None:
    nodes = [
        Node("S2-1", Section.SWISS, 2, 1, Source.seed(1), Source.seed(3)),
        Node("S1-2", Section.SWISS, 1, 2, Source.seed(3), Source.seed(4)),
        Node("S1-1", Section.SWISS, 1, 1, Source.seed(1), Source.seed(2)),
    ]
    assert [(number, [node.key for node in found]) for number, found in by_round(nodes)] == [
        (1, ["S1-1", "S1-2"]), (2, ["S2-1"]),
    ]  # fmt: skip
    assert drawings(nodes) == ()
