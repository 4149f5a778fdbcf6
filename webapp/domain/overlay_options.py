"""What the address of an overlay may ask for. A value that is none is not used: nobody reads errors on a stream."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

THEMES: Final = ("dark", "light", "clear")
"""Dark and light panels, or none at all: outlined letters over the picture."""
MOST_ROWS: Final = 25
LONGEST_ROTATION_S: Final = 600
LEAST_ROTATION_S: Final = 3
"""A page of a board that is gone sooner cannot be read."""


class WrongOption(NamedTuple):
    """A value that is not used, and what is used instead."""

    name: str
    given: str
    used: str


@dataclass(frozen=True, slots=True)
class OverlayOptions:
    """How an overlay looks: its theme, how many rows it has, after how many seconds the next ones come (0: never)."""

    theme: str = "dark"
    rows: int = 10
    rotate_s: int = 0


def parse_options(given: Mapping[str, str], defaults: OverlayOptions) -> tuple[OverlayOptions, tuple[WrongOption, ...]]:
    """The options of an address (`theme`, `rows`, `rotate`), and those of its values that are not used."""
    theme = given.get("theme", defaults.theme)
    rows = _whole(given.get("rows"), defaults.rows)
    rotate_s = _whole(given.get("rotate"), defaults.rotate_s)
    is_right = {
        "theme": theme in THEMES,
        "rows": rows is not None and 1 <= rows <= MOST_ROWS,
        "rotate": rotate_s is not None and (rotate_s == 0 or LEAST_ROTATION_S <= rotate_s <= LONGEST_ROTATION_S),
    }
    options = OverlayOptions(
        theme if is_right["theme"] else defaults.theme,
        rows if is_right["rows"] and rows is not None else defaults.rows,
        rotate_s if is_right["rotate"] and rotate_s is not None else defaults.rotate_s,
    )
    used = {"theme": options.theme, "rows": str(options.rows), "rotate": str(options.rotate_s)}
    wrong = (WrongOption(name, given[name], used[name]) for name, right in is_right.items() if not right)
    return options, tuple(wrong)


def _whole(text: str | None, default: int) -> int | None:
    """The number that the text spells in plain digits; None for anything else."""
    if text is None:
        return default
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None
