"""An operator with an empty installation."""

from pathlib import Path

import pytest
from flask import Flask

from tests.cli.operator import Operator


@pytest.fixture
def operator(app: Flask, tmp_path: Path) -> Operator:
    folder = tmp_path / "files"
    folder.mkdir()
    return Operator(app, folder)
