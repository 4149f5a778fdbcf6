"""Numbers in addresses, which anybody may type: what no row can have counts as not given."""

from typing import Final

from flask import request

_LARGEST_ID: Final = 2**31 - 1
_LAST_PAGE: Final = 1_000_000


def id_argument(name: str) -> int | None:
    """The id of that name in the query."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value <= _LARGEST_ID else None


def id_arguments(name: str) -> list[int]:
    """Every id of that name in the query."""
    return [value for value in request.args.getlist(name, type=int) if 0 < value <= _LARGEST_ID]


def page_number() -> int:
    """Which page of a list is wanted; the first where none is."""
    return min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)
