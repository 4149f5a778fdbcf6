"""Sorting by several columns at once: their ranges packed side by side into one word, which numpy sorts natively.

Six keys of 10,000 rows are one sort of 10,000 integers; `numpy.lexsort` sorts once a column and takes several times as
long. What does not fit into 64 bits is sorted by lexsort over as few words as possible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from webapp.domain.columns import MISSING, BoolColumn, IntColumn

WORD_BITS = 64
Words: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Field:
    """A column as codes from 0 (sorts first) up; `bits` is enough to hold the largest."""

    codes: Words
    bits: int


def field_of(values: IntColumn, *, ascending: bool = True) -> Field:
    """The codes of a column: distances from its best value. MISSING gets the last code in either direction."""
    if not values.size:
        return Field(values.view(np.uint64), 0)
    low, high = int(values.min()), int(values.max())
    missing = None
    if high == MISSING:
        missing = values == MISSING
        high = int(values.max(initial=low, where=~missing)) if low != MISSING else low
    # The distance of any two int64 fits into uint64, and wrapping subtraction gives exactly that distance.
    codes = (values - low if ascending else high - values).view(np.uint64)
    last = high - low
    if missing is not None and low != MISSING:
        last += 1
        codes[missing] = last
    return Field(codes, last.bit_length())


def narrowed(field: Field) -> Field:
    """The same order in the fewest bits: codes without gaps."""
    codes = np.unique(field.codes, return_inverse=True)[1].astype(np.uint64)
    return Field(codes, int(codes.max(initial=0)).bit_length())


def index_bits(size: int) -> int:
    """How many bits number `size` rows."""
    return max(size - 1, 0).bit_length()


def sort_by(fields: Sequence[Field]) -> tuple[IntColumn, IntColumn]:
    """The stable order of the rows by `fields`, and where neighbours differ.

    Returns (order, first_difference): `order[i]` is the row that comes i-th; `first_difference[i]` is the index of
    the first field in which it differs from the row before it, len(fields) when it does not, -1 for i = 0. Needs at
    least one field.
    """
    size = fields[0].codes.size
    free = WORD_BITS - index_bits(size) - sum(field.bits for field in fields)
    if size < 2:
        return np.zeros(size, dtype=np.int64), np.full(size, -1, dtype=np.int64)
    return _sort_one_word(fields, size) if free >= 0 else _sort_many_words(fields, size)


def _sort_one_word(fields: Sequence[Field], size: int) -> tuple[IntColumn, IntColumn]:
    row_bits = index_bits(size)
    words = _packed(fields) << np.uint64(row_bits)
    words |= np.arange(size, dtype=np.uint64)
    words.sort()
    order = (words & np.uint64((1 << row_bits) - 1)).view(np.int64)
    words >>= np.uint64(row_bits)
    # Fields lie side by side, so the highest bit in which two words differ lies in the first field in which they
    # differ.
    differing = words[1:] ^ words[:-1]
    first = np.full(size, len(fields), dtype=np.int64)
    low_bit = 0
    for field in reversed(fields):
        first[1:] -= differing >= np.uint64(1 << low_bit)
        low_bit += field.bits
    first[0] = -1
    return order, first


def _sort_many_words(fields: Sequence[Field], size: int) -> tuple[IntColumn, IntColumn]:
    words = [_packed(chunk) for chunk in _chunks(fields)]
    order = np.lexsort(words[::-1]).astype(np.int64, copy=False)
    first = np.full(size, len(fields), dtype=np.int64)
    for index in range(len(fields) - 1, -1, -1):
        codes = fields[index].codes[order]
        first[1:][codes[1:] != codes[:-1]] = index
    first[0] = -1
    return order, first


def _packed(fields: Sequence[Field]) -> Words:
    words = fields[0].codes.copy()
    for field in fields[1:]:
        if field.bits:
            words <<= np.uint64(field.bits)
            words |= field.codes
    return words


def _chunks(fields: Sequence[Field]) -> list[list[Field]]:
    chunks: list[list[Field]] = [[]]
    bits = 0
    for field in fields:
        if bits + field.bits > WORD_BITS:
            chunks.append([])
            bits = 0
        chunks[-1].append(field)
        bits += field.bits
    return chunks


def lexicographic_ranks(matrix: NDArray[np.int64]) -> IntColumn:
    """For each row of `matrix` its place among the different rows, compared column by column: 0 for the smallest."""
    size, width = matrix.shape
    if not size or not width:
        return np.zeros(size, dtype=np.int64)
    order = np.lexsort(matrix.T[::-1])
    ordered = matrix[order]
    steps: BoolColumn = np.concatenate(([False], (ordered[1:] != ordered[:-1]).any(axis=1)))
    ranks = np.empty(size, dtype=np.int64)
    ranks[order] = np.cumsum(steps)
    return ranks
