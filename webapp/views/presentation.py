"""How values look in templates: filters and the few global functions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from babel.dates import format_datetime
from flask import Flask
from jinja2 import pass_context
from jinja2.runtime import Context

from webapp.languages import language

_FORMATS: Final = {
    "clock": "HH:mm 'UTC'",
    "moment": "d MMM y, HH:mm 'UTC'",
    "second": "d MMM y, HH:mm:ss 'UTC'",
    "day": "d MMM y",
}
_BENGALI_ENDINGS: Final = {1: "ম", 2: "য়", 3: "য়", 4: "র্থ", 5: "ম", 6: "ষ্ঠ", 7: "ম", 8: "ম", 9: "ম", 10: "ম"}


def init_presentation(app: Flask, *, base_url: str) -> None:
    """Register the filters, and `absolute_url` for links that leave the site (canonical, Open Graph)."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        iso=iso, utc=utc, hundredths=hundredths, signed=signed, ordinal=_ordinal, without_empty=without_empty
    )

    def absolute_url(path: str) -> str:
        return base_url + path

    app.jinja_env.globals["absolute_url"] = absolute_url


def iso(instant: datetime) -> str:
    """The instant for machines: `2026-11-21T14:03:00Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc(instant: datetime, shows: str = "moment") -> str:
    """The instant for people, in UTC: a `clock`, `moment`, `second` or `day`. The page's script makes it local."""
    code, pattern = language(), _FORMATS[shows]
    # Bengali does not shorten its months.
    return format_datetime(
        instant.astimezone(UTC), pattern if code == "en" else pattern.replace("MMM", "MMMM"), locale=code
    )


def hundredths(value: int | None) -> str:
    """A number kept in hundredths, with two decimals; a dash for none."""
    return "–" if value is None else f"{value / 100:.2f}"


def signed(value: int) -> str:
    """The number with its sign, the minus as a real minus."""
    return f"+{value}" if value > 0 else f"−{-value}" if value < 0 else "0"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th … 11th, 12th, 13th … 21st; in Bengali 1ম, 2য় … 11তম."""
    if language() == "bn":
        return f"{number}{_BENGALI_ENDINGS.get(number, 'তম')}"
    is_teen = 10 < number % 100 < 20
    ending = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


@pass_context
def _ordinal(_context: Context, number: int) -> str:
    # A filter without the context is worked out once for all where its value is written in the template, in whichever
    # language that was asked for first.
    return ordinal(number)


def without_empty(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping without the keys whose value is None."""
    return {key: value for key, value in mapping.items() if value is not None}
