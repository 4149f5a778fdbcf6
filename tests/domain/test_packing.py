"""Sorting by packed words: codes, order, and where neighbours part."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain.columns import MISSING, column, mean_hundredths, positions_of, to_optional
from webapp.domain.packing import WORD_BITS, Field, field_of, index_bits, lexicographic_ranks, narrowed, sort_by

VALUES = st.sampled_from([-(2**63), -5, 0, 1, 2, 2**33, 2**63 - 2]) | st.none()


@pytest.mark.parametrize(
    ("values", "ascending", "codes", "bits"),
    [
        ([5, 3, 4], True, [2, 0, 1], 2),
        ([5, 3, 4], False, [0, 2, 1], 2),
        ([7, 7], True, [0, 0], 0),
        ([7, None, 6], True, [1, 2, 0], 2),
        ([7, None, 6], False, [0, 2, 1], 2),  # no value sorts last in either direction
        ([None, None], False, [0, 0], 0),
        ([], True, [], 0),
        ([-(2**63), 2**63 - 2, None], True, [0, 2**64 - 2, 2**64 - 1], 64),
        ([-(2**63), 2**63 - 2, None], False, [2**64 - 2, 0, 2**64 - 1], 64),
    ],
)
def test_codes_are_distances_from_the_best_value(
    values: list[int | None], ascending: bool, codes: list[int], bits: int
) -> None:
    field = field_of(column(values), ascending=ascending)

    assert (field.codes.tolist(), field.bits) == (codes, bits)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_sort_equals_sorting_tuples_and_names_the_first_field_in_which_neighbours_differ(data: st.DataObject) -> None:
    size = data.draw(st.integers(0, 9))
    columns = data.draw(st.lists(st.lists(VALUES, min_size=size, max_size=size), min_size=1, max_size=4))
    directions = data.draw(st.lists(st.booleans(), min_size=len(columns), max_size=len(columns)))

    fields = [field_of(column(values), ascending=up) for values, up in zip(columns, directions, strict=True)]
    order, difference = sort_by(fields)

    def key(row: int) -> list[tuple[bool, int]]:
        values = [values[row] for values in columns]
        return [(value is None, (value or 0) * (1 if up else -1)) for value, up in zip(values, directions, strict=True)]

    expected = sorted(range(size), key=key)
    assert order.tolist() == expected
    for position in range(size):
        if position == 0:
            assert difference[0] == -1
            continue
        before, here = key(expected[position - 1]), key(expected[position])
        first = next((index for index in range(len(columns)) if before[index] != here[index]), len(columns))
        assert difference[position] == first


def test_fields_that_fill_a_word_exactly_are_still_one_sort() -> None:
    size = 4
    wide = Field(np.array([3, 0, 2**62 - 1, 0], dtype=np.uint64), WORD_BITS - index_bits(size))

    order, difference = sort_by([wide])

    assert order.tolist() == [1, 3, 0, 2]
    assert difference.tolist() == [-1, 1, 0, 0]


@given(st.lists(VALUES, max_size=12))
def test_narrowed_codes_keep_the_order_in_the_fewest_bits(values: list[int | None]) -> None:
    field = narrowed(field_of(column(values)))

    assert sort_by([field])[0].tolist() == sort_by([field_of(column(values))])[0].tolist()
    assert field.bits == max(len(set(values)) - 1, 0).bit_length()


@given(
    st.integers(0, 3).flatmap(
        lambda width: st.lists(st.lists(st.integers(0, 2), min_size=width, max_size=width), min_size=1, max_size=8)
    )
)
def test_lexicographic_ranks_number_the_different_rows(rows: list[list[int]]) -> None:
    ordered = sorted({tuple(row) for row in rows})

    assert lexicographic_ranks(np.array(rows, dtype=np.int64)).tolist() == [ordered.index(tuple(row)) for row in rows]


@given(
    st.lists(st.integers(-40, 40) | st.integers(-(2**62), 2**62), unique=True, max_size=8),
    st.lists(st.integers(-50, 50), max_size=40),
)
def test_positions_say_nowhere_for_strangers_however_they_are_looked_up(known: list[int], wanted: list[int]) -> None:
    ids = sorted(known)
    asked = [*wanted, *ids]

    found = positions_of(column(asked), column(ids))

    assert found.tolist() == [ids.index(one) if one in ids else -1 for one in asked]


def test_means_round_half_up_and_nothing_has_none() -> None:
    mean = mean_hundredths(column([1, 1, 2, 5, 0, 1]), column([3, 8, 3, 1, 0, 200]), of_none=MISSING)

    assert to_optional(mean) == [33, 13, 67, 500, None, 1]
