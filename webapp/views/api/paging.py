"""The addresses of the pages beside one page of a list."""

from typing import Any, Protocol
from urllib.parse import urlencode

from flask import current_app, request


class Page(Protocol):
    """A query that says which page of a list it wants."""

    @property
    def limit(self) -> int:
        """How many entries the page has."""

    @property
    def offset(self) -> int:
        """How many come before it."""


def around(query: Page, count: int) -> dict[str, Any]:
    """`count`, `next` and `previous` of a page; None at the ends of the list. The rest of the query stays."""
    following, before = query.offset + query.limit, max(query.offset - query.limit, 0)
    return {
        "count": count,
        "next": _address(query.limit, following) if following < count else None,
        "previous": _address(query.limit, before) if query.offset else None,
    }


def _address(limit: int, offset: int) -> str:
    base = current_app.config["SETTINGS"].base_url
    asked = request.args.to_dict() | {"limit": str(limit), "offset": str(offset)}
    return f"{base}{request.path}?{urlencode(asked)}"
