"""Where the real events lie: a folder beside the repository, never a copy in it."""

import csv
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


def real_data(name: str) -> Path:
    """The folder of one real event; skips the test, loudly, on a machine that does not have it."""
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"REAL DATA ABSENT: {folder} is not there, so nothing was checked against the published {name}")
    return folder


def real_rows(name: str, file: str) -> list[dict[str, str]]:
    """The rows of one CSV file of a real event, by column name."""
    with (real_data(name) / file).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
