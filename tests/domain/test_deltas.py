"""Deltas between versions, and their composition: a client that applies them has the server's board."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain.columns import MISSING, column
from webapp.domain.deltas import Placings, RankChanges, applied, composed, rank_changes


def placings(*rows: tuple[int, int, int]) -> Placings:
    return Placings(*(column(values) for values in (zip(*sorted(rows), strict=True) if rows else ([], [], []))))


def rows_of(board: Placings) -> list[tuple[int, ...]]:
    return list(zip(board.participant_id.tolist(), board.rank.tolist(), board.points.tolist(), strict=True))


def changes_of(changes: RankChanges) -> list[tuple[int, ...]]:
    """(id, previous rank, current rank, points)."""
    columns = changes.as_columns()
    return list(
        zip(*(columns[name] for name in ("participant_id", "previous_rank", "current_rank", "points")), strict=True)
    )


def boards() -> st.SearchStrategy[Placings]:
    points = st.dictionaries(st.integers(1, 6), st.integers(0, 2))
    return points.map(
        lambda totals: placings(
            *(
                (one, rank, totals[one])
                for rank, one in enumerate(sorted(totals, key=lambda one: (-totals[one], one)), start=1)
            )
        )
    )


def test_changes_name_who_moved_scored_came_and_went() -> None:
    before = placings((1, 1, 9), (2, 2, 7), (3, 3, 5), (4, 4, 1), (8, 5, 0))
    after = placings((1, 1, 9), (2, 3, 7), (3, 2, 8), (4, 4, 2), (6, 5, 0))

    assert changes_of(rank_changes(before, after)) == [
        (2, 2, 3, 7),
        (3, 3, 2, 8),
        (4, 4, 4, 2),
        (6, 0, 5, 0),
        (8, 5, 0, 0),
    ]


def test_a_first_version_is_all_new_entries() -> None:
    changes = rank_changes(None, placings((1, 2, 3), (2, 1, 4)))

    assert changes_of(changes) == [(1, 0, 2, 3), (2, 0, 1, 4)]
    assert changes.previous_points.tolist() == [MISSING, MISSING]


def test_an_equal_board_is_no_change() -> None:
    board = placings((1, 1, 9), (2, 2, 7))

    assert len(rank_changes(board, board)) == 0


def test_a_delta_survives_storage() -> None:
    changes = rank_changes(placings((1, 1, 9), (2, 2, 7)), placings((1, 2, 9), (3, 1, 12)))

    again = RankChanges.from_columns(changes.as_columns())

    assert again.as_columns() == changes.as_columns()
    without_points_before = {name: values for name, values in changes.as_columns().items() if name != "previous_points"}
    assert RankChanges.from_columns(without_points_before).previous_points.tolist() == [MISSING] * 3


@given(boards(), boards())
@settings(max_examples=300, deadline=None)
def test_applying_a_delta_gives_the_later_board(before: Placings, after: Placings) -> None:
    assert rows_of(applied(before, rank_changes(before, after))) == rows_of(after)


@given(st.lists(boards(), min_size=1, max_size=5))
@settings(max_examples=500, deadline=None)
def test_composed_deltas_lead_from_the_first_board_to_the_last_and_hold_nothing_else(versions: list[Placings]) -> None:
    deltas = [rank_changes(before, after) for before, after in pairwise(versions)]

    total = composed(deltas)

    assert rows_of(applied(versions[0], total)) == rows_of(versions[-1])
    direct = rank_changes(versions[0], versions[-1])
    assert [row[:3] for row in changes_of(total)] == [row[:3] for row in changes_of(direct)]
    # Of the removed both name the last points, which are those before their removal.
    assert [row for row in changes_of(total) if row[2]] == [row for row in changes_of(direct) if row[2]]


@given(st.lists(boards(), min_size=2, max_size=5), st.data())
@settings(max_examples=200, deadline=None)
def test_deltas_without_the_points_before_still_lead_to_the_last_board(
    versions: list[Placings], data: st.DataObject
) -> None:
    deltas = []
    for before, after in pairwise(versions):
        columns = rank_changes(before, after).as_columns()
        del columns["previous_points"]
        deltas.append(RankChanges.from_columns(columns))

    assert rows_of(applied(versions[0], composed(deltas))) == rows_of(versions[-1])


@given(st.lists(boards(), min_size=3, max_size=5), st.data())
@settings(max_examples=200, deadline=None)
def test_composing_in_any_grouping_gives_the_same(versions: list[Placings], data: st.DataObject) -> None:
    deltas = [rank_changes(before, after) for before, after in pairwise(versions)]
    cut = data.draw(st.integers(1, len(deltas) - 1))

    halves = composed([composed(deltas[:cut]), composed(deltas[cut:])])

    assert [row[:3] for row in changes_of(halves)] == [row[:3] for row in changes_of(composed(deltas))]


def test_a_missing_delta_in_between_is_noticed() -> None:
    first, second, third, fourth = (
        placings((1, 1, 9), (2, 2, 7)),
        placings((1, 2, 9), (2, 1, 10)),
        placings((1, 1, 11), (2, 2, 10)),
        placings((1, 2, 11), (2, 1, 12)),
    )
    with pytest.raises(ValueError, match="do not follow upon each other"):
        composed([rank_changes(first, second), rank_changes(first, second)])
    assert changes_of(composed([rank_changes(second, third), rank_changes(third, fourth)])) == [
        (1, 2, 2, 11),
        (2, 1, 1, 12),
    ]


def test_no_deltas_are_no_change() -> None:
    assert len(composed([])) == 0
    assert len(composed([rank_changes(None, placings())])) == 0
