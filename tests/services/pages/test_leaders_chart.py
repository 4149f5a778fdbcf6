"""The lines of the leaders: where they run, and that no two labels are written over each other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.services.pages.leaders_chart import NARROW, WIDE, Leader, Size, apart, draw, shortened


def leaders(*ranks: int) -> list[Leader]:
    return [Leader(rank * 10, f"Squad {rank}", rank, 100 - rank) for rank in ranks]


def test_the_best_rank_is_on_top_and_lines_go_from_the_first_stop_to_the_last() -> None:
    drawing = draw(WIDE, leaders(1, 2), [(1, {10: 2, 20: 1}), (2, {10: 2, 20: 1}), (3, {10: 1, 20: 2})])
    first, second = drawing.lines
    assert [tick.label for tick in drawing.ranks] == [1, 2]
    assert drawing.ranks[0].place == WIDE.top
    assert drawing.ranks[1].place == WIDE.height - WIDE.bottom
    assert [tick.label for tick in drawing.stops] == [1, 2, 3]
    assert first.path == "M44 354H298C425 354 425 18 552 18"
    assert second.path == "M44 18H298C425 18 425 354 552 354"
    assert (first.end, first.style, second.style) == ((552, 18), 1, 2)


def test_a_line_begins_where_its_leader_came_in_and_is_broken_where_it_was_gone() -> None:
    drawing = draw(WIDE, leaders(1, 2), [(1, {20: 1}), (2, {10: 1, 20: 2}), (3, {20: 1}), (4, {10: 1, 20: 2})])
    line = drawing.lines[0]
    assert line.path.count("M") == 2
    assert len(line.marks) == 2
    assert line.end == line.marks[-1]


def test_ranks_further_down_run_below_the_last_one_named() -> None:
    drawing = draw(WIDE, leaders(1, 2), [(1, {10: 90, 20: 40}), (2, {10: 1, 20: 2})])
    assert [tick.label for tick in drawing.ranks] == [1, 4, 8, 12, 16]
    assert drawing.lower_y == WIDE.height - WIDE.bottom
    assert {line.path.split("C")[0] for line in drawing.lines} == {f"M44 {drawing.lower_y:g}"}
    assert drawing.ranks[-1].place < drawing.lower_y


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("ranks", [(1, 2, 3, 4, 5, 6, 7, 8), (1, 1, 1, 1, 5, 5, 7, 8), (1,)])
def test_no_label_is_written_over_another(size: Size, ranks: tuple[int, ...]) -> None:
    shown = [Leader(number, f"Squad {number}", rank, 9) for number, rank in enumerate(ranks)]
    now = {leader.participant_id: leader.rank for leader in shown}
    drawing = draw(size, shown, [(1, now), (2, now)])
    places = [line.label_y for line in drawing.lines]
    assert all(after - before >= size.letters for before, after in pairwise(places))
    assert all(size.top <= place <= size.height - size.bottom for place in places)


@given(st.lists(st.floats(0, 300, allow_nan=False), max_size=12).map(sorted))
def test_places_are_kept_apart_within_their_bounds(wanted: list[float]) -> None:
    places = apart(wanted, gap=20, low=10, high=310)
    assert all(after - before >= 19.9 for before, after in pairwise(places))
    assert all(9.9 <= place <= 310 for place in places)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Squad 01", "Squad 01"),
        ("The Incredible Machine", "The Incred…"),
        ("ঢাকা ক্রাউন", "ঢাকা ক্রাউন"),
        ("战队战队战队战队", "战队战队战队…"),
    ],
)
def test_a_long_name_is_cut_where_its_room_ends(name: str, short: str) -> None:
    assert shortened(name, 100, 14) == short


@pytest.mark.parametrize(
    ("count", "labels"), [(2, [1, 2]), (12, [2, 4, 6, 8, 10, 12]), (48, [6, 12, 18, 24, 30, 36, 42, 48])]
)
def test_stops_are_named_at_even_distances_up_to_the_last(count: int, labels: list[int]) -> None:
    drawing = draw(WIDE, leaders(1), [(number, {10: 1}) for number in range(1, count + 1)])
    assert [tick.label for tick in drawing.stops] == labels


def test_a_small_screen_gets_some_of_many_stops_with_the_first_and_the_last() -> None:
    stops = [(number, {10: 1, 20: 2}) for number in range(1, 101)]
    wide, narrow = (draw(size, leaders(1, 2), stops) for size in (WIDE, NARROW))
    assert [len(drawing.lines[0].path.split("H")) for drawing in (wide, narrow)] == [48, 16]
    assert (wide.stops[-1].label, narrow.stops[-1].label) == (100, 100)
