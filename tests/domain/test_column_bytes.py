import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain import column_bytes
from webapp.domain.columns import MISSING, IntColumn

LOWEST = int(np.iinfo(np.int64).min)
EDGES = [0, 1, 254, 255, 256, 65_534, 65_535, 2**32 - 2, 2**32 - 1, 2**62, MISSING - 1, MISSING, -1, LOWEST]
values = st.lists(st.one_of(st.sampled_from(EDGES), st.integers(LOWEST, MISSING)), max_size=30)
columns_by_name = st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=5)


def column(numbers: list[int]) -> IntColumn:
    return np.array(numbers, dtype=np.int64)


@given(columns_by_name, st.dictionaries(st.text(max_size=5), st.none() | st.integers(-(2**53), 2**53), max_size=3))
def test_whatever_is_packed_comes_back_equal(named: dict[str, list[int]], about: dict[str, int | None]) -> None:
    packed = column_bytes.to_bytes({name: column(numbers) for name, numbers in named.items()}, about)
    columns, told = column_bytes.from_bytes(packed)
    assert {name: found.tolist() for name, found in columns.items()} == named
    assert told == about
    assert list(columns) == list(named)
    assert all(found.dtype == np.int64 for found in columns.values())


@given(values)
def test_equal_columns_have_equal_bytes(numbers: list[int]) -> None:
    packed = [column_bytes.to_bytes({"points": column(numbers)}, {}) for _ in range(2)]
    assert packed[0] == packed[1]


@pytest.mark.parametrize(
    ("numbers", "bytes_each"),
    [
        ([7] * 100, 0),
        ([MISSING] * 100, 0),
        (list(range(100)), 1),
        ([10**15 + number for number in range(100)], 1),
        ([*range(99), MISSING], 1),
        (list(range(0, 25_600, 256)), 2),
        (list(range(0, 100 * 2**20, 2**20)), 4),
        ([LOWEST, *range(98), MISSING], 8),
    ],
    ids=[
        "constant",
        "nothing",
        "small",
        "small range far off",
        "with nothing",
        "two bytes",
        "four bytes",
        "everything",
    ],
)
def test_a_column_takes_as_few_bytes_as_its_range_needs(numbers: list[int], bytes_each: int) -> None:
    empty = len(column_bytes.to_bytes({"c": column(numbers[:1] * 100)}, {}))
    size = len(column_bytes.to_bytes({"c": column(numbers)}, {}))
    # The header names the width and the lowest value, which take some bytes more or less.
    assert abs(size - empty - 100 * bytes_each) < 30
