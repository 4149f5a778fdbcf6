"""The data inside the package: TOML files of games, presets and draft orders, each named by its stem."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from webapp.domain.errors import FieldError, RulesError

DOMAIN = Path(__file__).parent


def read_folder(folder: Path) -> Mapping[str, dict[str, Any]]:
    """Every `*.toml` of the folder by its stem, in alphabetical order; RulesError names a file that is not TOML."""
    return MappingProxyType({path.stem: _read(path) for path in sorted(folder.glob("*.toml"))})


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise RulesError.listing("Not a TOML file", [FieldError(path.name, str(problem))]) from problem


@cache
def preset_files() -> Mapping[str, dict[str, Any]]:
    """The presets as they are written; `extends` starts from these."""
    return read_folder(DOMAIN / "presets")


@cache
def draft_order_files() -> Mapping[str, dict[str, Any]]:
    """The draft orders as they are written."""
    return read_folder(DOMAIN / "draft_orders")
