"""Drawn lots that anyone can draw again: each participant's lot follows from a published seed and its id."""

import hashlib

import numpy as np

from webapp.domain.columns import IntColumn

_BYTES = 6
"""48 bits: exact in JSON readers that hold numbers as doubles, and two of 10,000 meet once in five million draws."""


def lots(participant_ids: IntColumn, seed: str) -> IntColumn:
    """A lot for each id, the lowest first: the first 48 bits of SHA-256("seed:id").

    The same seed gives the same lots in any order and company of ids, so a late withdrawal does not draw anew.
    """
    return np.array([_lot(seed, participant_id) for participant_id in participant_ids.tolist()], dtype=np.int64)


def _lot(seed: str, participant_id: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{participant_id}".encode()).digest()[:_BYTES], "big")
