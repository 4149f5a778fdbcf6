"""The line of a rank over versions."""

import pytest

from webapp.services.pages.rank_chart import Dot, RankLine, rank_chart


def test_the_best_rank_is_on_top_and_a_rank_holds_until_the_next_version() -> None:
    chart = rank_chart([(1, 3), (2, 3), (3, 1), (4, 5), (5, 5)])
    assert chart is not None
    assert (chart.best_rank, chart.worst_rank, chart.first_version, chart.last_version) == (1, 5, 1, 5)
    assert chart.path == "M66 106H206H346V16H486V196H626"
    assert chart.dots == (Dot(66, 106, 1, 3), Dot(346, 16, 3, 1), Dot(486, 196, 4, 5), Dot(626, 196, 5, 5))
    assert [line.rank for line in chart.lines] == [1, 2, 3, 4, 5]


def test_the_line_breaks_while_there_is_no_rank() -> None:
    chart = rank_chart([(3, 2), (4, None), (5, None), (6, 1)])
    assert chart is not None
    assert chart.path == "M66 196H252.7M626 16"
    assert [dot.version for dot in chart.dots] == [3, 6]


def test_a_rank_that_never_changes_is_a_line_in_the_middle() -> None:
    chart = rank_chart([(1, 4), (2, 4)])
    assert chart is not None
    assert (chart.path, chart.lines) == ("M66 106H626", (RankLine(4, 106),))


@pytest.mark.parametrize(
    ("worst", "lined"), [(2, [1, 2]), (10, [1, 4, 7, 10]), (6, [1, 3, 6]), (1000, [1, 251, 501, 751, 1000])]
)
def test_lines_are_few_and_never_written_over_each_other(worst: int, lined: list[int]) -> None:
    chart = rank_chart([(1, 1), (2, worst)])
    assert chart is not None
    assert [line.rank for line in chart.lines] == lined


@pytest.mark.parametrize("ranks", [[], [(1, 3)], [(1, 3), (2, None)]])
def test_less_than_two_ranks_make_no_line(ranks: list[tuple[int, int | None]]) -> None:
    assert rank_chart(ranks) is None
